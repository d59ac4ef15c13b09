/* What servers send, as trees of cJSON.
 *
 * A reply is one long string in a small envelope.  core/json.h checks it as
 * fast as memory gives it; cJSON, which looks at each byte of a string several
 * times, takes what is no strict JSON.
 *
 * SPDX-License-Identifier: MIT */
#include "provider/provider_json.h"

#include <string.h>

static cJSON *tree_items(struct arena *mem, struct json_walk *w);

/* The value `v`, or what `in` walks; NULL without memory, and for a number
 * that is none of ours. */
static cJSON *
tree_value(struct arena *mem, struct json v, struct json_walk *in)
{
	const char *s;
	double d;

	switch (json_kind(v)) {
	case JSON_STRING:
		s = json_string(mem, v);
		return s ? cJSON_CreateString(s) : NULL;
	case JSON_BOOL:
		return cJSON_CreateBool(*v.s == 't');
	case JSON_NULL:
		return cJSON_CreateNull();
	case JSON_NUMBER:
		return json_double(v, &d) ? cJSON_CreateNumber(d) : NULL;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return tree_items(mem, in);
	case JSON_NONE:
		return NULL;
	}
	return NULL;
}

/* Recurses JSON_DEPTH deep at most. */
static cJSON *
tree_items(struct arena *mem, struct json_walk *w)
{
	cJSON *to = w->object ? cJSON_CreateObject() : cJSON_CreateArray();
	cJSON *item;
	const char *name = NULL;
	struct json_walk in;
	struct json key, v;
	bool ok = to;

	while (ok && json_enter(w, &key, &v, &in)) {
		if (w->object)
			name = json_string(mem, key);
		item = tree_value(mem, v, &in);
		ok = item && (!w->object ? cJSON_AddItemToArray(to, item) :
		    name && cJSON_AddItemToObject(to, name, item));
		if (!ok)
			cJSON_Delete(item);
		json_leave(w, &in);
	}
	if (ok)
		return to;
	cJSON_Delete(to);
	return NULL;
}

cJSON *
provider_tree(const char *s, size_t n)
{
	struct arena mem = { 0 };       /* decoded strings */
	struct json_walk w;
	cJSON *root = NULL;
	struct json v;

	if (json_parse(s, n, &v, NULL, NULL)) {
		w = json_walk(v);
		root = tree_value(&mem, v, &w);
	}
	arena_release(&mem);
	return root ? root : cJSON_ParseWithLength(s, n);
}
