/* Models: settings, overrides, identities.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hash64.h"
#include "core/sha256.h"
#include "lm/lm_in.h"

enum {
	MODEL_FETCH_MS = 30000          /* of a server that is no model */
};

/* ---- overrides ---- */

/* The text after "NAME=" for this model, or NULL; the last one counts. */
static const char *
model_override(const struct lm *l, const char *name)
{
	const char *found = NULL;
	size_t i, n = strlen(name);

	for (i = 0; l->override && l->override[i]; i++)
		if (strncmp(l->override[i], name, n) == 0 &&
		    l->override[i][n] == '=')
			found = l->override[i] + n + 1;
	return found;
}

/* The provider in "PROVIDER:ID", and where ID begins. */
static const struct provider *
model_parse(const char *text, const char **id)
{
	char name[32];
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (n == 0 || n >= sizeof name || !colon[1])
		return NULL;
	memcpy(name, text, n);
	name[n] = '\0';
	*id = colon + 1;
	return provider_find(name);
}

enum mip_status
lm_model_overrides(struct lm *l, char why[LM_WHY])
{
	struct buf names = BUF_INIT;
	const char *id, *equals, *bad = NULL;
	size_t i;

	for (i = 0; !bad && l->override && l->override[i]; i++) {
		equals = strchr(l->override[i], '=');
		if (!equals || !model_parse(equals + 1, &id))
			bad = l->override[i];
	}
	if (!bad)
		return MIP_OK;
	provider_names(&names);
	lm_say(l, why, "the model %s is not of the form NAME=PROVIDER:ID, "
	    "with one of the providers %s", bad, buf_str(&names));
	buf_release(&names);
	return MIP_USAGE;
}

/* What belonged to the other model goes: its address, key and price. */
static void
model_apply(struct lm *l, struct lm_model *m, const char *text)
{
	struct buf why = BUF_INIT;
	const char *id = "", *before = m->model.provider;
	const struct provider *p = model_parse(text, &id);
	unsigned i;
	bool same = p == m->provider;

	m->id = strdup(id);
	if (!p || !m->id) {
		m->bad = MIP_NOMEM;
		return;
	}
	m->provider = p;
	m->model.provider = p->name;
	m->model.id = m->id;
	m->model.identity = NULL;
	m->model.priced = false;
	if (same)
		return;
	/* So do options, which are in the words of its API. */
	if (m->model.noption > 0) {
		buf_puts(&why, "its options for ");
		buf_puts(&why, before);
		buf_puts(&why, " are not sent to ");
		buf_puts(&why, p->name);
		for (i = 0; i < m->model.noption; i++) {
			buf_puts(&why, i > 0 ? ", " : ": ");
			buf_puts(&why, m->model.option[i].name);
		}
		lm_warn(l, m->what, buf_str(&why));
		buf_release(&why);
	}
	m->model.option = NULL;
	m->model.noption = 0;
	m->model.base_url.env = m->model.base_url.text = NULL;
	m->model.key_env = NULL;
	m->model.structure = MIP_STRUCTURE_AUTO;
}

/* ---- identities ---- */

static bool
model_hash(const char *path, char hex[SHA256_HEX])
{
	struct sha256 h;
	char *block = malloc(1 << 18);
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	sha256_init(&h);
	while (fd >= 0 && block && (n = read(fd, block, 1 << 18)) > 0)
		sha256_update(&h, block, (size_t)n);
	ok = sha256_final_hex(&h, hex) && n == 0;
	if (fd >= 0)
		close(fd);
	free(block);
	return ok;
}

/* The digest of the model's file; it is known again by size and time. */
static void
model_digest(struct lm *l, struct lm_model *m)
{
	const char *path = m->model.id;
	struct store *s = lm_cache(l);
	struct stat st;
	int64_t mtime;
	char hex[SHA256_HEX];

	if (!s)
		s = l->journal;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s is the file %s, which cannot "
		    "be read: %s", m->what, path,
		    errno == 0 ? "it is no file" : strerror(errno));
		return;
	}
	mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec;
	if (!s || !store_digest_get(s, path, st.st_size, mtime, hex)) {
		if (!model_hash(path, hex)) {
			m->bad = MIP_USAGE;
			lm_say(l, m->why, "the file %s of the %s cannot "
			    "be read: %s", path, m->what, strerror(errno));
			return;
		}
		if (s)
			store_digest_put(s, path, st.st_size, mtime, hex);
	}
	m->identity = strdup(hex);
	if (!m->identity)
		m->bad = MIP_NOMEM;
}

static void
model_identity(struct lm *l, struct lm_model *m)
{
	const char *given = m->model.identity;

	if (m->own_server && !given) {
		errno = 0;
		model_digest(l, m);
		return;
	}
	m->identity = strdup(given ? given : m->shown);
	if (!m->identity)
		m->bad = MIP_NOMEM;
}

/* Options that would change what an answer is. */
static void
model_options(struct lm *l, struct lm_model *m)
{
	const char *const *ours = m->provider->reserved;
	unsigned i, k;

	for (i = 0; i < m->model.noption; i++)
		for (k = 0; ours && ours[k]; k++)
			if (strcmp(m->model.option[i].name, ours[k]) == 0) {
				m->bad = MIP_USAGE;
				lm_say(l, m->why, "the %s may not set "
				    "the option %s", m->what, ours[k]);
				return;
			}
}

/* ---- models ---- */

static void
model_setup(struct lm *l, struct lm_model *m)
{
	const char *override = model_override(l, m->model.name);
	struct buf names = BUF_INIT;
	bool standard = false;

	m->provider = provider_find(m->model.provider);
	if (override)
		model_apply(l, m, override);
	if (!m->provider) {
		provider_names(&names);
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the provider %s of the %s is not known; "
		    "there are %s", m->model.provider, m->what,
		    buf_str(&names));
		buf_release(&names);
		return;
	}
	if (m->bad == MIP_OK)
		model_options(l, m);
	if (m->bad == MIP_OK)
		lm_address(l, m, &standard);
	m->key_header = m->provider->key_header;
	if (m->bad == MIP_OK)
		lm_key_header(l, m, standard);
	if (m->provider->here && m->loopback)
		m->model.priced = true;
	/* What the API has no word for the compiler warns of, if it knows. */
	lm_lack_known(l, m, provider_model_lacks(m->provider, &m->model) |
	    (override ? provider_lacks(m->provider) : 0));
}

/* A model, or a server as one: `settings` say how to get there and how
 * often. */
static struct lm_model *
model_new(struct lm *l, const void *of, const struct mip_model *settings,
    const char *word)
{
	struct lm_model *m = calloc(1, sizeof *m);
	struct buf what = BUF_INIT;

	if (!m)
		return NULL;
	m->lm = l;
	m->of = of;
	m->model = *settings;
	buf_puts(&what, word);
	buf_puts(&what, settings->name);
	m->what = buf_take(&what);
	if (!m->what)
		m->bad = MIP_NOMEM;
	m->hash = hash64_str(settings->name);
	lm_queue_init(&m->ready);
	m->hedge.credit = 1;
	limit_init(&m->limit, settings->sending.running,
	    settings->sending.rpm, settings->tpm, clock_now());
	if (settings->sending.adaptive)
		limit_adapt(&m->limit);
	return m;
}

static struct lm_model *
model_done(struct lm_model *m)
{
	if (m->bad == MIP_NOMEM) {
		lm_model_free(m);
		return NULL;
	}
	m->header[0] = "Content-Type: application/json";
	m->header[1] = m->provider ? m->provider->header : NULL;
	m->header[m->header[1] ? 2 : 1] = m->authorization;
	return m;
}

static struct lm_model *model_find(struct lm *l, const void *of);
static struct lm_model *model_put(struct lm *l, struct lm_model *m);
static struct lm_model *model_known(struct lm *l, const struct mip_model *of);

/* The pool is to calls what its first one is; it costs what the dearest one
 * does. */
static void
model_like(struct lm *l, struct lm_model *m, const struct lm_model *r)
{
	struct mip_model *to = &m->model;

	if (r->bad != MIP_OK && m->bad == MIP_OK) {
		m->bad = r->bad;
		memcpy(m->why, r->why, sizeof m->why);
	}
	if (r->keyless && !m->keyless) {
		m->keyless = true;
		memcpy(m->why, r->why, sizeof m->why);
	}
	if (m->bad != MIP_OK)
		return;
	if (!m->provider) {
		m->provider = r->provider;
		*to = r->model;
		to->name = ((const struct mip_model *)m->of)->name;
		m->identity = strdup(r->identity);
		if (!m->identity)
			m->bad = MIP_NOMEM;
	}
	if (r->own_server || r->provider->grammar != m->provider->grammar) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s is no replica of the others of %s: "
		    "its server is of another kind", r->what, to->name);
	}
	to->priced = to->priced && r->model.priced;
	if (r->model.price_in > to->price_in)
		to->price_in = r->model.price_in;
	if (r->model.price_cached > to->price_cached)
		to->price_cached = r->model.price_cached;
	if (r->model.price_written > to->price_written)
		to->price_written = r->model.price_written;
	if (r->model.price_out > to->price_out)
		to->price_out = r->model.price_out;
}

static void
model_pool(struct lm *l, struct lm_model *m, const struct mip_model *of)
{
	struct lm_model *r;
	unsigned i;

	m->sticky = of->sticky;
	if (of->nto == 0 || of->nto > LM_ROUTE) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the route %s has no models, or too many",
		    of->name);
	}
	for (i = 0; m->bad == MIP_OK && i < of->nto; i++) {
		r = model_find(l, of->to[i]);
		if (!r)
			r = model_put(l, model_known(l, of->to[i]));
		if (!r) {
			m->bad = MIP_NOMEM;
			return;
		}
		m->replica[m->nreplica++] = r;
		model_like(l, m, r);
	}
}

static struct lm_model *
model_known(struct lm *l, const struct mip_model *of)
{
	struct lm_model *m = model_new(l, of, of, "model ");

	if (!m)
		return NULL;
	if (of->route == MIP_LEAST_LOADED && m->bad == MIP_OK)
		model_pool(l, m, of);
	if (of->route == MIP_DIRECT && m->bad == MIP_OK) {
		model_setup(l, m);
		if (m->bad == MIP_OK)
			model_identity(l, m);
	}
	return model_done(m);
}

static struct lm_model *
model_http(struct lm *l, const struct mip_http *h)
{
	const struct mip_model settings = {
		.name = h->name, .base_url = h->url, .key_env = h->key_env,
		.sending = h->sending, .seed = -1,
		.temperature = MIP_UNSET, .top_p = MIP_UNSET,
	};
	struct lm_model *m = model_new(l, h, &settings, "");
	const char *url = lm_setting(&h->url);

	if (!m)
		return NULL;
	if (h->sending.timeout_ms <= 0)
		m->model.sending.timeout_ms = MODEL_FETCH_MS;
	m->provider = &lm_fetch_provider;
	m->key_header = h->key_header;
	if (!url) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s needs a URL%s%s", m->what,
		    h->url.env ? " in " : "", h->url.env ? h->url.env : "");
	}
	if (m->bad == MIP_OK)
		lm_url(l, m, url);
	if (m->bad == MIP_OK)
		lm_key_header(l, m, false);
	if (m->bad == MIP_OK)
		model_identity(l, m);
	return model_done(m);
}

/* The one that is of `of`, or NULL; called with the lock held. */
static struct lm_model *
model_find(struct lm *l, const void *of)
{
	struct lm_model *m = l->model;

	while (m && m->of != of)
		m = m->next;
	return m;
}

static struct lm_model *
model_put(struct lm *l, struct lm_model *m)
{
	if (!m)
		return NULL;
	m->next = l->model;
	l->model = m;
	return m;
}

struct lm_model *
lm_model(struct lm *l, const struct mip_model *of)
{
	struct lm_model *m;

	pthread_mutex_lock(&l->model_lock);
	m = model_find(l, of);
	if (!m)
		m = model_put(l, model_known(l, of));
	pthread_mutex_unlock(&l->model_lock);
	return m;
}

struct lm_model *
lm_model_http(struct lm *l, const struct mip_http *h)
{
	struct lm_model *m;

	pthread_mutex_lock(&l->model_lock);
	m = model_find(l, h);
	if (!m)
		m = model_put(l, model_http(l, h));
	pthread_mutex_unlock(&l->model_lock);
	return m;
}

void
lm_model_free(struct lm_model *m)
{
	unsigned i;

	if (m->starter_runs)
		pthread_join(m->starter, NULL);
	llamacpp_stop(m->llama);
	free(m->what);
	free(m->id);
	for (i = 0; i < PROVIDER_NTO; i++)
		free(m->url[i]);
	free(m->shown);
	free(m->identity);
	free(m->authorization);
	free(m->hedge.times);
	http_release(&m->health);
	for (i = 0; i < LM_BEGUN; i++)
		lm_begun_free(m->begun[i]);
	free(m);
}
