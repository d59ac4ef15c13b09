/* What the files of the IR share among themselves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_IR_IN_H
#define IR_IR_IN_H

#include "base/table.h"
#include "ir/ir.h"

/* Words of the text form, by the value of their enum. */
enum {
	IR_NPARSE = MIP_NATIVE + 1,
	IR_NROUTE = MIP_LEAST_LOADED + 1,
	IR_NRETRIEVAL = MIP_SEARCH + 1,
	IR_NPART = PART_TEST + 1
};
extern const char *const ir_format_words[MIP_NFORMAT];
extern const char *const ir_structure_words[IR_NSTRUCTURE];
extern const char *const ir_parse_words[IR_NPARSE];
extern const char *const ir_route_words[IR_NROUTE];
extern const char *const ir_part_words[IR_NPART];
extern const char *const ir_retrieval_words[IR_NRETRIEVAL];

extern const char *const ir_lib_words[BI_COUNT];

/* Has it something in `u` that the text form writes before arguments? */
bool ir_has_operand(enum ir_op op);

/* What stands before its second region: "else", "test", "where" or
 * "hint". */
const char *ir_other_word(enum ir_op op);

/* The index of `word` among `n` words, or -1. */
int ir_word(const char *const *words, unsigned n, const char *word);

/* Puts an operation that stands nowhere at the end of `r`. */
void ir_append(struct region *r, struct ins *i);

/* Has running it no effect but on variables, and no failure but of what it
 * calls? */
bool ir_is_harmless(const struct region *r);

/* Is the body of the function so? */
bool ir_fn_harmless(struct fn *f);

/* What the value was found to be: IR_NOP stands for its argument. */
struct ins *ir_resolve(struct ins *i);

/* Moves what stands in `from` before `end`, all of it for NULL, to the end of
 * `to`. */
void ir_move(struct region *to, struct region *from, const struct ins *end);

/* Can it make the run fail?  Flags, types and builtin.def taken together. */
bool ir_can_fail(const struct ins *i);

/* Most items of a list, by what is known of it; UINT64_MAX (plan.c). */
uint64_t ir_plan_items(const struct ins *i);

/* No effect and no failure, what its regions hold included: it may go when
 * its value is not used.  Regions may read variables. */
bool ir_is_pure(const struct ins *i);

/* ---- rules (ir_verify.c, ir_verify_op.c, ir_verify_decl.c) ---- */

enum { IR_WHY = 240 };                  /* bytes of a sentence */

/* How far a module is verified. */
struct verifier {
	const struct mod *m;
	struct fn *f;
	struct ins **known;             /* by id: the value, where in scope */
	unsigned loops;                 /* around this place */
	struct table declared;          /* leaves, params, functions so far */
	char *why;
};

/* The sentence on `i`, or on the function; gives false. */
bool ir_bad(struct verifier *v, const struct ins *i, const char *fmt, ...)
    BASE_PRINTF(3, 4);

/* The rule of one operation, whose arguments and regions are verified. */
bool ir_verify_op(struct verifier *v, const struct ins *i);

/* The rules of all but bodies: false with a sentence in `why`.  Leaves, params
 * and tools are entered into `declared`. */
bool ir_verify_decls(const struct mod *m, struct table *declared,
    struct arena *a, char *why);

/* ---- text for hashes (ir_print.c) ---- */

/* Appends the types that `in` and `out` lead to, in the order of their
 * reading; the two records are called "in" and "out" whatever their names. */
void ir_print_signature(struct buf *b, const struct ty *in,
    const struct ty *out);

/* The same for a tool or a retriever, with what it does. */
void ir_print_tool(struct buf *b, const struct tool *t);
void ir_print_retriever(struct buf *b, const struct retriever *r);

/* Appends `f` with numbers instead of the names of values and variables, the
 * types it uses, and hashes instead of the names of functions; leaves
 * tools and retrievers are named, with their hashes, which must be there. */
void ir_print_canon(struct buf *b, struct fn *f);

#endif
