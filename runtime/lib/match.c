/* What programs do with patterns.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/regex.h"
#include "lib/lib_in.h"
#include "run/mip_in.h"

/* The pattern, compiled; NULL and a failed run if that cannot be. */
static struct regex *
pattern_of(struct mip *m, const char *re)
{
	char why[REGEX_WHY] = "";
	struct regex *r = NULL;

	if (!m->patterns)
		m->patterns = regex_cache_new();
	if (m->patterns)
		r = regex_cache_get(m->patterns, re, why);
	if (!r && !why[0])
		mip_oom(m);
	else if (!r)
		mip_fail(m, MIP_FAIL, "pattern \"%.80s\": %s", re, why);
	return r;
}

/* Makes the run fail if a match could not be looked for. */
static bool
found(struct mip *m, enum regex_status s, const char *re)
{
	if (s == REGEX_LIMIT)
		mip_fail(m, MIP_FAIL, "pattern \"%.80s\" takes too many steps "
		    "on this text", re);
	else if (s == REGEX_NOMEM)
		mip_oom(m);
	return s == REGEX_YES;
}

/* The part of a match that counts: its first group, if the pattern has one. */
static struct json
part(const struct regex *r, const char *s, const struct regex_span *v)
{
	bool group = regex_groups(r) > 0;
	size_t at = group ? v->group_at : v->at;

	return (struct json){ s + at, (group ? v->group_end : v->end) - at };
}

bool
mip_regex_match(struct mip *m, const char *s, const char *re)
{
	struct regex_walk w = regex_walk(s, strlen(s));
	struct regex *r = pattern_of(m, re);
	struct regex_span v;

	return r && found(m, regex_next(r, &w, &v), re);
}

const char *
mip_regex_find(struct mip *m, const char *s, const char *re)
{
	struct regex_walk w = regex_walk(s, strlen(s));
	struct regex *r = pattern_of(m, re);
	struct regex_span v;
	struct json one;

	if (!r || !found(m, regex_next(r, &w, &v), re) ||
	    (regex_groups(r) > 0 && !v.group))
		return NULL;
	one = part(r, s, &v);
	return lib_keep(m, one.s, one.n);
}

struct mip_strings
mip_regex_all(struct mip *m, const char *s, const char *re)
{
	struct regex_walk w = regex_walk(s, strlen(s));
	struct regex *r = pattern_of(m, re);
	struct lib_texts t = { NULL, 0, 0 };
	struct regex_span v;

	while (r && mip_status(m) == MIP_OK &&
	    found(m, regex_next(r, &w, &v), re)) {
		struct json one = part(r, s, &v);

		lib_texts_add(m, &t, one.s, one.n);
	}
	return (struct mip_strings){ t.v, t.n };
}

const char *
mip_regex_replace(struct mip *m, const char *s, const char *re, const char *to)
{
	struct regex *r = pattern_of(m, re);
	struct buf b = BUF_INIT;
	enum regex_status status;
	char why[REGEX_WHY];

	if (!r)
		return "";
	status = regex_replace(r, s, strlen(s), to, &b, why);
	if (status == REGEX_NO)
		mip_fail(m, MIP_FAIL, "replacement \"%.80s\": %s", to, why);
	if (found(m, status, re))
		return lib_take(m, &b);
	buf_release(&b);
	return "";
}
