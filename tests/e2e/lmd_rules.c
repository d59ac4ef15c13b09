/* The fake model server's script: rules, and which one answers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* ---- requests ---------------------------------------------------------- */

/* The text of a message: a string, or the text parts of an array. */
static void
content(struct lmd_text *t, const cJSON *message)
{
	const cJSON *c = cJSON_GetObjectItem(message, "content");
	const cJSON *part, *text;

	if (cJSON_IsString(c))
		lmd_puts(t, c->valuestring);
	cJSON_ArrayForEach(part, c) {
		text = cJSON_GetObjectItem(part, "text");
		if (cJSON_IsString(text))
			lmd_puts(t, text->valuestring);
	}
}

static void
message(struct lmd_request *r, const cJSON *m)
{
	const char *role;
	struct lmd_text t = { NULL, 0, 0 };

	role = cJSON_GetStringValue(cJSON_GetObjectItem(m, "role"));
	if (!role)
		return;
	content(&t, m);
	r->nchar += t.len;
	if (strcmp(role, "assistant") == 0) {
		r->nassistant++;
	} else if (strcmp(role, "user") == 0) {
		r->user.len = 0;
		lmd_put(&r->user, t.s, t.len);
	} else {
		lmd_put(&r->system, t.s, t.len);
		lmd_put(&r->system, "\n", 1);
	}
	free(t.s);
}

void
lmd_request_parse(struct lmd_request *r)
{
	const cJSON *m;
	unsigned n = 0;

	lmd_put(&r->body, "", 0);
	lmd_put(&r->user, "", 0);
	lmd_put(&r->system, "", 0);
	EVP_Digest(r->body.s, r->body.len, r->sha, &n, EVP_sha256(), NULL);
	r->json = cJSON_ParseWithLength(r->body.s, r->body.len);
	cJSON_ArrayForEach(m, cJSON_GetObjectItem(r->json, "messages"))
		message(r, m);
}

void
lmd_request_release(struct lmd_request *r)
{
	cJSON_Delete(r->json);
	free(r->body.s);
	free(r->user.s);
	free(r->system.s);
}

/* ---- the script -------------------------------------------------------- */

static char *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct lmd_text t = { NULL, 0, 0 };
	char chunk[65536];
	size_t n;

	if (!f)
		lmd_die("%s: %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		lmd_put(&t, chunk, n);
	if (ferror(f))
		lmd_die("%s: %s", path, strerror(errno));
	fclose(f);
	lmd_put(&t, "", 0);
	*len = t.len;
	return t.s;
}

cJSON *
lmd_jsonl(const char *path)
{
	size_t len;
	char *text = slurp(path, &len);
	char *at = text, *end;
	cJSON *rows = cJSON_CreateArray(), *row;
	unsigned line = 0;

	for (; at < text + len; at = end + 1) {
		line++;
		end = memchr(at, '\n', (size_t)(text + len - at));
		if (!end)
			end = text + len;
		if (strspn(at, " \t\r") == (size_t)(end - at) || *at == '#')
			continue;
		row = cJSON_ParseWithLength(at, (size_t)(end - at));
		if (!cJSON_IsObject(row))
			lmd_die("%s:%u: not a JSON object", path, line);
		cJSON_AddItemToArray(rows, row);
	}
	free(text);
	return rows;
}

static unsigned
number(const cJSON *o, const char *name, unsigned otherwise)
{
	const cJSON *v = cJSON_GetObjectItem(o, name);

	if (!cJSON_IsNumber(v) || v->valuedouble < 0 || v->valuedouble > 1e9)
		return otherwise;
	return (unsigned)v->valuedouble;
}

static enum lmd_action
action(const cJSON *o, const char *path)
{
	static const char *const word[] = {
		"answer", "reset", "truncate", "html", "hang", "slow", "huge",
		"badutf8"
	};
	const char *w;
	unsigned i;

	w = cJSON_GetStringValue(cJSON_GetObjectItem(o, "action"));
	if (!w)
		return LMD_ANSWER;
	for (i = 0; i < sizeof word / sizeof *word; i++)
		if (strcmp(w, word[i]) == 0)
			return (enum lmd_action)i;
	lmd_die("%s: no such action: %s", path, w);
}

/* A misspelt word in a script must not pass as a rule for everything. */
static void
check_names(const cJSON *o, const char *path, unsigned n)
{
	static const char *const known[] = {
		"match", "match_user", "match_system", "unless", "times",
		"every", "reply", "json", "replies", "reasoning", "finish",
		"refusal", "status", "error", "headers", "delay_ms", "usage",
		"action", "mb", "task", "comment", "path", "invent",
		"piece_ms", "break_after", "api", "lacks", "quota", "code",
		NULL
	};
	const char *what = lmd_unknown(o, known);

	if (what)
		lmd_die("%s: rule %u: what is \"%s\"?", path, n + 1, what);
}

static void
rule(struct lmd_rule *r, const cJSON *o, const char *path, unsigned n)
{
	char *dir = lmd_alloc(strlen(path) + 2);
	char *slash;
	const cJSON *task = cJSON_GetObjectItem(o, "task");
	const char *api = lmd_word(o, "api");

	check_names(o, path, n);
	memcpy(dir, path, strlen(path));
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = '\0';
	else
		dir[0] = '\0';
	r->json = o;
	r->path = cJSON_GetStringValue(cJSON_GetObjectItem(o, "path"));
	r->api = lmd_api_find(api);
	if (*api && !r->api)
		lmd_die("%s: no such API: %s", path, api);
	r->match = cJSON_GetObjectItem(o, "match");
	r->match_user = cJSON_GetObjectItem(o, "match_user");
	r->match_system = cJSON_GetObjectItem(o, "match_system");
	r->unless = cJSON_GetObjectItem(o, "unless");
	r->action = action(o, path);
	r->status = number(o, "status", 200);
	r->delay_ms = number(o, "delay_ms", 0);
	r->piece_ms = number(o, "piece_ms", 0);
	r->break_after = number(o, "break_after", 0);
	r->times = number(o, "times", 0);
	r->every = number(o, "every", 0);
	if (task)
		r->task = lmd_task_new(task, dir);
	free(dir);
}

void
lmd_script_load(struct lmd_script *s, const char *path)
{
	cJSON *rows, *o;

	if (path) {
		rows = lmd_jsonl(path);
	} else {
		rows = cJSON_CreateArray();
		cJSON_AddItemToArray(rows, cJSON_Parse("{\"reply\":\"ok\"}"));
		path = "default";
	}
	s->n = 0;
	s->rule = lmd_alloc(sizeof *s->rule *
	    ((size_t)cJSON_GetArraySize(rows) + 1));
	while ((o = cJSON_DetachItemFromArray(rows, 0)) != NULL) {
		rule(&s->rule[s->n], o, path, s->n);
		s->n++;
	}
	cJSON_Delete(rows);
}

void
lmd_script_release(struct lmd_script *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++) {
		if (s->rule[i].task)
			lmd_task_free(s->rule[i].task);
		cJSON_Delete((cJSON *)(uintptr_t)s->rule[i].json);
	}
	free(s->rule);
}

/* A string must occur; of an array, every one. */
static bool
occurs(const cJSON *want, const char *text)
{
	const cJSON *w;

	if (cJSON_IsString(want))
		return strstr(text, want->valuestring) != NULL;
	cJSON_ArrayForEach(w, want)
		if (!cJSON_IsString(w) || !strstr(text, w->valuestring))
			return false;
	return true;
}

static bool
matches(const struct lmd_rule *u, const struct lmd_request *r)
{
	if (u->api ? false : u->path ? strcmp(u->path, r->path) != 0 :
	    strncmp(r->path, "/v1/", 4) != 0)
		return false;
	if (u->match && !occurs(u->match, r->body.s))
		return false;
	if (u->match_user && !occurs(u->match_user, r->user.s))
		return false;
	if (u->match_system && !occurs(u->match_system, r->system.s))
		return false;
	return !u->unless || !occurs(u->unless, r->body.s);
}

struct lmd_rule *
lmd_script_choose(struct lmd_script *s, const struct lmd_request *r,
    unsigned *turn)
{
	struct lmd_rule *u;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		u = &s->rule[i];
		if (u->times && u->used >= u->times)
			continue;
		if (!matches(u, r))
			continue;
		u->seen++;
		if (u->every && u->seen % u->every != 0)
			continue;
		*turn = u->used++;
		return u;
	}
	return NULL;
}
