/* What providers write and read of JSON.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROVIDER_JSON_H
#define PROVIDER_JSON_H

#include <cjson/cJSON.h>

#include "core/json.h"
#include "core/json_put.h"
#include "provider/provider.h"

/* ---- members of a body ---- */

/* Nothing if it is negative: MIP_UNSET. */
void provider_number(struct buf *b, const char *name, double value);
/* Nothing without strings. */
void provider_strings(struct buf *b, const char *name,
    const char *const *list);
/* "seed" of the sample; nothing without one. */
void provider_seed(struct buf *b, const struct provider_ask *a);

bool provider_has_option(const struct mip_model *m, const char *name);

/* Appends the model's other options as members: a value that is JSON goes as it
 * stands, any other as a string.  With `only`, NULL-terminated, those that are
 * in that list, or those that are not. */
void provider_options(struct buf *b, const struct mip_model *m,
    const char *const *only, bool in);

/* Appends the schema without the keywords of `drop`, NULL-terminated: the
 * prompt says them too, and replies are checked against them. */
void provider_schema(struct buf *b, const char *schema,
    const char *const *drop);

/* ---- messages ---- */

struct provider_message {
	struct json role, content; /* content: a string, or parts */
	bool system, assistant;
};

enum provider_part_kind {
	PROVIDER_TEXT, PROVIDER_IMAGE, PROVIDER_FILE, PROVIDER_AUDIO
};

struct provider_part {
	enum provider_part_kind kind;
	struct json text; /* a string; of text */
	struct json url; /* a string; of an image that is an address */
	struct json mime, data; /* bare; of all other media: base64 */
};

/*     struct json_walk w = provider_messages(a);
 *     while (provider_message(&w, &m)) ... */
struct json_walk provider_messages(const struct provider_ask *a);
bool provider_message(struct json_walk *w, struct provider_message *m);
/* The same without the system's. */
bool provider_turn(struct json_walk *w, struct provider_message *m);
struct json_walk provider_parts(const struct provider_message *m);
bool provider_part(struct json_walk *w, struct provider_part *p);
/* What the first part that cannot be sent is, as `why` says of each; NULL. */
const char *provider_unsendable(const struct provider_ask *a,
    const char *(*why)(const struct provider_part *p));
bool provider_mime(const struct provider_part *p, const char *mime);

/* Appends what system messages say, escaped, without quotes; false if there
 * are none. */
bool provider_system(struct buf *b, const struct provider_ask *a);

/* Appends the messages as they stand; with LACKS_SYSTEM what would be the
 * system's is put in front of what the user says first. */
void provider_put_messages(struct buf *b, const struct provider_ask *a);

/* The same call with such messages, which live in `plain`, if it has to be
 * asked so. */
void provider_merge(const struct provider_ask *a, struct provider_ask *merged,
    struct buf *plain);

/* ---- answers ---- */

/* The JSON as a tree, which cJSON_Delete ends; NULL if it is none, or without
 * memory. */
cJSON *provider_tree(const char *s, size_t n);

const char *provider_text_of(const cJSON *object, const char *name);
bool provider_word_is(const cJSON *object, const char *name,
    const char *word);
/* A number of tokens; sets *there if it is one. */
int64_t provider_count(const cJSON *object, const char *name, bool *there);

/* Begins the reading of an answer: NULL, with r->why, if it is no JSON; `api`
 * is "an OpenAI-compatible" or the like. */
cJSON *provider_parse(const char *s, size_t n, const char *api,
    struct provider_answer *r);
/* The same of an event of a stream. */
cJSON *provider_event(struct provider_stream *st, const char *s, size_t n);
/* Whether the call of a function with this number is the one that is told of:
 * the first that comes, as in an answer that is whole. */
bool provider_calls(struct provider_stream *st, int64_t call);
/* Takes over what these members are, unless it is known: how the server calls
 * its answer, and the model that gave it. */
void provider_names_of(struct provider_answer *r, const cJSON *root,
    const char *id, const char *model);
/* Appends to the text what a function is called with, or why the model will
 * not answer, in place of what it says beside that. */
void provider_called(struct provider_stream *st, const char *s);
void provider_said(struct provider_stream *st, const char *s);
/* Ends it: the texts go over to `r`. */
bool provider_finish(struct provider_answer *r, struct buf *text,
    struct buf *reasoning);
/* Says in r->why what is there instead; gives false. */
bool provider_no_answer(struct provider_answer *r, const char *s, size_t n,
    void (*error)(const char *s, size_t n, struct provider_error *e),
    const char *what);

/* Appends base64 as a JSON string of what it stands for. */
void provider_decode(struct buf *b, struct json base64);

/* Copies without control characters, cut to size between characters. */
void provider_copy(char *to, size_t size, const char *s);

#endif
