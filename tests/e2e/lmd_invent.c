/* Values out of nothing: any that a JSON schema allows, drawn from a seed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEEP = 6 };                 /* then lists and the like are empty */

static const char *const words[] = {
	"yes", "no", "7", "a", "apple", "Berlin", "two words", "12.5 pounds",
	"The end.", "one\ntwo", "na\xc3\xafve \xe2\x82\xac", ""
};

static uint64_t
draw(uint64_t *state, uint64_t below)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

unsigned
lmd_invent_draw(uint64_t *seed, unsigned below)
{
	return (unsigned)draw(seed, below);
}

void
lmd_invent_word(struct lmd_text *t, uint64_t *seed)
{
	lmd_quote(t, words[draw(seed, sizeof words / sizeof *words)]);
}

static void
number(struct lmd_text *t, const cJSON *schema, uint64_t *seed, bool whole)
{
	double least = ceil(lmd_number(schema, "minimum", -1));
	double most = lmd_number(schema, "maximum", least + 9);
	double v = least + (double)draw(seed, (uint64_t)(most - least) % 100 +
	    1);

	lmd_printf(t, "%.*f", whole ? 0 : 2, !whole && v + 0.25 <= most ?
	    v + 0.25 : v);
}

static void
string(struct lmd_text *t, const cJSON *schema, uint64_t *seed)
{
	size_t least = (size_t)lmd_number(schema, "minLength", 0);
	size_t most = (size_t)lmd_number(schema, "maxLength", 1000), n;
	struct lmd_text s = { NULL, 0, 0 };

	lmd_puts(&s, words[draw(seed, sizeof words / sizeof *words)]);
	while (s.len < least)
		lmd_puts(&s, "x");
	for (n = s.len; n > most || (n < s.len && (s.s[n] & 0xc0) == 0x80);)
		n--;
	lmd_put(&s, "", 1);
	s.s[n] = '\0';
	lmd_quote(t, s.s);
	free(s.s);
}

static void invent(struct lmd_text *t, const cJSON *schema, uint64_t *seed,
    unsigned depth);

static void
list(struct lmd_text *t, const cJSON *schema, uint64_t *seed, unsigned depth)
{
	unsigned least = (unsigned)lmd_number(schema, "minItems", 0);
	unsigned n = depth < MOST_DEEP ? (unsigned)draw(seed, 4) : 0;
	unsigned most = (unsigned)lmd_number(schema, "maxItems", 3), i;

	if (n > most)
		n = most;
	if (n < least)
		n = least;
	lmd_puts(t, "[");
	for (i = 0; i < n; i++) {
		lmd_puts(t, i > 0 ? "," : "");
		invent(t, cJSON_GetObjectItem(schema, "items"), seed,
		    depth + 1);
	}
	lmd_puts(t, "]");
}

/* The members that it names, and a few of a map. */
static void
object(struct lmd_text *t, const cJSON *schema, uint64_t *seed,
    unsigned depth)
{
	const cJSON *rest = cJSON_GetObjectItem(schema,
	    "additionalProperties"), *p;
	unsigned n = 0, more = cJSON_IsObject(rest) && depth < MOST_DEEP ?
	    (unsigned)draw(seed, 4) : 0;

	lmd_puts(t, "{");
	cJSON_ArrayForEach(p, cJSON_GetObjectItem(schema, "properties")) {
		lmd_puts(t, n++ > 0 ? "," : "");
		lmd_quote(t, p->string);
		lmd_puts(t, ":");
		invent(t, p, seed, depth + 1);
	}
	while (more-- > 0) {
		lmd_printf(t, "%s\"key %u\":", n > 0 ? "," : "", n);
		n++;
		invent(t, rest, seed, depth + 1);
	}
	lmd_puts(t, "}");
}

/* One of the values or types that the array holds. */
static const cJSON *
pick(const cJSON *array, uint64_t *seed, unsigned depth)
{
	int n = cJSON_GetArraySize(array);

	return n == 0 ? NULL : cJSON_GetArrayItem(array, depth < MOST_DEEP ?
	    (int)draw(seed, (uint64_t)n) : n - 1);
}

static void
invent(struct lmd_text *t, const cJSON *schema, uint64_t *seed,
    unsigned depth)
{
	const cJSON *one = cJSON_GetObjectItem(schema, "const");
	const cJSON *any = pick(cJSON_GetObjectItem(schema, "anyOf"), seed,
	    depth);
	const cJSON *type = cJSON_GetObjectItem(schema, "type");
	const char *word;
	char *s;

	if (!one)
		one = pick(cJSON_GetObjectItem(schema, "enum"), seed, depth);
	if (cJSON_IsArray(type))
		type = pick(type, seed, depth);
	word = cJSON_GetStringValue(type);
	if (one) {
		s = cJSON_PrintUnformatted(one);
		lmd_puts(t, s ? s : "null");
		free(s);
	} else if (any)
		invent(t, any, seed, depth + 1);
	else if (!word || strcmp(word, "string") == 0)
		string(t, schema, seed);
	else if (strcmp(word, "integer") == 0 || strcmp(word, "number") == 0)
		number(t, schema, seed, *word == 'i');
	else if (strcmp(word, "boolean") == 0)
		lmd_puts(t, draw(seed, 2) ? "true" : "false");
	else if (strcmp(word, "array") == 0)
		list(t, schema, seed, depth);
	else if (strcmp(word, "object") == 0)
		object(t, schema, seed, depth);
	else
		lmd_puts(t, "null");
}

void
lmd_invent(struct lmd_text *t, const cJSON *schema, const char *prompt,
    uint64_t seed)
{
	if (schema)
		invent(t, schema, &seed, 0);
	else if (!prompt || !lmd_form(t, prompt, &seed))
		lmd_printf(t, "%u", (unsigned)draw(&seed, 10));
}

void
lmd_invent_print(const char *path, const char *member, uint64_t seed)
{
	struct lmd_text t = { NULL, 0, 0 };
	cJSON *o = lmd_jsonl(path);
	const cJSON *schema = cJSON_GetObjectItem(cJSON_GetArrayItem(o, 0),
	    member);

	if (!schema)
		lmd_die("%s: no member \"%s\"", path, member);
	lmd_invent(&t, schema, NULL, seed);
	lmd_put(&t, "", 1);
	puts(t.s);
	free(t.s);
	cJSON_Delete(o);
}
