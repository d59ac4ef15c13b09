/* Inside the reply reader: the tree that replies are parsed into, and what
 * its files share.  Only the files reply*.c include this.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REPLY_IN_H
#define REPLY_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "miproc_gen.h"
#include "reply/reply.h"

enum {
	REPLY_DEPTH = 200,              /* deeper values are refused */
	REPLY_CANDIDATES = 64,          /* values tried in one text */
	REPLY_BYTES = 4 << 20           /* longer replies are refused */
};

struct reply_text {                     /* borrowed, not terminated */
	const char *s;
	size_t n;
};

/* What was done to read a value. */
struct reply_sum {
	uint64_t flags;
	unsigned cost;
	bool open;                      /* the end of the reply cut it off, or
	                                 * may have */
	bool plain;                     /* read from words, not from JSON */
	const char *from, *to;          /* the text used, NULL: unknown */
};

void reply_flag(struct reply_sum *s, enum reply_flag f);
void reply_add(struct reply_sum *s, const struct reply_sum *more);

/* ---- text (reply_scalar.c, reply_number.c, reply_choice.c) ---- */

static inline bool
reply_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool
reply_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
reply_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char
reply_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Part of a word, as far as bytes can say. */
static inline bool
reply_wordlike(char c)
{
	return reply_letter(c) || reply_digit(c) || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* What joins the words of a name. */
static inline bool
reply_filler(char c)
{
	return c == '_' || c == '-' || c == ' ';
}

struct reply_text reply_trim(struct reply_text t);
bool reply_is(struct reply_text t, const char *word);
bool reply_is_nocase(struct reply_text t, const char *word);
/* Equal but for case, `_`, `-` and blanks. */
bool reply_alike(struct reply_text t, const char *word);
/* Opens with `word`, in any case. */
bool reply_opens(struct reply_text t, const char *word);
/* Where `part` stands first; NULL. */
const char *reply_find(struct reply_text t, const char *part);
/* Bytes of the letter or digit at `s`, or of the one that ends there; 0 if it
 * is none. */
size_t reply_word_at(const char *s, const char *end);
size_t reply_word_before(const char *start, const char *s);
/* The word before `s`, behind blanks and ornament; may be empty. */
struct reply_text reply_last_word(const char *start, const char *s);
/* Is it one that turns the sense round? */
bool reply_negated(const char *start, const char *s);
/* Flags a value that was found in a sentence. */
void reply_sentence(struct reply_sum *s);
/* The text that stands between quotes or backticks, if all of it does. */
bool reply_unquote(struct reply_text *t);

struct reply_number {
	int64_t i;
	double d;
};

/* Reads the number that the text is, or the only one in it.  NONE, TYPE or
 * AMBIGUOUS; *alone says that there was nothing else in the text. */
enum reply_error reply_number(struct reply_text t, bool whole,
    struct reply_number *out, bool *alone, struct reply_sum *sum);

/* Is the text a number and nothing else, however written? */
bool reply_is_number(struct reply_text t);

/* True or false, or the truth words of a sentence if they agree. */
enum reply_error reply_truth(struct reply_text t, bool *out, bool *alone,
    struct reply_sum *sum);

struct reply_name {
	const char *name, *desc;        /* desc may be NULL */
};

/* Which of the names the text is, or holds.  NONE, NO_MATCH, AMBIGUOUS or
 * NOMEM; *alone as above, and no other name begins with the one found. */
enum reply_error reply_choice(const struct reply_name *name, size_t nname,
    struct reply_text t, size_t *which, bool *alone, struct reply_sum *sum);

/* null, none, n/a, nil, - */
bool reply_null_word(struct reply_text t);

/* ---- trees (reply_json.c) ---- */

enum reply_kind {
	RNODE_NULL, RNODE_BOOL, RNODE_NUMBER,
	RNODE_STRING,                   /* quoted */
	RNODE_WORD,                     /* bare */
	RNODE_TEXT,                     /* a piece of the reply, not JSON */
	RNODE_NOTHING,                  /* a key without a value */
	RNODE_ARRAY, RNODE_OBJECT
};

/* Texts of a reply fit in 32 bits: REPLY_BYTES. */
struct rnode {
	enum reply_kind kind;
	bool done;                      /* its end was seen */
	bool nul;                       /* its text holds U+0000 */
	bool truth;
	bool encoded;                   /* it stood inside a string */
	uint32_t n, nkey, nsrc, count;
	const char *s;                  /* the text, decoded */
	const char *src;                /* where it stands */
	const char *key;                /* of a member */
	struct rnode *child, *next;
	struct reply_parse *inner;      /* of a string: what it holds */
};

struct reply_parse {
	struct rnode *root;             /* NULL: no value here */
	bool broken;                    /* but what began as one */
	unsigned depth;                 /* and how much was open there */
	const char *end;                /* behind it */
	struct reply_sum sum;
	enum reply_error error;         /* TOO_DEEP, NOMEM or NONE */
};

enum reply_where {
	REPLY_IN_TEXT,                  /* the text is whole */
	REPLY_IN_STRING,                /* it stood inside a string */
	REPLY_BEGUN                     /* more of it will come */
};
/* Parses the object or array that opens at `at` inside `text`, with every
 * repair there is; `t` is the type it should have, for its keys. */
void reply_json(struct arena *mem, const struct mip_type *t,
    struct reply_text text, const char *at, enum reply_where where,
    struct reply_parse *out);

/* A text that is one scalar of strict JSON; NULL if it is not. */
struct rnode *reply_json_scalar(struct arena *mem, struct reply_text text);

/* Can the opener at `at` be that of JSON, going by what follows?  `sure`: the
 * word behind it must be a key. */
bool reply_json_plausible(struct reply_text text, const char *at, bool sure);

/* A new node of the text; NULL without memory. */
struct rnode *reply_node(struct arena *mem, enum reply_kind kind,
    struct reply_text src);

/* ---- layouts (reply_carrier.c) ---- */

/* The values that stand in a text side by side, in order. */
struct reply_values {
	struct reply_parse v[REPLY_CANDIDATES];
	size_t n;
	struct rnode *first, *last;     /* all of them, where a list is meant */
	size_t count;
	struct reply_sum sum;
	bool prose;                     /* there is other text around them */
	bool deep;                      /* one was too deep */
	bool nomem, cut;                /* cut: there may be more */
	bool broken;                    /* one that began is none */
};
/* `begun`: more of the text will come, and a value of which nothing is known
 * yet counts. */
void reply_values(struct arena *mem, const struct mip_type *t,
    struct reply_text text, bool begun, struct reply_values *out);

struct reply_fence {
	struct reply_text text;
	bool closed;
	bool all;                       /* there is nothing around it */
	char c;                         /* of its mark, */
	size_t mark;                    /* which is that long */
};
/* Fills `fence` with the contents of fenced blocks; gives their number.  Only
 * the last one may be open. */
size_t reply_fences(struct reply_text text, struct reply_fence *fence,
    size_t max);

/* An array of RNODE_TEXT, one for each `- item` or `1. item`; NULL if there
 * is none.  *prose: there is other text. */
struct rnode *reply_bullets(struct arena *mem, struct reply_text text,
    bool *prose);

/* A text of which more will come, without a last line that may become such an
 * item. */
struct reply_text reply_before_bullet(struct reply_text text);

/* An object of RNODE_TEXT members, for the fields of `t` as they stand in the
 * layout `f`; NULL if no field is there.  `begun`: more of the text will come,
 * and what could be the start of a mark is not of the last piece. */
struct rnode *reply_carrier(struct arena *mem, const struct mip_type *t,
    enum mip_format f, struct reply_text text, bool begun,
    struct reply_sum *sum);

/* Where reasoning blocks stand.  *open: the last one has no end. */
struct reply_cut {
	size_t from, to;
};
size_t reply_cuts(const struct mip_type *t, struct reply_text text,
    struct reply_cut *cut, size_t max, bool *open);

/* A text of which more will come, without a last line that may become the tag
 * of such a block. */
struct reply_text reply_before_thought(const struct mip_type *t,
    struct reply_text text);

/* Does a short text open with an apology or "I can't"? */
bool reply_refuses(struct reply_text text);

/* ---- coercion (reply_coerce.c, reply_union.c, reply_text.c) ---- */

/* Where a value belongs: a field, or an item. */
struct reply_path {
	const struct reply_path *up;
	const char *name;               /* NULL: an item */
	size_t n;                       /* bytes of the name, or the index */
};

struct reply_err {
	enum reply_error error;
	enum reply_error inner;         /* of an item: what is wrong with it */
	const struct mip_type *type;
	struct reply_text seen;
	const char *text;               /* of a constraint: the sentence */
	const char *label;              /* and which one; or NULL */
	char path[160];
};

struct reply_memo;

struct reply_co {
	struct arena *mem;              /* the values too */
	const struct reply_options *o;
	struct reply_sum sum;
	struct reply_err err;           /* the latest */
	unsigned depth, texts;
	bool fenced;                    /* inside a fence: no fence in it */
	bool object;                    /* an object was found in a text */
	const struct rnode *implied;    /* became a field's value already */
	const struct rnode *wrapped;    /* became a list's item already */
	struct reply_memo **memo;
};

/* Reads `v` as a value of `t` into the `t->size` zeroed bytes at `out`,
 * adding to c->sum.  False with c->err set. */
bool reply_coerce(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out);

/* A set of keys: a table of members, at least half of it empty. */
struct reply_keys {
	const struct rnode **at;
	size_t mask;
};
/* Room for `n` keys; false without memory. */
bool reply_keys_init(struct reply_keys *k, struct arena *mem, size_t n);
/* Is the key of `m` new?  Then it is entered. */
bool reply_keys_add(struct reply_keys *k, const struct rnode *m);

/* The same for an RNODE_TEXT and any type but a string: looks for JSON in the
 * text, and reads it as words where there is none. */
bool reply_coerce_text(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out);

/* The text alone, for a type that is one word or number. */
bool reply_coerce_word(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out);

/* May the value be the one item of a list?  Nothing is none, and an object is
 * no text. */
bool reply_single(const struct mip_type *item, const struct rnode *v);

bool reply_coerce_union(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out);

/* One of the names; `t` is for the message. */
bool reply_coerce_names(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at,
    const struct reply_name *name, size_t n, size_t *which);

/* Set c->err; false. */
bool reply_fail(struct reply_co *c, enum reply_error e,
    const struct mip_type *t, struct reply_text seen,
    const struct reply_path *at);
bool reply_fail_at(struct reply_co *c, enum reply_error e,
    const struct mip_type *t, const struct rnode *v,
    const struct reply_path *at);
bool reply_fail_nomem(struct reply_co *c);

/* A reading that may be better than others. */
struct reply_try {
	bool ok;
	struct reply_sum sum;
	void *value;
};

/* Reads `v` apart from c->sum, into memory of its own. */
struct reply_try reply_attempt(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at);

/* Takes `b` if it costs less than `a`. */
void reply_keep(struct reply_try *a, const struct reply_try *b);

/* Makes the optional of `t` at `out` the value that was read. */
void reply_set_some(const struct mip_type *t, void *out,
    const struct reply_try *r);

/* The field of `t` that a member is for, by its exact key or by one like it;
 * t->n for none. */
unsigned reply_field(const struct mip_type *t, const struct rnode *member);

/* The arm that is sure of an object, which may be unfinished: all arms have
 * the literal field that names it; NULL. */
const struct mip_type *reply_union_arm(const struct mip_type *t,
    const struct rnode *v);

/* The first value in a text of which more will come that may be one of `t`, or
 * a list of the items that stand there; NULL. */
struct rnode *reply_begun(struct arena *mem, const struct mip_type *t,
    struct reply_text text);

/* Appends what there is of `v`, which may be NULL or unfinished, as JSON. */
void reply_partial_write(struct reply_co *c, struct buf *b,
    const struct mip_type *t, struct rnode *v);

/* ---- sentences (reply_note.c) ---- */

void reply_path_text(const struct reply_path *at, char *out, size_t size);
void reply_message(const struct reply_err *e, const struct mip_type *t,
    enum mip_format f, struct reply_note *note);

/* The text of a node as a scalar of any kind. */
static inline struct reply_text
reply_word(const struct rnode *v)
{
	return (struct reply_text){ v->s, v->n };
}

static inline bool
reply_is_word(const struct rnode *v)
{
	return v->kind == RNODE_STRING || v->kind == RNODE_WORD ||
	    v->kind == RNODE_TEXT;
}

static inline bool
reply_is_key(const struct rnode *v, const char *name)
{
	return reply_is((struct reply_text){ v->key, v->nkey }, name);
}

/* What the model sees of a field. */
static inline const char *
reply_wire(const struct mip_field *f)
{
	return f->alias != NULL ? f->alias : f->name;
}

static inline struct reply_path
reply_step(const struct reply_path *up, const struct mip_field *f)
{
	return (struct reply_path){ up, reply_wire(f), strlen(reply_wire(f)) };
}

static inline const struct mip_type *
reply_strip(const struct mip_type *t)
{
	while (t != NULL && t->kind == MIP_OPTIONAL)
		t = t->of;
	return t;
}

static inline bool
reply_stringlike(const struct mip_type *t)
{
	return t->kind == MIP_STRING || t->kind == MIP_IMAGE ||
	    t->kind == MIP_FILE || t->kind == MIP_AUDIO;
}

#endif
