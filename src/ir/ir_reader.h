/* Reading the text form: what ir_read.c and ir_read_decl.c share.
 *
 * The first error sticks; after it every call gives something harmless and
 * there are no more lines.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_IR_READER_H
#define IR_IR_READER_H

#include "base/table.h"
#include "ir/ir_in.h"
#include "ir/ir_types.h"

/* A condition of a field whose function was not read yet. */
struct ir_pending {
	struct ty_check *check;
	const char *fn;
	struct ir_pending *next;
};

struct ir_reader {
	struct arena *a;
	struct mod *m;
	const char *at, *end;           /* text after the current line */
	const char *p, *stop;           /* rest of the current line */
	unsigned line, depth;           /* of it; depth: leading tabs */
	bool more;                      /* there is a current line */
	bool failed;
	char *why;
	struct table types, models, prompts, tools, retrievers, params, fns,
	    values, vars;
	struct prompt **prompt_end;
	struct param **param_end;
	struct tool **tool_end;
	struct retriever **retriever_end;
	size_t model_cap;
	const char *program;            /* to compile, by its C name */
	struct ir_pending *pending;     /* the last one first */
};

BASE_PRINTF(2, 3) void ir_rd_fail(struct ir_reader *r, const char *fmt, ...);

/* Goes to the next line that is not empty; false at the end. */
bool ir_rd_line(struct ir_reader *r);

/* In the block under a line of depth 0: true if the current line is one of
 * it, with its first word in *word.  The caller ends it by ir_rd_done. */
bool ir_rd_attr(struct ir_reader *r, const char **word);
/* The current line must be used up; goes to the next. */
void ir_rd_done(struct ir_reader *r);

bool ir_rd_eol(struct ir_reader *r);            /* nothing but blanks left? */
bool ir_rd_is(struct ir_reader *r, char c);     /* takes it if it is next */
void ir_rd_want(struct ir_reader *r, const char *text);
/* A name, plain or quoted; "" after an error. */
const char *ir_rd_word(struct ir_reader *r);
/* Takes the word `w` if it is next. */
bool ir_rd_this(struct ir_reader *r, const char *w);
const char *ir_rd_string(struct ir_reader *r);
/* All up to the end of the line, and a NULL. */
const char *const *ir_rd_strings(struct ir_reader *r);
int64_t ir_rd_int(struct ir_reader *r);
unsigned ir_rd_unsigned(struct ir_reader *r);
uint64_t ir_rd_u64(struct ir_reader *r);
double ir_rd_double(struct ir_reader *r);
/* The index of the next word among `n`; 0 after an error. */
unsigned ir_rd_among(struct ir_reader *r, const char *const *words,
    unsigned n);
const struct ty *ir_rd_type(struct ir_reader *r);
/* A constant that may stand for a value of `t`. */
struct ty_const ir_rd_const(struct ir_reader *r, const struct ty *t);

/* What has the name; NULL if nothing has. */
void *ir_rd_get(const struct table *t, const char *name);
/* Fails if the name is taken. */
void ir_rd_put(struct ir_reader *r, struct table *t, const char *name,
    void *value);

/* "x.12" without its number; NULL for "v12". */
const char *ir_label_name(struct arena *a, const char *label);

/* The model of that name; fails if there is none. */
const struct mip_model *ir_rd_model_name(struct ir_reader *r);
/* The retriever that is named next; NULL after an error. */
struct retriever *ir_rd_retriever_name(struct ir_reader *r);
/* "knn CASES by INPUT", without the first word. */
void ir_rd_knn(struct ir_reader *r, struct prompt *q);
/* A member of how requests are sent, or of a server that is reached over HTTP;
 * false if `w` names none. */
bool ir_rd_sending(struct ir_reader *r, const char *w, struct mip_sending *d);
bool ir_rd_http(struct ir_reader *r, const char *w, struct mip_http *h);

/* Declarations: the current line is the first one, its first word taken. */
void ir_rd_types(struct ir_reader *r);          /* makes all that are named */
void ir_rd_enum(struct ir_reader *r);
void ir_rd_struct(struct ir_reader *r);
void ir_rd_model(struct ir_reader *r);
void ir_rd_prompt(struct ir_reader *r);
void ir_rd_tool(struct ir_reader *r, bool judges);
void ir_rd_retriever(struct ir_reader *r);
void ir_rd_param(struct ir_reader *r);
void ir_rd_pin(struct ir_reader *r);
void ir_rd_dataset(struct ir_reader *r);
void ir_rd_study(struct ir_reader *r);

#endif
