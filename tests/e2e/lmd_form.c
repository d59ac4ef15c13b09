/* Replies out of nothing in the layout that a prompt shows: every {...} of it,
 * or all of it if it is JSON, becomes a value such as is named there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WAYS = 32, MOST_ITEMS = 3 };

struct form {
	const char *s;                  /* what is left of it */
	uint64_t *seed;
};

static void ways(struct lmd_text *t, struct form *f);

static bool
take(struct form *f, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(f->s, word, n) != 0)
		return false;
	f->s += n;
	return true;
}

/* A word, a literal: `string` and the like stand for a value. */
static void
word(struct lmd_text *t, struct form *f)
{
	size_t n = 0;

	if (take(f, "string"))
		lmd_invent_word(t, f->seed);
	else if (take(f, "int"))
		lmd_printf(t, "%u", lmd_invent_draw(f->seed, 10));
	else if (take(f, "float"))
		lmd_printf(t, "%u.5", lmd_invent_draw(f->seed, 10));
	else {
		if (*f->s == '"')
			for (n = 1; f->s[n] && f->s[n] != '"'; n++)
				n += f->s[n] == '\\';
		else
			while (isalnum((unsigned char)f->s[n]) ||
			    (f->s[n] && strchr("-.", f->s[n])))
				n++;
		n += f->s[n] == '"';
		lmd_put(t, f->s, n);
		f->s += n;
	}
}

/* [T, ...] */
static void
items(struct lmd_text *t, struct form *f)
{
	unsigned n = lmd_invent_draw(f->seed, MOST_ITEMS), i = 0;
	const char *of = f->s;
	struct lmd_text none = { NULL, 0, 0 };

	lmd_puts(t, "[");
	for (; i < n; i++) {
		f->s = of;
		lmd_puts(t, i > 0 ? ", " : "");
		ways(t, f);
	}
	if (n == 0)
		ways(&none, f);
	free(none.s);
	lmd_puts(t, "]");
}

static void
object(struct lmd_text *t, struct form *f)
{
	lmd_puts(t, "{");
	while (*f->s && !take(f, "}")) {
		if (take(f, ", "))
			lmd_puts(t, ", ");
		word(t, f);
		if (!take(f, ": "))
			break;
		lmd_puts(t, ": ");
		ways(t, f);
	}
	lmd_puts(t, "}");
}

static void
one(struct lmd_text *t, struct form *f)
{
	take(f, "JSON object ");
	if (take(f, "(")) {
		ways(t, f);
		take(f, ")");
	} else if (take(f, "[")) {
		items(t, f);
		take(f, ", ...]");
	} else if (take(f, "{"))
		object(t, f);
	else if (take(f, "list of "))
		items(t, f);
	else
		word(t, f);
}

/* A or B or C */
static void
ways(struct lmd_text *t, struct form *f)
{
	struct lmd_text way[MOST_WAYS];
	unsigned n = 0, i, which;

	memset(way, 0, sizeof way);
	do
		one(&way[n++], f);
	while (n < MOST_WAYS && (take(f, " or ") || take(f, ", or ")));
	which = lmd_invent_draw(f->seed, n);
	for (i = 0; i < n; i++) {
		if (i == which)
			lmd_put(t, way[i].s ? way[i].s : "", way[i].len);
		free(way[i].s);
	}
}

/* {one of: a, b}: one of the texts. */
static void
one_of(struct lmd_text *t, struct form *f)
{
	const char *end = f->s + strcspn(f->s, "}"), *s = f->s, *at;
	unsigned n = 1, k;

	for (at = s; at < end - 1; at++)
		n += at[0] == ',' && at[1] == ' ';
	k = lmd_invent_draw(f->seed, n);
	while (k-- > 0)
		s = strstr(s, ", ") + 2;
	lmd_put(t, s, strcspn(s, ",}"));
	f->s = end;
}

/* What stands in braces; a string is without quotes. */
static void
placeholder(struct lmd_text *t, struct form *f)
{
	struct lmd_text v = { NULL, 0, 0 };
	cJSON *string;

	if (take(f, "one of: ")) {
		one_of(t, f);
		return;
	}
	ways(&v, f);
	lmd_put(&v, "", 1);
	string = *v.s == '"' ? cJSON_Parse(v.s) : NULL;
	lmd_puts(t, cJSON_IsString(string) ? string->valuestring : v.s);
	cJSON_Delete(string);
	free(v.s);
}

bool
lmd_form(struct lmd_text *t, const char *prompt, uint64_t *seed)
{
	static const char said[] = "write nothing else:\n";
	struct form f = { NULL, seed };
	const char *at, *end;

	for (at = prompt; (at = strstr(at, said)); at++)
		f.s = at + sizeof said - 1;
	if (!f.s)
		return false;
	if (*f.s == '{') {
		ways(t, &f);
		return true;
	}
	end = strstr(f.s, "\n\nWrite ");
	while (*f.s && f.s != end) {
		if (take(&f, "{")) {
			placeholder(t, &f);
			take(&f, "}");
		} else
			lmd_put(t, f.s++, 1);
	}
	return true;
}
