/* The fake model server as a judge: it takes a request as the real API does,
 * or refuses it in that API's words, and answers in its form.
 *
 * A rule with "api" answers every path; what the API has not is refused.  What
 * is judged stands in each API's public reference.  lmd_api.c has what they
 * share, lmd_schema.c their subsets of JSON Schema.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LMD_API_H
#define LMD_API_H

#include "lmd.h"

/* Why a request is refused. */
struct lmd_fault {
	unsigned status;
	char param[96];                 /* the member that is wrong, or "" */
	char code[64];
	char text[512];
	bool quota;                     /* of a 429: nothing is left */
};

/* What the model says; of the script. */
struct lmd_said {
	const char *text, *reasoning, *refusal; /* or NULL, but for text */
	const char *finish;             /* the API's own word, or NULL */
	unsigned in, cached, written, out;
};

struct lmd_api {
	const char *name;
	/* False, with the reason, if the request is refused. */
	bool (*judge)(const struct lmd_request *r, struct lmd_fault *f);
	/* Appends the answer; gives its media type. */
	const char *(*answer)(struct lmd_text *t, const struct lmd_request *r,
	    const struct lmd_said *s);
	const char *(*error)(struct lmd_text *t, const struct lmd_fault *f);
};

extern const struct lmd_api lmd_api_openai, lmd_api_azure, lmd_api_llamacpp,
    lmd_api_anthropic, lmd_api_gemini, lmd_api_ollama;

/* NULL if there is none of that name. */
const struct lmd_api *lmd_api_find(const char *name);

/* The status for the request, by judgement and rule; *f says why. */
unsigned lmd_api_status(const struct lmd_api *a, const struct lmd_rule *u,
    const struct lmd_request *r, struct lmd_fault *f);
/* Appends the body for it; gives its media type. */
const char *lmd_api_reply(struct lmd_text *t, const struct lmd_api *a,
    const struct lmd_rule *u, const struct lmd_request *r,
    const struct lmd_fault *f, unsigned turn);

/* ---- for the APIs ---- */

/* Gives false, so that it can be returned. */
bool lmd_fault(struct lmd_fault *f, unsigned status, const char *param,
    const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

enum lmd_kind {
	LMD_ANY, LMD_STRING, LMD_NUMBER, LMD_INT, LMD_BOOL, LMD_OBJECT,
	LMD_ARRAY, LMD_TEXT, /* a string or an array */
	LMD_STRINGS
};

/* A member that an object may have, or must. */
struct lmd_field {
	const char *name;
	enum lmd_kind kind;
	double min, max;                /* of numbers; of arrays their size;
	                                 * both 0: any */
	bool needed;
};

enum lmd_wrong { LMD_FINE, LMD_UNKNOWN, LMD_TYPE, LMD_RANGE, LMD_MISSING };

/* The first thing wrong with the members of `o`, by the table that ends in a
 * field without a name; null stands for none.  *name is the member's. */
enum lmd_wrong lmd_fields(const cJSON *o, const struct lmd_field *field,
    const char **name);
const char *lmd_kind_word(const struct lmd_field *field, const char *name);

const char *lmd_header(const struct lmd_request *r, const char *name);
const char *lmd_argument(const struct lmd_request *r, const char *name);
const cJSON *lmd_get(const cJSON *o, const char *name);
const char *lmd_word(const cJSON *o, const char *name); /* or "" */
double lmd_number(const cJSON *o, const char *name, double otherwise);
/* The first member that is none of the names, up to a NULL; or NULL. */
const char *lmd_unknown(const cJSON *o, const char *const *known);
bool lmd_begins(const char *s, const char *with);
/* Whether it is one of the words, each between blanks. */
bool lmd_among(const char *s, const char *words);
/* Whether the string is of letters, digits, _ and -, and no longer. */
bool lmd_is_name(const char *s, size_t most);
bool lmd_blank(const char *s);
/* Whether the script's rule says that the model lacks it. */
bool lmd_lacks(const struct lmd_request *r, const char *name);
bool lmd_streams(const struct lmd_request *r);
/* Calls `put` for some 12 bytes at a time, characters whole. */
void lmd_pieces(const char *s, void (*put)(void *arg, const char *piece),
    void *arg);
/* Appends a vector of a text, as "[...]". */
void lmd_vector(struct lmd_text *t, const char *s);

/* ---- lmd_schema.c ---- */

/* What a dialect of JSON Schema takes. */
struct lmd_dialect {
	const char *keywords;           /* between blanks */
	bool closed; /* objects say additionalProperties: false */
	bool whole;                     /* ... and require all properties */
	bool bounded; /* minItems is 0 or 1 */
};

/* False, with a sentence and the path of the place, if the schema is not of
 * it. */
bool lmd_schema(const cJSON *schema, const struct lmd_dialect *d,
    char path[160], char why[200]);

#endif
