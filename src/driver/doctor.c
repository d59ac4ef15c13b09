/* miproc doctor: is all there that a program needs, and does it answer?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "lm/lm.h"
#include "provider/provider.h"
#include "store/store.h"

struct doctor {
	struct compilation *c;
	int status;                     /* 0, 2: something here, 3: a server */
};

/* One line of the report. */
BASE_PRINTF(4, 5)
static void
tell(struct doctor *d, int status, const char *what, const char *fmt, ...)
{
	va_list ap;

	if (status != 0 && d->status != 2)
		d->status = status;
	printf("%-5s %s: ", status == 0 ? "ok" : "FAIL", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* ---- this machine ---- */

static void
look_at_compiler(struct doctor *d, struct build *b)
{
	const char *cc = getenv("CC");

	if (cc == NULL || *cc == '\0')
		cc = "cc";
	if (build_probe(b))
		tell(d, 0, "C compiler", "%s, with %s", cc, b->library);
	else
		tell(d, 2, "C compiler", "%s makes no program: see above",
		    cc);
}

static void
look_at_cache(struct doctor *d)
{
	struct buf dir = BASE_BUF_INIT;
	struct store *s = NULL;
	const char *path;
	char why[320];

	if (d->c->o->no_cache) {
		tell(d, 0, "cache", "not used (--no-cache)");
	} else if (!store_cache_dir(&dir, d->c->o->cache_dir)) {
		tell(d, 2, "cache", "no directory is known for it: set "
		    "MIPROC_CACHE_DIR or HOME, or give --no-cache");
	} else {
		path = arena_printf(d->c->a, "%s/cache.db", buf_str(&dir));
		if (!file_mkdirs(buf_str(&dir)))
			tell(d, 2, "cache", "%s: %s", buf_str(&dir),
			    strerror(errno));
		else if (store_open(path, STORE_CACHE, &s, why) != MIP_OK)
			tell(d, 2, "cache", "%s", why);
		else
			tell(d, 0, "cache", "%s", buf_str(&dir));
		store_close(s);
	}
	buf_release(&dir);
}

/* ---- files of the program ---- */

static void
look_at_file(struct doctor *d, const char *what, const char *path, int mode)
{
	const char *full = file_beside(d->c->a, d->c->path, path);

	if (access(full, mode) == 0)
		tell(d, 0, what, "%s", full);
	else
		tell(d, 2, what, "%s: %s", full, strerror(errno));
}

static void
look_at_part(struct doctor *d, const char *name, const struct part *p,
    const char **last)
{
	if (p->set == NULL || (*last != NULL &&
	    strcmp(*last, p->set->path) == 0))
		return;
	*last = p->set->path;
	look_at_file(d, arena_printf(d->c->a, "data (%s)", name),
	    p->set->path, R_OK);
}

static void
look_at_files(struct doctor *d)
{
	const struct mod *m = d->c->mod;
	const char *last = NULL;

	if (m->study != NULL) {
		look_at_part(d, "train", &m->study->train, &last);
		look_at_part(d, "dev", &m->study->dev, &last);
		look_at_part(d, "test", &m->study->test, &last);
	}
	for (const struct tool *t = m->tool; t != NULL; t = t->next)
		if (t->is.argv != NULL && strchr(t->is.argv[0], '/') != NULL)
			look_at_file(d, arena_printf(d->c->a, "tool %s",
			    t->name), t->is.argv[0], X_OK);
	for (const struct retriever *r = m->retriever; r != NULL; r = r->next)
		if (r->is.path != NULL)
			look_at_file(d, arena_printf(d->c->a, "retriever %s",
			    r->name), r->is.path, R_OK);
	if (m->study == NULL)
		return;
	if (access(d->c->tuned_path, F_OK) != 0)
		printf("note  %s: not tuned yet\n", d->c->path);
	else if (compile_tuned(d->c, true) == 0)
		tell(d, 0, "tuned file", "%s", d->c->tuned_path);
	else
		tell(d, 2, "tuned file", "%s does not fit: see above",
		    d->c->tuned_path);
}

/* ---- models ---- */

/* Does the variable hold a key?  Its value is shown nowhere. */
static bool
has_key(struct doctor *d, const char *of, const char *name)
{
	const char *key = name != NULL ? getenv(name) : NULL;

	if (name == NULL)
		return true;
	if (key != NULL && *key != '\0') {
		tell(d, 0, arena_printf(d->c->a, "key of %s", of),
		    "%s is set", name);
		return true;
	}
	tell(d, 2, arena_printf(d->c->a, "key of %s", of), "%s is not set",
	    name);
	return false;
}

static bool
has_model_key(struct doctor *d, const struct mip_model *m)
{
	const struct provider *p = provider_find(m->provider);
	const char *name = m->key_env;

	if (name == NULL && p != NULL && d->c->o->base_url == NULL &&
	    (p->base_url == NULL ||
	    (m->base_url.text == NULL && m->base_url.env == NULL)))
		name = p->key_env;
	return has_key(d, m->name, name);
}

static const char *
rung_word(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_AUTO:        return "auto";
	case MIP_STRUCTURE_NATIVE:      return "native";
	case MIP_STRUCTURE_FUNCTION:    return "function";
	case MIP_STRUCTURE_GRAMMAR:     return "grammar";
	case MIP_STRUCTURE_JSON_OBJECT: return "json_object";
	case MIP_STRUCTURE_PROMPT:      return "prompt";
	}
	BUG("structure");
}

/* What a failed call says, without the name that stands before it. */
static const char *
reason(struct doctor *d, const struct lm_call *call)
{
	const char *name = arena_printf(d->c->a, "the model %s: ",
	    call->model->name);
	size_t n = strlen(name);

	return strncmp(call->message, name, n) == 0 ? call->message + n :
	    call->message;
}

static bool
is_among(const struct mip_model *by, const struct mip_model *m)
{
	for (unsigned i = 0; by != NULL && i < by->nto; i++)
		if (is_among(by->to[i], m))
			return true;
	return by == m;
}

/* Is it asked for vectors alone? */
static bool
makes_vectors(const struct mod *m, const struct mip_model *v)
{
	for (const struct prompt *p = m->prompt; p != NULL; p = p->next)
		if (is_among(p->model, v))
			return false;
	return m->study == NULL || (!is_among(m->study->prompt_model, v) &&
	    !is_among(m->study->teacher, v));
}

/* Asks once for a small JSON object, or a vector, which shows that the
 * address, the key and the name of the model are right, and how structure is
 * asked for. */
static void
ask(struct doctor *d, struct lm *lm, const struct mip_model *m, bool vector)
{
	static const char messages[] = "[{\"role\":\"user\",\"content\":"
	    "\"Answer with the JSON object {\\\"ok\\\": true}.\"}]";
	static const char schema[] = "{\"type\":\"object\",\"properties\":"
	    "{\"ok\":{\"type\":\"boolean\"}},\"required\":[\"ok\"],"
	    "\"additionalProperties\":false}";
	const char *what = arena_printf(d->c->a, "model %s", m->name);
	struct lm_call call = { .model = m, .messages = messages,
	    .messages_len = sizeof messages - 1, .schema = schema,
	    .schema_name = "probe", .leaf = "doctor", .sample = "",
	    .temperature = MIP_UNSET, .fresh = true };
	struct lm_group g;

	if (vector)
		call = (struct lm_call){ .kind = LM_EMBED, .model = m,
		    .messages = "[\"ok\"]", .messages_len = 6,
		    .sample = "", .temperature = MIP_UNSET, .fresh = true };
	if (!lm_group_init(&g)) {
		tell(d, 2, what, "%s", mip_status_text(MIP_NOMEM));
		return;
	}
	call.group = &g;
	lm_start(lm, &call);
	lm_wait(&g);
	if (call.status == MIP_OK && vector)
		tell(d, 0, what, "%s:%s makes vectors in %.1f s%s",
		    m->provider, m->id, call.latency_s,
		    m->priced ? "" : "; no price");
	else if (call.status == MIP_OK)
		tell(d, 0, what, "%s:%s answers in %.1f s; structure: %s%s",
		    m->provider, m->id, call.latency_s, rung_word(call.rung),
		    m->priced ? "" : "; no price");
	else
		tell(d, call.status == MIP_USAGE ? 2 : 3, what, "%s",
		    reason(d, &call));
	lm_call_release(&call);
	lm_group_release(&g);
}

static void
look_at_models(struct doctor *d)
{
	const struct options *o = d->c->o;
	const struct mod *m = d->c->mod;
	struct mip_options options = { .no_cache = true,
	    .offline = o->offline, .base_url = o->base_url,
	    .model = o->model, .max_cost = o->max_cost, .trace = o->trace };
	struct lm *lm = NULL;
	char why[320];

	if (!o->dry_run && lm_new(&options, &lm, why) != MIP_OK) {
		tell(d, 2, "models", "%s", why);
		return;
	}
	for (unsigned i = 0; i < m->nmodel; i++) {
		if (m->model[i]->route != MIP_DIRECT)
			continue;
		if (!has_model_key(d, m->model[i]) || lm == NULL)
			continue;
		ask(d, lm, m->model[i], makes_vectors(m, m->model[i]));
	}
	for (const struct retriever *r = m->retriever; r != NULL; r = r->next)
		has_key(d, arena_printf(d->c->a, "retriever %s", r->name),
		    r->http.key_env);
	if (lm != NULL)
		lm_free(lm);
}

int
cmd_doctor(struct compilation *c)
{
	struct doctor d = { .c = c };
	struct build b;
	int status;

	if (!build_init(&b, c->a, c->o))
		return 2;
	look_at_compiler(&d, &b);
	look_at_cache(&d);
	if (c->o->narg == 0)
		return d.status;
	status = compile_mod(c);
	if (status != 0)
		return status;
	look_at_files(&d);
	look_at_models(&d);
	return d.status;
}
