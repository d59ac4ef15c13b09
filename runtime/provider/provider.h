/* Providers: how a call is put to a server and how its answer is read.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"
#include "reply/reply.h"

/* What a model may lack, as bits: LACKS_TEMPERATURE, ... */
enum provider_lack_index {
#define L(name, told, names) LACK_##name,
#include "provider/lack.def"
#undef L
	PROVIDER_NLACK
};
enum {
#define L(name, told, names) LACKS_##name = 1 << LACK_##name,
#include "provider/lack.def"
#undef L
	LACKS_NOTHING = 0
};

struct provider_lack {
	const char *told;               /* what is left out, or NULL: nothing */
	const char *names;              /* in refusals; each between blanks */
};
extern const struct provider_lack provider_lack[PROVIDER_NLACK];

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
	unsigned lacks;                 /* LACKS_...: without it */
	bool stream;                    /* the reply shall come in pieces */
};

enum { PROVIDER_NAME = 96 };            /* longer names are cut */

/* What an answer says.  The texts are malloc'ed: provider_answer_release. */
struct provider_answer {
	char *text;
	size_t text_len;
	char *reasoning;                /* or NULL */
	enum reply_finish finish;
	bool refused;
	bool counted;                   /* it gives the numbers of tokens */
	int64_t in, cached, out;
	int64_t written;                /* of `in`: kept by the server now */
	char id[PROVIDER_NAME];         /* what the server calls it, or "" */
	char model[PROVIDER_NAME];      /* who it says has answered, or "" */
	char why[256];                  /* why it is no answer */
};

/* An error that a server reports in its body. */
struct provider_error {
	char text[192];                 /* the server's words, or "" */
	char code[64];                  /* its code or type, or "" */
	bool quota;                     /* nothing is left of what one has for a
	                                 * day or a sum: no use to wait */
	bool daily;                     /* it is a day's or a month's share */
	bool key;                       /* it does not know the key */
	double retry_after_s;           /* 0: it does not say */
};

/* What a request is for. */
enum provider_to {
	PROVIDER_CHAT, PROVIDER_STREAM, PROVIDER_EMBED,
	PROVIDER_LIST,                  /* of models: whether it is there */
	PROVIDER_NTO
};

/* What has come of a reply in pieces; zeroed, but for `rung`, before the
 * first. */
struct provider_stream {
	enum mip_structure rung;
	struct buf text, reasoning;     /* provider_stream_release */
	bool called;                    /* the text is what a function is called
	                                 * with, or a refusal; what came before
	                                 * is gone from it */
	bool ended;                     /* nothing more is to come */
	bool calls;                     /* a function's call has begun: the */
	int64_t call;                   /* one of this number is told of */
	int64_t ncall;                  /* calls without a number, so far */
	struct provider_answer answer;  /* all but its texts */
};

struct provider {
	const char *name;
	const char *base_url;           /* NULL: must be given, or is local */
	const char *base_env;           /* variable with another, or NULL */
	/* Appends the address that the variable means; NULL: it is one. */
	void (*base)(struct buf *b, const char *env);
	const char *key_env;            /* for its own addresses alone */
	const char *key_header;         /* NULL: Authorization, as a bearer's */
	const char *header;             /* one more, or NULL */
	const char *const *reserved;    /* options that a model may not set;
	                                 * NULL-terminated */
	bool local;                     /* starts its own server */
	bool here;                      /* costs nothing on this machine */
	bool grammar;                   /* its servers take GBNF */
	bool model_in_url;              /* bodies do not name the model */
	int64_t max_tokens;             /* that are asked for where a model does
	                                 * not say; 0: it need not */

	/* Appends the address of a request, from the base's. */
	void (*url)(struct buf *b, const char *base,
	    const struct mip_model *m, enum provider_to to);
	/* The rung of the ladder for MIP_STRUCTURE_AUTO and for those that
	 * it cannot do. */
	enum mip_structure (*rung)(const struct mip_model *m,
	    enum mip_structure asked);
	/* The next rung down; NULL: that of most. */
	enum mip_structure (*step)(const struct mip_model *m,
	    enum mip_structure s);
	/* LACKS_... of the model, as far as its id tells; NULL: nothing. */
	unsigned (*lacks)(const struct mip_model *m);
	/* What of the call it cannot send, in words for "the model x cannot be
	 * sent ..."; NULL if it can be sent.  NULL: all can be. */
	const char *(*cannot)(const struct provider_ask *a);
	/* Appends the body: the same call, the same bytes. */
	void (*body)(struct buf *b, const struct provider_ask *a);
	/* False, with a sentence part in r->why, if it is no answer. */
	bool (*answer)(const char *s, size_t n, enum mip_structure rung,
	    struct provider_answer *r);
	void (*error)(const char *s, size_t n, struct provider_error *e);
	/* Takes the data of one event of a stream; false, with a sentence part
	 * in st->answer.why, if it is none of a reply. */
	bool (*piece)(struct provider_stream *st, const char *s, size_t n);
	bool lines;                     /* events are lines, not SSE */
	/* The same as body and answer, to embed `want` texts: the text of the
	 * answer is a JSON array of vectors.  NULL: it cannot. */
	void (*embed_body)(struct buf *b, const struct provider_ask *a);
	bool (*embed_answer)(const char *s, size_t n, size_t want,
	    struct provider_answer *r);
};

#define P(name, speaks, lacks, strict, own) \
	extern const struct provider provider_##name;
#include "provider/provider.def"
#undef P

/* NULL if there is none of that name. */
const struct provider *provider_find(const char *name);

/* Whether the provider takes but a subset of JSON Schema at this rung. */
bool provider_is_strict(const struct provider *p, enum mip_structure s);

/* Writes ", "-separated names of all of them. */
void provider_names(struct buf *b);

/* The next rung down, for a server that refuses this one; PROMPT stays. */
enum mip_structure provider_step(const struct provider *p,
    const struct mip_model *m, enum mip_structure s);

/* LACKS_... of what the API has no word for, and of what the model is known not
 * to take. */
unsigned provider_lacks(const struct provider *p);
unsigned provider_model_lacks(const struct provider *p,
    const struct mip_model *m);

/* "native", "json_object", ... */
const char *provider_rung_word(enum mip_structure s);

/* The most tokens that a reply may have; 0: the request does not say. */
int64_t provider_bound(const struct provider *p, const struct mip_model *m);

void provider_answer_release(struct provider_answer *r);

/* The stream is over: makes an answer of what came.  False, with a sentence
 * part, if it broke off. */
bool provider_stream_end(struct provider_stream *st,
    struct provider_answer *r);
void provider_stream_release(struct provider_stream *st);

/* "BASE/PATH", with the base's query behind it. */
void provider_join(struct buf *b, const char *base, const char *path);

/* What providers share: the addresses, bodies, answers and errors of OpenAI's
 * chat completions, with `id` as the model's name. */
void provider_chat_url(struct buf *b, const char *base,
    const struct mip_model *m, enum provider_to to);
enum mip_structure provider_chat_rung(const struct mip_model *m,
    enum mip_structure asked);
extern const char *const provider_chat_reserved[];

/* The rungs of APIs that take a schema, and cannot be made to call a
 * function. */
enum mip_structure provider_schema_rung(const struct mip_model *m,
    enum mip_structure asked);
/* `newer`: max_completion_tokens is known, for max_tokens. */
void provider_chat_body(struct buf *b, const struct provider_ask *a,
    const char *id, bool newer);
bool provider_chat_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r);
bool provider_chat_piece(struct provider_stream *st, const char *s, size_t n);
void provider_chat_error(const char *s, size_t n, struct provider_error *e);

/* The same of OpenAI's embeddings. */
void provider_embed_body(struct buf *b, const struct provider_ask *a,
    const char *id);
bool provider_embed_answer(const char *s, size_t n, size_t want,
    struct provider_answer *r);

/* Where an API has its vectors. */
struct provider_embeds {
	const char *api;                /* "OpenAI-compatible embeddings" */
	const char *list;               /* the array */
	const char *member; /* of an item: the vector; NULL: the item is one */
	const char *usage; /* object with the number of tokens; NULL: all */
	const char *tokens; /* that number, or NULL */
	void (*error)(const char *s, size_t n, struct provider_error *e);
};
bool provider_embed_read(const struct provider_embeds *how, const char *s,
    size_t n, size_t want, struct provider_answer *r);

#endif
