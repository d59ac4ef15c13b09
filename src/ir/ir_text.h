/* Writing the text form: what ir_print.c and ir_print_decl.c share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_IR_TEXT_H
#define IR_IR_TEXT_H

#include "ir/ir_in.h"
#include "ir/ir_types.h"

struct ir_printer {
	struct buf *b;
	struct arena *a;                /* for the work of printing */
	struct ir_types types;
	bool canon;                     /* no names of values: see ir_in.h */
	bool checks;                    /* with the conditions of fields */
	struct fn *f;
	const char **value, **var;      /* labels by id, of f */
};

/* A JSON string; a name, quoted only if it must be. */
void ir_put_string(struct buf *b, const char *s);
void ir_put_name(struct buf *b, const char *s);
void ir_put_const(struct buf *b, const struct ty_const *c);
void ir_put_type(struct ir_printer *p, const struct ty *t);

/* " word value", " value" and "\tword value\n"; nothing for NULL or `unset`. */
void ir_put_word(struct buf *b, const char *word, const char *s);
void ir_put_desc(struct buf *b, const char *s);
void ir_put_line(struct buf *b, const char *word, const char *s);
void ir_put_strings(struct buf *b, const char *word, const char *const *v);
void ir_put_int(struct buf *b, const char *word, int64_t v, int64_t unset);
void ir_put_double(struct buf *b, const char *word, double v, double unset);

void ir_put_model(struct buf *b, const struct mip_model *m);
void ir_put_prompt(struct ir_printer *p, const struct prompt *q);
void ir_put_tool(struct ir_printer *p, const struct tool *t);
/* What a call of it does, without its limits. */
void ir_put_tool_kind(struct buf *b, const struct tool *t);
void ir_put_retriever(struct ir_printer *p, const struct retriever *r);
void ir_put_retriever_kind(struct buf *b, const struct retriever *r);
/* "knn CASES by INPUT", if the leaf has that. */
void ir_put_knn(struct buf *b, const struct prompt *q);
void ir_put_url(struct buf *b, const struct mip_http *h);
void ir_put_sending(struct buf *b, const struct mip_sending *d);
void ir_put_http(struct buf *b, const struct mip_http *h);
void ir_put_param(struct ir_printer *p, const struct param *q);
void ir_put_pin(struct buf *b, const struct pin *p);
void ir_put_study(struct buf *b, const struct study_decl *s);

#endif
