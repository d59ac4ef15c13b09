/* Patterns of PCRE2.
 *
 * SPDX-License-Identifier: MIT */
#include "core/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	MAX_STEPS = 5000000,            /* of one match: a fraction of a
	                                 * second */
	MAX_HEAP = 64 << 10,            /* KiB */
	CACHE_SLOTS = 64
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	unsigned ngroup;
};

void
regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->match);
	pcre2_code_free(r->code);
	free(r);
}

static void
say_error(char why[REGEX_WHY], int error, const char *pattern, size_t at)
{
	PCRE2_UCHAR text[120] = "";
	size_t n = 0, i;

	pcre2_get_error_message(error, text, sizeof text);
	for (i = 0; i < at && pattern[i]; i++)
		n += ((unsigned char)pattern[i] & 0xc0) != 0x80;
	snprintf(why, REGEX_WHY, "%s, at character %zu", (char *)text, n + 1);
}

struct regex *
regex_new(const char *pattern, char why[REGEX_WHY])
{
	struct regex *r = calloc(1, sizeof *r);
	uint32_t ngroup = 0;
	PCRE2_SIZE at;
	int error;

	why[0] = '\0';
	if (!r)
		return NULL;
	r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at,
	    NULL);
	if (!r->code) {
		if (error != PCRE2_ERROR_HEAP_FAILED)
			say_error(why, error, pattern, at);
		regex_free(r);
		return NULL;
	}
	r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->match || !r->limits) {
		regex_free(r);
		return NULL;
	}
	pcre2_set_match_limit(r->limits, MAX_STEPS);
	pcre2_set_heap_limit(r->limits, MAX_HEAP);
	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &ngroup);
	r->ngroup = ngroup;
	return r;
}

unsigned
regex_groups(const struct regex *r)
{
	return r->ngroup;
}

/* ---- matches ---- */

struct regex_walk
regex_walk(const char *s, size_t n)
{
	return (struct regex_walk){ .s = s, .n = n };
}

static enum regex_status
status_of(int rc)
{
	if (rc > 0)
		return REGEX_YES;
	if (rc == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	return rc == PCRE2_ERROR_NOMEMORY ? REGEX_NOMEM : REGEX_LIMIT;
}

static void
read_span(const struct regex *r, int rc, struct regex_span *span)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->match);

	*span = (struct regex_span){ .at = v[0], .end = v[1] };
	/* \K in a lookahead can put the beginning behind the end. */
	if (span->at > span->end)
		span->at = span->end;
	if (rc < 2 || v[2] == PCRE2_UNSET)
		return;
	span->group = true;
	span->group_at = v[2];
	span->group_end = v[3];
}

/* Past the character at `at`. */
static size_t
after(const struct regex_walk *w, size_t at)
{
	at++;
	while (at < w->n && ((unsigned char)w->s[at] & 0xc0) == 0x80)
		at++;
	return at;
}

enum regex_status
regex_next(struct regex *r, struct regex_walk *w, struct regex_span *span)
{
	uint32_t options = w->begun ? PCRE2_NO_UTF_CHECK : 0;
	int rc;

	w->begun = true;
	if (w->at > w->n)
		return REGEX_NO;
	/* Where one of no characters was, there may be a longer one. */
	if (w->empty)
		options |= PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED;
	for (;;) {
		rc = pcre2_match(r->code, (PCRE2_SPTR)w->s, w->n, w->at,
		    options, r->match, r->limits);
		if (rc != PCRE2_ERROR_NOMATCH || !w->empty || w->at >= w->n)
			break;
		w->at = after(w, w->at);
		w->empty = false;
		options = PCRE2_NO_UTF_CHECK;
	}
	if (rc <= 0)
		return status_of(rc);
	read_span(r, rc, span);
	/* \K in a lookbehind can match what was matched before. */
	w->empty = span->end == span->at || span->end <= w->at;
	w->at = span->end > w->at ? span->end : w->at;
	return REGEX_YES;
}

enum regex_status
regex_replace(struct regex *r, const char *s, size_t n, const char *to,
    struct buf *out, char why[REGEX_WHY])
{
	const uint32_t options = PCRE2_SUBSTITUTE_GLOBAL |
	    PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH;
	PCRE2_UCHAR text[120] = "";
	PCRE2_SIZE len = n + n / 4 + 256;
	bool again = false;
	int rc;

	why[0] = '\0';
	do {
		size_t had = len;

		if (!buf_reserve(out, len))
			return REGEX_NOMEM;
		rc = pcre2_substitute(r->code, (PCRE2_SPTR)s, n, 0, options,
		    r->match, r->limits, (PCRE2_SPTR)to,
		    PCRE2_ZERO_TERMINATED,
		    (PCRE2_UCHAR *)(out->s + out->len), &len);
		again = rc == PCRE2_ERROR_NOMEMORY && !again && len > had;
	} while (again);
	if (rc >= 0) {
		out->len += len;
		return REGEX_YES;
	}
	out->s[out->len] = '\0';
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
	    rc == PCRE2_ERROR_HEAPLIMIT)
		return REGEX_LIMIT;
	if (rc == PCRE2_ERROR_NOMEMORY)
		return REGEX_NOMEM;
	pcre2_get_error_message(rc, text, sizeof text);
	snprintf(why, REGEX_WHY, "%s", (char *)text);
	return REGEX_NO;
}

/* ---- the cache ---- */

struct regex_cache {
	struct { char *pattern; struct regex *r; } slot[CACHE_SLOTS];
};

struct regex_cache *
regex_cache_new(void)
{
	return calloc(1, sizeof(struct regex_cache));
}

void
regex_cache_free(struct regex_cache *c)
{
	size_t i;

	for (i = 0; c && i < CACHE_SLOTS; i++) {
		free(c->slot[i].pattern);
		regex_free(c->slot[i].r);
	}
	free(c);
}

struct regex *
regex_cache_get(struct regex_cache *c, const char *pattern,
    char why[REGEX_WHY])
{
	uint32_t hash = 2166136261u;
	struct regex *r;
	const char *s;
	char *own;
	size_t i;

	for (s = pattern; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	i = (hash ^ (hash >> 16)) % CACHE_SLOTS;
	why[0] = '\0';
	if (c->slot[i].pattern && strcmp(c->slot[i].pattern, pattern) == 0)
		return c->slot[i].r;
	r = regex_new(pattern, why);
	if (!r)
		return NULL;
	own = malloc((size_t)(s - pattern) + 1);
	if (!own) {
		regex_free(r);
		return NULL;
	}
	memcpy(own, pattern, (size_t)(s - pattern) + 1);
	free(c->slot[i].pattern);
	regex_free(c->slot[i].r);
	c->slot[i].pattern = own;
	c->slot[i].r = r;
	return r;
}
