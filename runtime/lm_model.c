/* Models: settings, keys, identities, routes, local servers.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lm_in.h"
#include "sha256.h"

enum {
	MODEL_CONTEXT = 4096,           /* tokens a call, where none is said */
	MODEL_PARALLEL = 2,
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
model_apply(struct lm_model *m, const char *text)
{
	const char *id = "";
	const struct provider *p = model_parse(text, &id);
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
	m->model.base_url.env = m->model.base_url.text = NULL;
	m->model.key_env = NULL;
	m->model.structure = MIP_STRUCTURE_AUTO;
}

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

			if (!secret || !redact_add(&m->lm->redact, secret))
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

/* "BASE/PATH", or "BASE/PATH?QUERY". */
static void
model_join(struct buf *b, const char *base, const char *path)
{
	size_t n = strcspn(base, "?#");
	const char *query = strchr(base, '?');

	while (n > 0 && base[n - 1] == '/')
		n--;
	buf_put(b, base, n);
	buf_puts(b, path);
	if (query)
		buf_puts(b, query);
}

/* Where to send what goes to `path` under `base`. */
static void
model_url(struct lm *l, struct lm_model *m, const char *base,
    const char *path)
{
	struct buf url = BUF_INIT, embed = BUF_INIT, shown = BUF_INIT;

	model_join(&url, base, path);
	if (m->provider->embed_path)
		model_join(&embed, base, m->provider->embed_path);
	model_show(m, &shown, base);
	m->url = buf_take(&url);
	m->embed_url = buf_take(&embed);
	m->shown = buf_take(&shown);
	if (!m->url || !m->shown ||
	    (m->provider->embed_path && !m->embed_url)) {
		m->bad = MIP_NOMEM;
	} else if (strncmp(base, "http://", 7) &&
	    strncmp(base, "https://", 8)) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s of the %s, %s, does not begin with "
		    "http:// or https://", *path ? "base_url" : "URL",
		    m->what, m->shown);
	}
}

static void
model_address(struct lm *l, struct lm_model *m, bool *standard)
{
	const char *base = l->base_url;

	if (!base)
		base = lm_setting(&m->model.base_url);
	*standard = !base;
	if (!base)
		base = m->provider->base_url;
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
		lm_say(l, m->why, "the %s needs a base_url", m->what);
		return;
	}
	model_url(l, m, base, m->provider->path);
}

/* ---- keys ---- */

static void
model_key(struct lm *l, struct lm_model *m, bool standard)
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
	static const char *const ours[] = {
		"stream", "messages", "model", "n", "response_format"
	};
	unsigned i, k;

	for (i = 0; i < m->model.noption; i++)
		for (k = 0; k < sizeof ours / sizeof ours[0]; k++)
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
		model_apply(m, override);
	if (!m->provider) {
		provider_names(&names);
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the provider %s of the %s is not known; "
		    "there are %s", m->model.provider, m->what,
		    buf_str(&names));
		buf_release(&names);
		return;
	}
	/* What runs here costs nothing. */
	if (m->provider->local)
		m->model.priced = true;
	if (m->bad == MIP_OK)
		model_options(l, m);
	if (m->bad == MIP_OK)
		model_address(l, m, &standard);
	if (m->bad == MIP_OK)
		model_key(l, m, standard);
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
	lm_queue_init(&m->ready);
	limit_init(&m->limit, settings->running, settings->rpm, settings->tpm,
	    lm_now());
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
	m->header[1] = m->authorization;
	return m;
}

static struct lm_model *
model_known(struct lm *l, const struct mip_model *of)
{
	struct lm_model *m = model_new(l, of, of, "model ");

	if (!m)
		return NULL;
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
		.attempts = h->attempts, .backoff_ms = h->backoff_ms,
		.max_wait_ms = h->max_wait_ms, .retry_on = h->retry_on,
		.timeout_ms = h->timeout_ms > 0 ? h->timeout_ms :
		    MODEL_FETCH_MS,
		.running = h->running, .rpm = h->rpm, .seed = -1,
		.temperature = MIP_UNSET, .top_p = MIP_UNSET,
	};
	struct lm_model *m = model_new(l, h, &settings, "");
	const char *url = lm_setting(&h->url);

	if (!m)
		return NULL;
	m->provider = &lm_fetch_provider;
	m->key_header = h->key_header;
	if (!url) {
		m->bad = MIP_USAGE;
		lm_say(l, m->why, "the %s needs a URL%s%s", m->what,
		    h->url.env ? " in " : "", h->url.env ? h->url.env : "");
	}
	if (m->bad == MIP_OK)
		model_url(l, m, url, "");
	if (m->bad == MIP_OK)
		model_key(l, m, false);
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
	if (m->starter_runs)
		pthread_join(m->starter, NULL);
	llamacpp_stop(m->llama);
	free(m->what);
	free(m->id);
	free(m->url);
	free(m->embed_url);
	free(m->shown);
	free(m->identity);
	free(m->authorization);
	free(m);
}

/* ---- routes ---- */

/* By content, not by turn: the same call goes to the same server again, and
 * is found in the cache. */
static uint64_t
model_turn(const struct lm_call *c, bool sticky)
{
	uint64_t h = 14695981039346656037u;
	const char *s = c->sample ? c->sample : "";
	size_t i;

	if (sticky)
		return c->hash_affinity;
	for (i = 0; i < c->messages_len; i++)
		h = (h ^ (unsigned char)c->messages[i]) * 1099511628211u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 32;
}

enum mip_status
lm_model_route(struct lm *l, const struct lm_call *c, struct lm_route *r,
    char why[LM_WHY])
{
	const struct mip_model *todo[LM_ROUTE * 2];
	const struct mip_model *m;
	unsigned n = 0, i, steps = 0;

	r->n = r->at = 0;
	if (c->kind == LM_FETCH) {
		r->m[0] = lm_model_http(l, c->server);
		r->n = 1;
		return r->m[0] ? MIP_OK : MIP_NOMEM;
	}
	if (c->kind == LM_EMBED && c->model->route != MIP_DIRECT) {
		lm_say(l, why, "vectors of the models of %s cannot be "
		    "compared", c->model->name);
		return MIP_USAGE;
	}
	todo[n++] = c->model;
	while (n > 0) {
		m = todo[--n];
		if (m->route == MIP_DIRECT) {
			r->m[r->n] = lm_model(l, m);
			if (!r->m[r->n])
				return MIP_NOMEM;
			if (++r->n == LM_ROUTE)
				break;
			continue;
		}
		if (m->nto == 0 || n + m->nto > LM_ROUTE * 2 ||
		    ++steps > LM_ROUTE) {
			lm_say(l, why, "the route %s has no models, or too "
			    "many", m->name);
			return MIP_USAGE;
		}
		if (m->route == MIP_ROUND_ROBIN) {
			todo[n++] = m->to[model_turn(c, m->sticky) % m->nto];
			continue;
		}
		for (i = m->nto; i > 0; i--)
			todo[n++] = m->to[i - 1];
	}
	return MIP_OK;
}

/* ---- servers of their own ---- */

static void
model_spec(struct lm_model *m, struct llamacpp_spec *spec, struct buf *dir)
{
	unsigned parallel = m->model.running;

	if (parallel == 0)
		parallel = MODEL_PARALLEL;
	spec->model = m->model.id;
	spec->parallel = parallel;
	spec->embeds = m->role == LM_EMBEDS;
	spec->context = (m->model.context > 0 ? m->model.context :
	    MODEL_CONTEXT) * (int64_t)parallel;
	if (!store_cache_dir(dir, m->lm->cache_dir))
		buf_printf(dir, "/tmp/miproc-%lu", (unsigned long)getuid());
	buf_puts(dir, "/llamacpp");
	spec->dir = buf_str(dir);
}

/* Starting takes long: a thread of its own does it. */
static void *
model_starter(void *arg)
{
	struct lm_model *m = arg;
	struct lm *l = m->lm;
	struct llamacpp_spec spec;
	struct llamacpp *llama = NULL;
	struct buf dir = BUF_INIT, url = BUF_INIT, embed = BUF_INIT;
	char why[LM_WHY] = "";
	char *full = NULL, *to_embed = NULL;
	enum mip_status s;

	model_spec(m, &spec, &dir);
	s = llamacpp_start(&spec, &l->cancelled, &llama, why);
	if (s == MIP_OK) {
		model_join(&url, llamacpp_url(llama), m->provider->path);
		model_join(&embed, llamacpp_url(llama),
		    m->provider->embed_path);
		full = buf_take(&url);
		to_embed = buf_take(&embed);
		s = full && to_embed ? MIP_OK : MIP_NOMEM;
	}
	pthread_mutex_lock(&l->lock);
	m->llama = llama;
	free(m->url);
	free(m->embed_url);
	m->url = full;
	m->embed_url = to_embed;
	m->server = s == MIP_OK ? LM_READY : LM_DEAD;
	if (s != MIP_OK) {
		m->dead = s;
		snprintf(m->dead_why, sizeof m->dead_why, "%s", why[0] ? why :
		    mip_status_text(s));
	}
	pthread_mutex_unlock(&l->lock);
	http_wake(l->http);
	buf_release(&dir);
	return NULL;
}

enum lm_server
lm_model_server(struct lm *l, struct lm_model *m)
{
	enum lm_server s;
	bool join;

	pthread_mutex_lock(&l->lock);
	s = m->server;
	join = s != LM_STARTING && m->starter_runs;
	if (s == LM_NO_SERVER)
		m->server = LM_STARTING;
	pthread_mutex_unlock(&l->lock);
	if (join) {
		pthread_join(m->starter, NULL);
		m->starter_runs = false;
	}
	if (s != LM_NO_SERVER)
		return s;
	llamacpp_stop(m->llama);
	m->llama = NULL;
	if (pthread_create(&m->starter, NULL, model_starter, m) == 0) {
		m->starter_runs = true;
		return LM_STARTING;
	}
	pthread_mutex_lock(&l->lock);
	m->server = LM_DEAD;
	m->dead = MIP_NOMEM;
	snprintf(m->dead_why, sizeof m->dead_why, "%s",
	    mip_status_text(MIP_NOMEM));
	pthread_mutex_unlock(&l->lock);
	return LM_DEAD;
}

bool
lm_model_takes(struct lm *l, struct lm_model *m, enum lm_kind kind)
{
	bool embeds = kind == LM_EMBED, ok = true;

	if (!m->own_server)
		return true;
	pthread_mutex_lock(&l->lock);
	if (m->role == LM_ANY_ROLE)
		m->role = embeds ? LM_EMBEDS : LM_CHATS;
	ok = (m->role == LM_EMBEDS) == embeds;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

void
lm_model_lost(struct lm *l, struct lm_model *m)
{
	pthread_mutex_lock(&l->lock);
	if (m->server == LM_READY)
		m->server = LM_NO_SERVER;
	pthread_mutex_unlock(&l->lock);
}
