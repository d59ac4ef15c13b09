/* The fake model server's model: it knows a task, more or less well.
 *
 * Whether it is right depends on nothing but the request.  The same draw is
 * used for the same input whatever the prompt is, so that a prompt which
 * raises the skill mends some answers and spoils none.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
	char *input;                    /* what the user message holds */
	char *escaped;                  /* the same inside JSON, or NULL */
	char *label;                    /* as text */
	cJSON *value;                   /* as JSON */
};

struct lmd_task {
	const cJSON *json;
	const char *field;
	struct answer *answer;
	size_t n;
	double base, per_demo, garble;
	uint64_t seed;
};

enum layout { PLAIN, JSON, MARKERS, LABELS, XML };

/* One reply being made. */
struct saying {
	const struct lmd_task *task;
	const struct lmd_request *r;
	enum layout layout;
	const cJSON *schema;            /* or NULL */
	const cJSON *value;             /* of the field asked for */
	const char *text;               /* the same as text */
	bool garbled;
	struct lmd_text *t;
	unsigned n;                     /* fields written */
};

/* ---- the task ---------------------------------------------------------- */

static char *
copy(const char *s, size_t n)
{
	char *p = lmd_alloc(n + 1);

	memcpy(p, s, n);
	return p;
}

/* A value as the text of a reply. */
static char *
as_text(const cJSON *v)
{
	char *s;

	if (cJSON_IsString(v))
		return copy(v->valuestring, strlen(v->valuestring));
	s = cJSON_PrintUnformatted(v);
	if (!s)
		lmd_die("out of memory");
	return s;
}

static void
add(struct lmd_task *t, const cJSON *input, const cJSON *label)
{
	struct answer *a = &t->answer[t->n];
	struct lmd_text quoted = { NULL, 0, 0 };

	if (!input || !label)
		lmd_die("task: an answer needs an input and a label");
	a->input = as_text(input);
	a->value = cJSON_Duplicate(label, true);
	a->label = as_text(label);
	lmd_quote(&quoted, a->input);
	if (quoted.len != strlen(a->input) + 2)
		a->escaped = copy(quoted.s + 1, quoted.len - 2);
	free(quoted.s);
	t->n++;
}

/* A member by its name or, for nested ones, a dotted path. */
static const cJSON *
member(const cJSON *o, const char *path)
{
	char name[64];
	size_t n;

	for (; o && *path; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		if (n >= sizeof name)
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		o = cJSON_GetObjectItem(o, name);
	}
	return o;
}

static void
add_file(struct lmd_task *t, const char *file, const char *dir)
{
	struct lmd_text path = { NULL, 0, 0 };
	const char *in, *label;
	cJSON *rows, *row;

	in = cJSON_GetStringValue(cJSON_GetObjectItem(t->json, "in"));
	label = cJSON_GetStringValue(cJSON_GetObjectItem(t->json, "label"));
	if (!in || !label)
		lmd_die("task: answers_file needs \"in\" and \"label\"");
	if (*file != '/')
		lmd_puts(&path, dir);
	lmd_puts(&path, file);
	rows = lmd_jsonl(path.s);
	t->answer = lmd_alloc(((size_t)cJSON_GetArraySize(rows) + 1) *
	    sizeof *t->answer);
	cJSON_ArrayForEach(row, rows)
		add(t, member(row, in), member(row, label));
	cJSON_Delete(rows);
	free(path.s);
}

static void
check_names(const cJSON *o)
{
	static const char *const known[] = {
		"answers", "answers_file", "in", "label", "field", "base",
		"per_demo", "bonus", "wrong", "garble", "seed", NULL
	};
	const char *what = lmd_unknown(o, known);

	if (what)
		lmd_die("task: what is \"%s\"?", what);
}

struct lmd_task *
lmd_task_new(const cJSON *o, const char *dir)
{
	struct lmd_task *t = lmd_alloc(sizeof *t);
	const cJSON *list = cJSON_GetObjectItem(o, "answers"), *a;
	const char *file, *field;

	check_names(o);
	t->json = o;
	file = cJSON_GetStringValue(cJSON_GetObjectItem(o, "answers_file"));
	field = cJSON_GetStringValue(cJSON_GetObjectItem(o, "field"));
	if (!field)
		field = cJSON_GetStringValue(cJSON_GetObjectItem(o, "label"));
	t->field = field ? field : "label";
	t->base = lmd_number(o, "base", 1);
	t->per_demo = lmd_number(o, "per_demo", 0);
	t->garble = lmd_number(o, "garble", 0);
	t->seed = (uint64_t)lmd_number(o, "seed", 0);
	if (file) {
		add_file(t, file, dir);
		return t;
	}
	t->answer = lmd_alloc(((size_t)cJSON_GetArraySize(list) + 1) *
	    sizeof *t->answer);
	cJSON_ArrayForEach(a, list)
		add(t, cJSON_GetArrayItem(a, 0), cJSON_GetArrayItem(a, 1));
	return t;
}

void
lmd_task_free(struct lmd_task *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->answer[i].input);
		free(t->answer[i].escaped);
		free(t->answer[i].label);
		cJSON_Delete(t->answer[i].value);
	}
	free(t->answer);
	free(t);
}

/* ---- being right ------------------------------------------------------- */

/* A draw in [0, 1) for this input, sample and purpose. */
static double
draw(const struct lmd_task *t, const char *s, const char *why, unsigned k,
    double request_seed)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	for (; *why; why++)
		h = (h ^ (unsigned char)*why) * 1099511628211u;
	h ^= t->seed * 0x9e3779b97f4a7c15u + k;
	h += (uint64_t)(int64_t)request_seed * 0xd1b54a32d192ed03u;
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	h ^= h >> 31;
	return (double)(h >> 11) / 9007199254740992.0;
}

/* Requests with a temperature may differ by their seed. */
static double
request_seed(const struct lmd_request *r)
{
	if (lmd_number(r->json, "temperature", 0) <= 0)
		return 0;
	return lmd_number(r->json, "seed", 0);
}

/* The longest input that the user message holds. */
static const struct answer *
known(const struct lmd_task *t, const char *user)
{
	const struct answer *a, *best = NULL;
	size_t i, n, longest = 0;

	for (i = 0; i < t->n; i++) {
		a = &t->answer[i];
		n = strlen(a->input);
		if (n <= longest)
			continue;
		if (strstr(user, a->input) ||
		    (a->escaped && strstr(user, a->escaped))) {
			best = a;
			longest = n;
		}
	}
	return best;
}

static double
skill(const struct saying *s)
{
	static const char *const word[] = {
		"plain", "json", "markers", "labels", "xml"
	};
	const cJSON *bonus = cJSON_GetObjectItem(s->task->json, "bonus"), *b;
	const cJSON *heat;
	const char *text, *format;
	double p = s->task->base + s->task->per_demo * s->r->nassistant;

	cJSON_ArrayForEach(b, bonus) {
		text = cJSON_GetStringValue(
		    cJSON_GetObjectItem(b, "contains"));
		format = cJSON_GetStringValue(
		    cJSON_GetObjectItem(b, "format"));
		heat = cJSON_GetObjectItem(b, "temperature");
		if (heat && fabs(lmd_number(s->r->json, "temperature", -1) -
		    heat->valuedouble) > 0.01)
			continue;
		if (text && !strstr(s->r->system.s, text))
			continue;
		if (format && strcmp(format, word[s->layout]) != 0)
			continue;
		if (text || format || heat)
			p += lmd_number(b, "add", 0);
	}
	return p;
}

/* A wrong label: one of those listed, else another row's, else a word. */
static const cJSON *
wrong(const struct saying *s, const struct answer *a, double u)
{
	const cJSON *list = cJSON_GetObjectItem(s->task->json, "wrong");
	const struct lmd_task *t = s->task;
	size_t n = (size_t)cJSON_GetArraySize(list), i, at;
	const cJSON *v;

	for (i = 0; i < n; i++) {
		at = ((size_t)(u * (double)n) + i) % n;
		v = cJSON_GetArrayItem(list, (int)at);
		if (!a || !cJSON_Compare(v, a->value, true))
			return v;
	}
	for (i = 0; i < t->n; i++) {
		at = ((size_t)(u * (double)t->n) + i) % t->n;
		if (!a || strcmp(t->answer[at].label, a->label) != 0)
			return t->answer[at].value;
	}
	return NULL;
}

/* ---- what was asked for ------------------------------------------------ */

const cJSON *
lmd_task_schema(const cJSON *request)
{
	const cJSON *f = cJSON_GetObjectItem(request, "response_format");
	const cJSON *s = cJSON_GetObjectItem(
	    cJSON_GetObjectItem(f, "json_schema"), "schema");

	if (!s)
		s = cJSON_GetObjectItem(f, "schema");
	if (!s)
		s = cJSON_GetObjectItem(request, "json_schema");
	return s;
}

/* Whether the text shows `before`NAME`after`. */
static bool
shows(const struct saying *s, const char *before, const char *name,
    const char *after)
{
	struct lmd_text want = { NULL, 0, 0 };
	bool found;

	lmd_puts(&want, before);
	lmd_puts(&want, name);
	lmd_puts(&want, after);
	found = strstr(s->r->system.s, want.s) || strstr(s->r->user.s, want.s);
	free(want.s);
	return found;
}

/* The heading `Name:` at the beginning of a line of the system text, as
 * written there; NULL. */
static const char *
heading(const char *text, const char *name, size_t *len)
{
	size_t n = strlen(name), i;
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (i = 0; i < n && line[i]; i++)
			if (tolower((unsigned char)line[i]) !=
			    tolower((unsigned char)name[i]) &&
			    !(name[i] == '_' && line[i] == ' '))
				break;
		if (i == n && line[n] == ':') {
			*len = n;
			return line;
		}
	}
	return NULL;
}

static enum layout
layout(const struct saying *s)
{
	const char *field = s->task->field;
	size_t n;

	if (s->schema || cJSON_GetObjectItem(s->r->json, "response_format"))
		return JSON;
	if (shows(s, "[[ ## ", field, " ## ]]"))
		return MARKERS;
	if (shows(s, "<", field, ">"))
		return XML;
	if (shows(s, "\"", field, "\""))
		return JSON;
	if (heading(s->r->system.s, field, &n))
		return LABELS;
	return PLAIN;
}

/* ---- writing it -------------------------------------------------------- */

static void generate(struct lmd_text *t, const cJSON *schema, unsigned depth);

static void
generate_object(struct lmd_text *t, const cJSON *schema, unsigned depth)
{
	const cJSON *p;
	unsigned n = 0;

	lmd_put(t, "{", 1);
	cJSON_ArrayForEach(p, cJSON_GetObjectItem(schema, "properties")) {
		if (n++)
			lmd_put(t, ",", 1);
		lmd_quote(t, p->string);
		lmd_put(t, ":", 1);
		generate(t, p, depth + 1);
	}
	lmd_put(t, "}", 1);
}

/* The dullest value that the schema allows. */
static void
generate(struct lmd_text *t, const cJSON *schema, unsigned depth)
{
	const cJSON *type = cJSON_GetObjectItem(schema, "type");
	const cJSON *one = cJSON_GetObjectItem(schema, "const");
	const cJSON *any = cJSON_GetObjectItem(schema, "anyOf");
	const char *word;
	char *s;

	if (!one)
		one = cJSON_GetArrayItem(
		    cJSON_GetObjectItem(schema, "enum"), 0);
	if (one) {
		s = cJSON_PrintUnformatted(one);
		lmd_puts(t, s ? s : "null");
		free(s);
		return;
	}
	if (cJSON_IsArray(type))
		type = cJSON_GetArrayItem(type, 0);
	word = cJSON_GetStringValue(type);
	if (!word && any && depth < 20)
		generate(t, cJSON_GetArrayItem(any, 0), depth + 1);
	else if (!word || strcmp(word, "string") == 0)
		lmd_puts(t, "\"As the input says.\"");
	else if (strcmp(word, "integer") == 0 || strcmp(word, "number") == 0)
		lmd_printf(t, "%.0f",
		    ceil(lmd_number(schema, "minimum", 1)));
	else if (strcmp(word, "boolean") == 0)
		lmd_puts(t, "true");
	else if (strcmp(word, "array") == 0)
		lmd_puts(t, "[]");
	else if (strcmp(word, "object") == 0 && depth < 20)
		generate_object(t, schema, depth);
	else
		lmd_puts(t, "null");
}

/* One field; value NULL for one that the task does not know. */
static void
field(struct saying *s, const char *name, const cJSON *schema)
{
	bool mine = strcmp(name, s->task->field) == 0;
	const char *text = mine ? s->text : "As the input says.", *head;
	char *printed;
	size_t n;

	switch (s->layout) {
	case PLAIN:
		if (mine)
			lmd_puts(s->t, text);
		break;
	case JSON:
		if (s->n)
			lmd_put(s->t, ",", 1);
		lmd_quote(s->t, name);
		lmd_put(s->t, ":", 1);
		printed = mine ? cJSON_PrintUnformatted(s->value) : NULL;
		if (printed)
			lmd_puts(s->t, printed);
		else
			generate(s->t, schema, 0);
		free(printed);
		break;
	case MARKERS:
		lmd_puts(s->t, "[[ ## ");
		lmd_puts(s->t, name);
		lmd_puts(s->t, " ## ]]\n");
		lmd_puts(s->t, text);
		lmd_put(s->t, "\n", 1);
		break;
	case LABELS:
		head = heading(s->r->system.s, name, &n);
		lmd_put(s->t, head ? head : name, head ? n : strlen(name));
		lmd_puts(s->t, ": ");
		lmd_puts(s->t, text);
		lmd_put(s->t, "\n", 1);
		break;
	case XML:
		lmd_put(s->t, "<", 1);
		lmd_puts(s->t, name);
		lmd_put(s->t, ">", 1);
		lmd_puts(s->t, text);
		lmd_puts(s->t, "</");
		lmd_puts(s->t, name);
		lmd_puts(s->t, ">\n");
		break;
	}
	s->n++;
}

/* The outputs that the system text lists, as "- name (type)..." lines after
 * "Output fields:"; false if it has no such list, or without ours. */
static bool
listed(struct saying *s, bool write)
{
	const char *at = strstr(s->r->system.s, "Output fields:");
	char name[64];
	bool mine = false;
	size_t n;

	at = at ? strchr(at, '\n') : NULL;
	for (; at && strncmp(at, "\n- ", 3) == 0; at = strchr(at + 1, '\n')) {
		n = strcspn(at + 3, " (:\n");
		if (n == 0 || n >= sizeof name)
			continue;
		memcpy(name, at + 3, n);
		name[n] = '\0';
		mine = mine || strcmp(name, s->task->field) == 0;
		if (write)
			field(s, name, NULL);
	}
	return mine;
}

static void
fields(struct saying *s)
{
	const cJSON *p = cJSON_GetObjectItem(s->schema, "properties");

	if (s->layout == JSON)
		lmd_put(s->t, "{", 1);
	if (s->schema && p)
		cJSON_ArrayForEach(p, p)
			field(s, p->string, p);
	else if (s->layout != PLAIN && listed(s, false))
		listed(s, true);
	else
		field(s, s->task->field, NULL);
	if (s->layout == JSON)
		lmd_put(s->t, "}", 1);
	if (s->layout == MARKERS)
		lmd_puts(s->t, "[[ ## completed ## ]]\n");
}

/* No reader can find the fields in this, however tolerant. */
static void
garble(struct saying *s)
{
	if (s->layout == JSON)
		lmd_puts(s->t, "{\"I would like to");
	else
		lmd_puts(s->t, "Well, that is a good one, let me think");
}

/* The row that is asked about.  When a reply was refused and is asked for
 * again, it stands in an earlier user message: *back counts the steps. */
static const struct answer *
find(const struct lmd_task *t, const struct lmd_request *r, unsigned *back)
{
	const cJSON *list = cJSON_GetObjectItem(r->json, "messages"), *m;
	const struct answer *a = known(t, r->user.s);
	int i = cJSON_GetArraySize(list);
	const char *role, *text;

	*back = 0;
	while (!a && i-- > 0) {
		m = cJSON_GetArrayItem(list, i);
		role = cJSON_GetStringValue(cJSON_GetObjectItem(m, "role"));
		text = cJSON_GetStringValue(cJSON_GetObjectItem(m, "content"));
		if (!role || !text || strcmp(role, "user") != 0)
			continue;
		a = known(t, text);
		(*back)++;
	}
	return a;
}

void
lmd_task_answer(struct lmd_text *t, const struct lmd_task *task,
    const struct lmd_request *r, unsigned k)
{
	struct saying s = { 0 };
	unsigned back;
	const struct answer *a = find(task, r, &back);
	const char *input = a ? a->input : r->user.s;
	double seed = request_seed(r);
	char *text;

	s.task = task;
	s.r = r;
	s.t = t;
	s.schema = lmd_task_schema(r->json);
	s.layout = layout(&s);
	if (draw(task, input, "garble", k + back, seed) < task->garble) {
		garble(&s);
		return;
	}
	if (a && draw(task, input, a->label, k, seed) < skill(&s))
		s.value = a->value;
	else
		s.value = wrong(&s, a, draw(task, input, "wrong", k, seed));
	text = s.value ? as_text(s.value) : copy("unknown", 7);
	s.text = text;
	fields(&s);
	free(text);
}
