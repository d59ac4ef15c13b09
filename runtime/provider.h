/* Providers: how a call is put to a server and how its answer is read.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "buf.h"
#include "miproc.h"
#include "reply.h"

/* What a request is made from; all borrowed. */
struct provider_ask {
	const struct mip_model *model;
	const char *messages; /* JSON array, taken over as it stands */
	size_t messages_len;
	size_t nembed; /* texts to embed: `messages` holds them; 0: a chat */
	const char *schema;             /* or NULL: no JSON is asked for */
	const char *schema_name;
	const char *grammar;            /* GBNF, in the place of a schema; or
	                                 * NULL */
	enum mip_structure rung;        /* not AUTO */
	double temperature;             /* MIP_UNSET: say nothing */
	const char *sample;             /* "" for the first */
};

/* What an answer says.  The texts are malloc'ed: provider_answer_release. */
struct provider_answer {
	char *text;
	size_t text_len;
	char *reasoning;                /* or NULL */
	enum reply_finish finish;
	bool refused;
	bool counted;                   /* it gives the numbers of tokens */
	int64_t in, cached, out;
	char why[256];                  /* why it is no answer */
};

/* An error that a server reports in its body. */
struct provider_error {
	char text[192];                 /* the server's words, or "" */
	char code[64];                  /* its code or type, or "" */
};

struct provider {
	const char *name;
	const char *base_url;           /* NULL: must be given, or is local */
	const char *path;               /* of a call, behind the base */
	const char *embed_path;         /* to embed; NULL: it cannot */
	const char *key_env;            /* for base_url alone */
	bool local; /* starts its own server; costs nothing */
	bool grammar;                   /* its servers take GBNF */

	/* The rung of the ladder for MIP_STRUCTURE_AUTO and for those that
	 * it cannot do. */
	enum mip_structure (*rung)(enum mip_structure asked);
	/* Appends the body: the same call, the same bytes. */
	void (*body)(struct buf *b, const struct provider_ask *a);
	/* False, with a sentence part in r->why, if it is no answer. */
	bool (*answer)(const char *s, size_t n, enum mip_structure rung,
	    struct provider_answer *r);
	void (*error)(const char *s, size_t n, struct provider_error *e);
	/* The same as body and answer, to embed `want` texts: the text of the
	 * answer is a JSON array of vectors. */
	void (*embed_body)(struct buf *b, const struct provider_ask *a);
	bool (*embed_answer)(const char *s, size_t n, size_t want,
	    struct provider_answer *r);
};

#define P(name) extern const struct provider provider_##name;
#include "provider.def"
#undef P

/* NULL if there is none of that name. */
const struct provider *provider_find(const char *name);

/* Writes ", "-separated names of all of them. */
void provider_names(struct buf *b);

/* The next rung down, for a server that refuses this one; PROMPT stays. */
enum mip_structure provider_step_down(enum mip_structure s);

/* "native", "json_object", ... */
const char *provider_rung_word(enum mip_structure s);

/* The most tokens that a reply may have; 0: the request does not say. */
int64_t provider_bound(const struct mip_model *m);

void provider_answer_release(struct provider_answer *r);

/* Appends the model's other options as members: a value that is JSON goes as it
 * stands, any other as a string. */
void provider_options(struct buf *b, const struct mip_model *m);

/* What providers share: the body, answer and errors of OpenAI's chat
 * completions, with `id` as the model's name. */
void provider_chat_body(struct buf *b, const struct provider_ask *a,
    const char *id);
bool provider_chat_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r);
void provider_chat_error(const char *s, size_t n, struct provider_error *e);

/* The same of OpenAI's embeddings. */
void provider_embed_body(struct buf *b, const struct provider_ask *a,
    const char *id);
bool provider_embed_answer(const char *s, size_t n, size_t want,
    struct provider_answer *r);

#endif
