/* Where models are, and what opens them: addresses and keys.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "lm/lm_in.h"

/* ---- addresses ---- */

const char *
lm_setting(const struct mip_setting *s)
{
	const char *v = s->env ? getenv(s->env) : NULL;

	return v && *v ? v : s->text;
}

/* The address without user, password and query: for messages and keys. */
static void
model_show(struct lm_model *m, struct buf *b, const char *base)
{
	const char *host = strstr(base, "://"), *at, *end;

	host = host ? host + 3 : base;
	end = host + strcspn(host, "/?#");
	buf_put(b, base, (size_t)(host - base));
	for (at = host; at < end; at++)
		if (*at == '@') {
			char *secret = strndup(host, (size_t)(at - host));
			char *word = secret ? strchr(secret, ':') : NULL;

			if (!secret || !redact_add(&m->lm->redact, secret) ||
			    (word && !redact_add(&m->lm->redact, word + 1)))
				b->failed = true;
			free(secret);
			host = at + 1;
			break;
		}
	end = host + strcspn(host, "?#");
	while (end > host && end[-1] == '/')
		end--;
	buf_put(b, host, (size_t)(end - host));
	m->loopback = strncmp(host, "127.", 4) == 0 ||
	    strncmp(host, "localhost", 9) == 0 ||
	    strncmp(host, "[::1]", 5) == 0;
}

bool
lm_urls(const struct lm_model *m, const char *base, char *url[PROVIDER_NTO])
{
	const struct provider *p = m->provider;
	struct buf b = BUF_INIT;
	unsigned i;

	for (i = 0; i < PROVIDER_NTO; i++) {
		url[i] = NULL;
		if ((i == PROVIDER_EMBED && !p->embed_body) ||
		    (i == PROVIDER_STREAM && !p->piece))
			continue;
		p->url(&b, base, &m->model, (enum provider_to)i);
		url[i] = buf_take(&b);
		if (!url[i])
			return false;
	}
	return true;
}

void
lm_url(struct lm *l, struct lm_model *m, const char *base)
{
	struct buf shown = BUF_INIT;
	bool ok = lm_urls(m, base, m->url);

	model_show(m, &shown, base);
	m->shown = buf_take(&shown);
	if (!ok || !m->shown) {
		m->bad = MIP_NOMEM;
	} else if (!allow_scheme(base)) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s of the %s, %s, does not begin with "
		    "http:// or https://", m->model.provider ? "base_url" :
		    "URL", m->what, m->shown);
	}
}

/* The provider's own server, or NULL; not where prompts and key were meant for
 * another. */
static const char *
lm_standard(struct lm *l, struct lm_model *m)
{
	const char *env = m->model.base_url.env;

	if (!env || !m->provider->base_url)
		return m->provider->base_url;
	m->bad = MIP_USAGE;
	lm_say(l, m->why, "the %s is where the environment variable %s says, "
	    "which is not set", m->what, env);
	return NULL;
}

void
lm_address(struct lm *l, struct lm_model *m, bool *standard)
{
	const char *base = l->base_url;
	struct buf meant = BUF_INIT;
	bool from_env = false;

	if (!base)
		base = lm_setting(&m->model.base_url);
	*standard = !base || (!l->base_url && !m->provider->base_url);
	if (!base && m->provider->base_env) {
		base = getenv(m->provider->base_env);
		from_env = base && *base;
	}
	if (from_env && m->provider->base) {
		m->provider->base(&meant, base);
		base = buf_str(&meant);
	}
	if (!base || !*base)
		base = lm_standard(l, m);
	if (m->bad != MIP_OK)
		return;
	m->own_server = !base && m->provider->local;
	if (m->own_server) {
		m->shown = strdup("its local server");
		m->loopback = true;
		if (!m->shown)
			m->bad = MIP_NOMEM;
		return;
	}
	if (!base) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s needs a base_url%s%s", m->what,
		    m->provider->base_env ? ", or " : "",
		    m->provider->base_env ? m->provider->base_env : "");
		return;
	}
	lm_url(l, m, base);
	if (meant.failed)
		m->bad = MIP_NOMEM;
	buf_release(&meant);
}

/* ---- keys ---- */

void
lm_key_header(struct lm *l, struct lm_model *m, bool standard)
{
	const char *key, *at;
	size_t n, head;
	struct buf b = BUF_INIT;

	m->key_env = m->model.key_env;
	if (!m->key_env && standard)
		m->key_env = m->provider->key_env;
	key = m->key_env ? getenv(m->key_env) : NULL;
	n = key ? strlen(key) : 0;
	while (n > 0 && strchr(" \t\r\n", key[n - 1]))
		n--;
	if (n == 0) {
		/* Servers of one's own seldom want one. */
		if (m->key_env && !m->loopback && !l->base_url) {
			m->keyless = true;
			lm_say(l, m->why, "the %s needs a key for %s: "
			    "set the environment variable %s", m->what,
			    m->shown, m->key_env);
		}
		return;
	}
	for (at = key; at < key + n; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f) {
			m->bad = MIP_USAGE;
			lm_say(l, m->why, "the key in %s has a blank or "
			    "control character in it", m->key_env);
			return;
		}
	buf_puts(&b, m->key_header ? m->key_header : "Authorization");
	buf_puts(&b, m->key_header ? ": " : ": Bearer ");
	head = b.len;
	buf_put(&b, key, n);
	m->authorization = buf_take(&b);
	if (!m->authorization ||
	    !redact_add(&l->redact, m->authorization + head))
		m->bad = MIP_NOMEM;
}
