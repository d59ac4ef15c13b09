/* The subsets of JSON Schema that APIs hold replies to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdio.h>
#include <string.h>

struct place {
	const struct lmd_dialect *d;
	char *path, *why;
	unsigned depth;
};

static bool look(struct place *p, const cJSON *s);

static bool
below(struct place *p, const char *name, const cJSON *s)
{
	size_t n = strlen(p->path);
	bool ok;

	snprintf(p->path + n, 160 - n, "%s%s", n ? "." : "", name);
	p->depth++;
	ok = look(p, s);
	p->depth--;
	if (ok)
		p->path[n] = '\0';
	return ok;
}

static bool
each(struct place *p, const char *name, const cJSON *list)
{
	const cJSON *s;
	char at[100];
	unsigned i = 0;

	cJSON_ArrayForEach(s, list) {
		if (s->string)
			snprintf(at, sizeof at, "%s.%s", name, s->string);
		else
			snprintf(at, sizeof at, "%s[%u]", name, i++);
		if (!below(p, at, s))
			return false;
	}
	return true;
}

static bool
requires(const cJSON *s, const char *name)
{
	const cJSON *r;

	cJSON_ArrayForEach(r, cJSON_GetObjectItem(s, "required"))
		if (cJSON_IsString(r) && strcmp(r->valuestring, name) == 0)
			return true;
	return false;
}

static bool
object(struct place *p, const cJSON *s)
{
	const cJSON *m;

	if (p->d->closed &&
	    !cJSON_IsFalse(lmd_get(s, "additionalProperties"))) {
		snprintf(p->why, 200, "'additionalProperties' is required to "
		    "be supplied and to be false.");
		return false;
	}
	cJSON_ArrayForEach(m, lmd_get(s, "properties"))
		if (p->d->whole && !requires(s, m->string)) {
			snprintf(p->why, 200, "'required' is required to be "
			    "supplied and to be an array including every key "
			    "in properties. Missing '%s'.", m->string);
			return false;
		}
	return true;
}

static bool
keywords(struct place *p, const cJSON *s)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, s)
		if (!lmd_among(m->string, p->d->keywords)) {
			snprintf(p->why, 200, "For '%s' type, property '%s' "
			    "is not supported; '%s' is not permitted.",
			    lmd_word(s, "type"), m->string, m->string);
			return false;
		}
	if (p->d->bounded && lmd_number(s, "minItems", 0) > 1) {
		snprintf(p->why, 200, "For 'array' type, 'minItems' values "
		    "other than 0 or 1 are not supported.");
		return false;
	}
	return true;
}

static bool
look(struct place *p, const cJSON *s)
{
	const cJSON *more = lmd_get(s, "additionalProperties");

	if (!cJSON_IsObject(s) || p->depth > 60) {
		snprintf(p->why, 200, "a schema is an object.");
		return false;
	}
	if (!keywords(p, s))
		return false;
	if (strcmp(lmd_word(s, "type"), "object") == 0 && !object(p, s))
		return false;
	if (lmd_get(s, "items") && !below(p, "items", lmd_get(s, "items")))
		return false;
	if (cJSON_IsObject(more) && !below(p, "additionalProperties", more))
		return false;
	return each(p, "properties", lmd_get(s, "properties")) &&
	    each(p, "$defs", lmd_get(s, "$defs")) &&
	    each(p, "anyOf", lmd_get(s, "anyOf")) &&
	    each(p, "oneOf", lmd_get(s, "oneOf"));
}

bool
lmd_schema(const cJSON *schema, const struct lmd_dialect *d, char path[160],
    char why[200])
{
	struct place p = { d, path, why, 0 };

	path[0] = why[0] = '\0';
	if (strcmp(lmd_word(schema, "type"), "object") != 0) {
		snprintf(why, 200, "schema must be of type 'object', got "
		    "'%s'.", lmd_word(schema, "type"));
		return false;
	}
	return look(&p, schema);
}
