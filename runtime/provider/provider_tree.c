/* What servers send, as trees of cJSON.
 *
 * A reply is one long string in a small envelope.  core/json.h checks it as
 * fast as memory gives it; cJSON, which looks at each byte of a string several
 * times, takes what is no strict JSON.
 *
 * SPDX-License-Identifier: MIT */
#include "provider/provider_json.h"

#include <string.h>

/* A text that was checked, and how far it is read. */
struct tree {
	struct arena mem;               /* decoded strings */
	const char *at, *end;
};

static cJSON *tree_value(struct tree *t);

static void
tree_blanks(struct tree *t)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' ||
	    *t->at == '\r' || *t->at == '\t'))
		t->at++;
}

/* The character that comes next, blanks left out. */
static char
tree_peek(struct tree *t)
{
	tree_blanks(t);
	return *t->at;
}

/* Reads a string or a word. */
static struct json
tree_span(struct tree *t)
{
	const char *from = t->at, *p = from;

	if (*p == '"') {
		for (p++; *p != '"'; p += 1 + (*p == '\\')) {
			p += buf_plain(p, (size_t)(t->end - p));
			if (*p == '"')
				break;
		}
		p++;
	} else {
		while (p < t->end && !memchr(",]} \t\r\n", *p, 7))
			p++;
	}
	t->at = p;
	return (struct json){ from, (size_t)(p - from) };
}

/* Reads a member, or an item, into the tree; false without memory. */
static bool
tree_put(struct tree *t, cJSON *to, bool object)
{
	const char *name = NULL;
	cJSON *item;

	if (object) {
		name = json_string(&t->mem, tree_span(t));
		if (!name)
			return false;
		tree_peek(t);
		t->at++;                /* ':' */
		tree_blanks(t);
	}
	item = tree_value(t);
	if (item && (object ? cJSON_AddItemToObject(to, name, item) :
	    cJSON_AddItemToArray(to, item)))
		return true;
	cJSON_Delete(item);
	return false;
}

static cJSON *
tree_items(struct tree *t)
{
	bool object = *t->at == '{', ok = true;
	cJSON *to = object ? cJSON_CreateObject() : cJSON_CreateArray();
	char close = object ? '}' : ']';

	t->at++;
	while (to && ok && tree_peek(t) != close) {
		ok = tree_put(t, to, object);
		if (ok && tree_peek(t) == ',') {
			t->at++;
			tree_blanks(t);
		}
	}
	if (ok) {
		t->at++;
		return to;
	}
	cJSON_Delete(to);
	return NULL;
}

/* Reads a value; NULL without memory, and for a number that is none of ours.
 * Recurses JSON_DEPTH deep at most. */
static cJSON *
tree_value(struct tree *t)
{
	const char *s;
	struct json v;
	double d;

	if (*t->at == '{' || *t->at == '[')
		return tree_items(t);
	v = tree_span(t);
	switch (*v.s) {
	case '"':
		s = json_string(&t->mem, v);
		return s ? cJSON_CreateString(s) : NULL;
	case 't':
	case 'f':
		return cJSON_CreateBool(*v.s == 't');
	case 'n':
		return cJSON_CreateNull();
	default:
		return json_double(v, &d) ? cJSON_CreateNumber(d) : NULL;
	}
}

cJSON *
provider_tree(const char *s, size_t n)
{
	struct tree t = { .at = NULL };
	cJSON *root = NULL;
	struct json v;

	if (json_parse(s, n, &v, NULL, NULL)) {
		t.at = v.s;
		t.end = v.s + v.n;
		root = tree_value(&t);
	}
	arena_release(&t.mem);
	return root ? root : cJSON_ParseWithLength(s, n);
}
