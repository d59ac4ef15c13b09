/* Inside the JSON reader: its state, and what its files share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REPLY_JSON_IN_H
#define REPLY_JSON_IN_H

#include "reply/reply_in.h"

/* How far a key is looked for behind a comma: longer ones are taken on trust,
 * so that looking ahead stays linear; and among how many members. */
enum { RJ_KEY = 256, RJ_MEMBERS = 64 };

struct rj_frame {
	struct rnode *node, *last;
	const struct mip_type *type;    /* what it should be, or NULL */
	struct reply_text key;
	bool keyed;                     /* `key` waits for its value */
	bool comma;                     /* one was read since the last value */
	bool doubled;                   /* opened by `{{` */
};

struct rj {
	struct arena *mem;
	const char *start, *end, *at;
	struct reply_sum sum;
	enum reply_error error;
	bool dead, encoded, cut;
	bool begun;                     /* more of the text will come */
	const char *vain[3];            /* no block of `"`, of `'` or of
	                                 * backticks from here on has an end
	                                 * like one; NULL: unknown */
	bool rest;                      /* what follows is no JSON any more */
	unsigned depth;
	struct rj_frame *frame;         /* `room` of them, in the arena */
	size_t room;
};

/* What delimits a string. */
enum { RJ_DOUBLE = 1, RJ_SINGLE = 2 };  /* curly ones */

struct rj_quote {
	char c;                         /* itself, or what stands for curly */
	bool block;                     /* three of them: raw text */
	size_t n;                       /* bytes of the opener */
	enum reply_flag flag;           /* REPLY_NFLAG for none */
};

/* ---- looking ahead (reply_look.c) ---- */

/* What an object in the place of `t` should be; NULL. */
const struct mip_type *reply_look_record(const struct mip_type *t);
/* The type of a member; NULL if the key is not known. */
const struct mip_type *reply_look_member(const struct mip_type *t,
    struct reply_text k, bool loose);

/* Behind the blanks at `s`; *line is set if there is a newline. */
const char *reply_look_blanks(const struct rj *p, const char *s, bool *line);
/* Behind the letters of a bare key that starts at `s`. */
const char *reply_look_word(const struct rj *p, const char *s);
/* Behind all of its words, if a colon follows; else behind the first.  *cut:
 * the text ends with them. */
const char *reply_look_words(const struct rj *p, const char *s, bool *cut);
/* What opens a string at `s`: n is 0 for nothing. */
struct rj_quote reply_look_quote(const struct rj *p, const char *s);
/* Bytes of the closer of `q` at `s`; 0 if there is none. */
size_t reply_look_close(const struct rj *p, const struct rj_quote *q,
    const char *s);
/* Where a quoted key ends whose text starts at `s`: at the first closer that
 * is not one of a quote inside, which sets *inner; NULL if none is near. */
const char *reply_look_quoted(const struct rj *p, const struct rj_quote *q,
    const char *s, bool *inner);
/* Does a key and its colon start at `s`?  MAYBE: the end of the text cuts it
 * off, or it is very long.  CUT: the end of a text does of which more will
 * come. */
enum rj_sure { RJ_NONE, RJ_CUT, RJ_MAYBE, RJ_SURE };
enum rj_sure reply_look_key(const struct rj *p, const char *s);
/* Behind the quote at `s`, if there is one. */
const char *reply_look_behind(const struct rj *p, const char *s);
/* Does a known key in quotes, with its colon, start at `s`? */
bool reply_look_known(const struct rj *p, const struct rj_frame *f,
    const char *s);
/* Does a comma and a known key follow the closer before `s`? */
bool reply_look_goes_on(const struct rj *p, const struct rj_frame *f,
    const char *s);
bool reply_look_comment(const struct rj *p, const char *s);
/* The same of `#`, which starts one at the start of a line; and between blanks
 * where no `text` may stand. */
bool reply_look_hash(const struct rj *p, const char *s, bool line, bool text);
/* Does a mark of a fence stand there? */
static inline bool
reply_look_mark(const struct rj *p, const char *s)
{
	return p->end - s >= 3 && memcmp(s, "```", 3) == 0;
}

bool reply_look_line(const struct rj *p, const char *s);
/* Is the open thing `up` levels further out of that kind? */
bool reply_look_in(const struct rj *p, unsigned up, enum reply_kind kind);

/* Does a string that is a value or an item end before `s`?  LOST: at a key
 * that is known, without its quotes.  BAD: at one that may as well be text.
 * LATER: what will come decides.  `odd`: in its text are quotes, an odd number
 * of them. */
enum rj_end { RJ_NO, RJ_YES, RJ_LOST, RJ_BAD, RJ_LATER };
enum rj_end reply_look_end(const struct rj *p, const struct rj_frame *f,
    const char *s, bool odd);
/* Does a block between three quotes end before `s`?  NO, YES or LATER. */
enum rj_end reply_look_block(const struct rj *p, const char *s);
/* Does the comma before `s`, in an object, end a value?  The same. */
enum rj_end reply_look_comma(const struct rj *p, const char *s, bool odd);

/* ---- the tree (reply_json.c) ---- */

void reply_json_flag(struct rj *p, enum reply_flag f);
struct rj_frame *reply_json_top(struct rj *p);
/* A node; NULL, and a dead parse, without memory. */
struct rnode *reply_json_new(struct rj *p, enum reply_kind kind, const char *s,
    size_t n);
/* Enters a value into the open thing. */
void reply_json_add(struct rj *p, struct rnode *v);

/* ---- strings (reply_string.c) ---- */

/* Reads the string, or the block, that `q` opens at p->at. */
void reply_string_read(struct rj *p, const struct rj_quote *q);
void reply_string_block(struct rj *p, const struct rj_quote *q);
/* Decodes escapes; a text without them is lent, not copied. */
struct reply_text reply_string_decode(struct rj *p, const char *s,
    const char *end, char quote, bool *nul);

#endif
