/* What the files of emit/ share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMIT_EMIT_IN_H
#define EMIT_EMIT_IN_H

#include "base/table.h"
#include "emit/cw.h"
#include "emit/emit.h"

/* A type that the file uses, in order of dependence. */
struct gtype {
	const struct ty *type;
	const char *name;               /* enum, struct: in C, unique */
	bool declared;                  /* elsewhere: in the header */
	bool described;                 /* its struct mip_type is needed */
	bool known;                     /* ... and is there already */
	struct gtype *next;
};

/* One file being written. */
struct gen {
	struct arena a;
	struct cw w;
	const struct mod *m;
	const char *stem;
	bool eval;                      /* what the program does not reach */
	struct gtype *type, **type_end;
	struct table gtype;             /* by type: struct gtype */
	struct table type_name;         /* names of enums and structs */
	struct table global;            /* names at file scope */
	struct table model;             /* by whose leaves they are used */
	struct table model_name;        /* char *, by model */
	const struct tool **tool;       /* that the file calls; the first */
	size_t ntool, captool, known;   /* `known` are in NAME.c, which this
	                                 * file includes */
	const struct retriever **retriever;     /* likewise */
	size_t nretriever, capretriever, known_retrievers;
};

enum { GEN_BY_PROGRAM = 1, GEN_BY_EVAL = 2 };


/* Does this file hold that leaf, that function? */
bool gen_has_prompt(const struct gen *g, const struct prompt *p);
bool gen_has_fn(struct gen *g, const struct fn *f);

/* ---- names (emit_name.c) ---- */

/* No local shall be called so. */
void gen_reserve(struct gen *g, const char *name);
/* The same of what belongs to `name`: see cname_ends. */
void gen_reserve_ends(struct gen *g, const char *name);
bool gen_is_taken(struct gen *g, const char *name);
/* Names a model, once all functions and objects have theirs. */
void gen_name_model(struct gen *g, const struct mip_model *m);
/* C name of a model: "model_small". */
const char *gen_model(struct gen *g, const struct mip_model *m);

/* ---- types (emit_type.c) ---- */

/* Notes that the file uses `t`, and all it is made of. */
void gtype_use(struct gen *g, const struct ty *t, bool described);
/* The same for what the header declares already. */
void gtype_declared(struct gen *g, const struct ty *t);
/* Takes all types so far for declared, and described as far as needed. */
void gtype_known(struct gen *g);
void gtype_declare_all(struct gen *g);          /* enums and structs */
/* The same in a header. */
void gtype_declare_once(struct gen *g);
/* Is the table of the type written in this file? */
bool gtype_is_described(struct gen *g, const struct ty *t);

/* The type as a part of a C name: "Passage_list". */
const char *gtype_name(struct gen *g, const struct ty *t);

/* "int64_t", "const char *", "struct Passage_list". */
const char *gtype_c(struct gen *g, const struct ty *t);
/* "const char *name". */
const char *gtype_decl(struct gen *g, const struct ty *t, const char *name);
/* The member of a struct in C. */
const char *gtype_member(struct gen *g, const struct ty *t, unsigned field);
/* The member of a union in C: "as_Circle". */
const char *gtype_arm(struct gen *g, const struct ty *t, unsigned n);
/* "Label_BILLING". */
const char *gtype_variant(struct gen *g, const struct ty *t, unsigned n);

/* ---- descriptors (emit_describe.c) ---- */

void gtype_describe_all(struct gen *g);         /* struct mip_type tables */
/* "&mip_string", "&Passage_type". */
const char *gtype_desc(struct gen *g, const struct ty *t);

/* ---- constants (emit_const.c) ---- */

/* The text of `b`, which is released. */
const char *gen_take(struct gen *g, struct buf *b);
/* Literals. */
const char *gen_string(struct gen *g, const char *s);   /* or NULL */
const char *gen_int(struct gen *g, int64_t v);
const char *gen_float(struct gen *g, double v);
/* "const T", of which the pointer stays one. */
const char *gen_const_of(struct gen *g, const struct ty *t);
/* What initializes a constant of type `t`. */
const char *gen_const(struct gen *g, const struct ty *t,
    const struct ty_const *c);
/* The definition of one. */
const char *gen_const_decl(struct gen *g, const struct ty *t,
    const char *name, const struct ty_const *c);

/* ---- tables (emit_table.c) ---- */

/* ".NAME = VALUE,"; nothing if it is NULL, zero or false. */
void gen_member(struct gen *g, const char *name, const char *value);
void gen_member_text(struct gen *g, const char *name, const char *s);
void gen_member_int(struct gen *g, const char *name, int64_t v);
void gen_member_float(struct gen *g, const char *name, double v);
void gen_member_bool(struct gen *g, const char *name, bool v);
/* The list that a member points to, up to a NULL; nothing if there is none. */
void gen_strings(struct gen *g, const char *name, const char *const *v);

void gen_models(struct gen *g);
void gen_params(struct gen *g);
void gen_prompts(struct gen *g);
void gen_program(struct gen *g);
void gen_eval(struct gen *g);

/* ---- retrievers (emit_retriever.c) ---- */

/* Notes that the file searches there. */
void gen_use_retriever(struct gen *g, const struct retriever *r);
/* What was noted so far is known from NAME.c. */
void gen_known_retrievers(struct gen *g);
void gen_retrievers(struct gen *g);
/* Writes the table of the others; *n of them, under *name. */
void gen_retriever_table(struct gen *g, const char **name, unsigned *n);
/* How requests go to a server: members of its table. */
void gen_sending(struct gen *g, const struct mip_sending *d);
/* A server that is reached over HTTP. */
void gen_http(struct gen *g, const struct mip_http *h, const char *name);

/* ---- tools (emit_tool.c) ---- */

/* Notes that the file calls `t`. */
void gen_use_tool(struct gen *g, const struct tool *t);
/* Those noted so far are another file's. */
void gen_known_tools(struct gen *g);
void gen_tools(struct gen *g);
/* The table of them, and its name; how many there are. */
unsigned gen_tool_table(struct gen *g);
const char *gen_tool_table_name(const struct gen *g);

/* ---- tests (emit_test.c) ---- */

/* The table of what `f` claims. */
void gen_claims(struct gen *g, struct fn *f);
/* The place in it of each claim, by ins->id; NULL if `f` makes none. */
const unsigned *gen_claim_numbers(struct gen *g, struct fn *f);
/* The table of tests; gives how many. */
unsigned gen_tests(struct gen *g);

/* ---- conditions (emit_check.c) ---- */

/* Declares the functions that the file's tables of types point to. */
void gen_check_heads(struct gen *g);
void gen_check_fn(struct gen *g, struct fn *f);
/* The table of a field's conditions; its name, or NULL if it has none. */
const char *gen_checks(struct gen *g, const char *record,
    const struct ty_field *f);
/* Has the type, or what is inside of it, conditions? */
bool gen_has_checks(const struct ty *t);
/* Judges the inputs of a program, if they have any. */
void gen_check_input(struct gen *g, const struct fn *f, bool entry);

/* ---- functions ---- */

/* Notes the types and tools that the function's body uses. */
void gen_use_body(struct gen *g, struct fn *f);

/* How one function is printed: which values are written where they are used.
 * Arrays by ins->id, if nothing else is said; an operation's regions have the
 * ids behind its own. */
struct fplan {
	unsigned *uses;
	struct ins **place;             /* the only operation that uses it */
	bool *inl;                      /* it is written there */
	unsigned *end;                  /* the last id of its regions, or its
	                                 * own */
	unsigned *last;                 /* where its text is evaluated last */
	/* by var->id: the first and last place where it is set or read */
	unsigned *var_first, *var_last;
	/* by rank: what sets a variable; by var->id: its ranks */
	struct ins **set;
	unsigned nset, **set_at, *nset_at;
	unsigned *effect, neffect;      /* ids of what others can see */
};
void fplan_make(struct fplan *p, struct arena *a, struct fn *f);
/* Ids of a region, of which it has at least one. */
unsigned fplan_first(const struct region *r);
unsigned fplan_end(const struct fplan *p, const struct region *r);

/* Where `break` and `continue` go. */
struct floop {
	bool hidden;                    /* behind another loop of C's */
	const char *next, *done;        /* labels that are used; or NULL */
};

struct fgen {
	struct gen *g;
	struct fn *f;
	struct fplan plan;
	const char **value;             /* by ins->id: C name or expression */
	const char **var;               /* by var->id */
	const char **name;              /* in scope; their ends set nname */
	size_t nname, capname;
	struct table at, numbered;      /* private to emit_name.c */
	bool *ahead;                    /* by ins->id: declared already */
	const char **again;             /* by ins->id of a call: its struct
	                                 * mip_retry, or NULL */
	const unsigned *claim;          /* see gen_claim_numbers; or NULL */
	const char *bail;               /* label where failures go, or NULL */
	bool bailed;                    /* one went there */
	struct floop *loop;             /* around this place, or NULL */
	unsigned ntry, nnext, ndone;    /* labels so far */
	bool uses_m, uses_gold, uses_in, uses_out, can_fail;
	bool can_exhaust;               /* memory, unseen so far */
};

enum prec { PREC_ANY, PREC_COND, PREC_OR, PREC_AND, PREC_EQ, PREC_REL,
    PREC_ADD, PREC_MUL, PREC_UNARY, PREC_POST };

/* `entry`: the public one, which begins a run. */
void gen_fn_body(struct gen *g, struct fn *f, bool entry);

/* The value as an expression, in parentheses if it binds less than `prec`. */
const char *fexpr(struct fgen *fg, struct ins *i, enum prec prec);
/* The same as something whose address can be taken. */
const char *fexpr_address(struct fgen *fg, struct ins *i);
/* The opposite of a bool, as an expression. */
const char *fexpr_not(struct fgen *fg, struct ins *of, enum prec prec);
void fgen_names_init(struct fgen *fg);
/* Does the C function of builtin.def write its result through a pointer? */
bool fexpr_writes(enum builtin_id id);
/* What T is in a call of one, if the function is told; else NULL. */
const struct ty *fexpr_any(const struct ins *i);
/* A call of builtin.def; a result that is written goes to `out`. */
const char *fexpr_lib(struct fgen *fg, struct ins *i, const char *out);
/* A name for a local: `want`, or want_2, ... */
const char *fgen_name(struct fgen *fg, const char *want);
/* All operations of a region as statements; a scope of its own if `scope`. */
void fgen_region(struct fgen *fg, struct region *r, bool scope);
/* The same of those from `i` to before `end` that are in `only`; NULL: all. */
void fgen_statements(struct fgen *fg, struct ins *i, const struct ins *end,
    const struct table *only);
bool fregion_inline(const struct fgen *fg, const struct region *r);
/* Statements that choose a way (emit_flow.c). */
void fgen_switch(struct fgen *fg, struct ins *i);
void fgen_retry(struct fgen *fg, struct ins *i);
void fgen_try(struct fgen *fg, struct ins *i);
/* An expect or check (emit_test.c). */
void fgen_claim(struct fgen *fg, struct ins *i);
/* The body of a loop whose head was written, and its end. */
void fgen_loop(struct fgen *fg, struct region *body);
/* `break` or `continue`, or how to say it. */
void fgen_leave(struct fgen *fg, enum ir_op op);
/* Calls of tools and retrievers; vectors (emit_call.c). */
void fgen_call(struct fgen *fg, struct ins *i);
void fgen_judge(struct fgen *fg, struct ins *i);
void fgen_search(struct fgen *fg, struct ins *i);
void fgen_embed(struct fgen *fg, struct ins *i);
/* Is it a call of a function that asks nothing, as any in C? */
bool fgen_is_direct(const struct ins *i);
/* A list made of another (emit_each.c). */
void fgen_each(struct fgen *fg, struct ins *i);

/* Pieces of statements.  The name of a value's variable: the user's, else the
 * other one. */
const char *fgen_named(struct fgen *fg, struct ins *i, const char *otherwise);
/* What its first setting begins with: "T name", or "name" alone. */
const char *fgen_declared(struct fgen *fg, const struct ins *i);
/* Declares what a call writes to. */
void fgen_declare(struct fgen *fg, const struct ins *i);
/* A variable with the inputs of a call; its name, from `base`. */
const char *fgen_inputs(struct fgen *fg, struct ins *call,
    const struct ty *in, const char *base);
/* What the setting of a value in braces begins with: "T name = ". */
const char *fgen_braced(struct fgen *fg, const struct ins *i);
/* The inputs of a call, with `before` in front, if it has any. */
void fgen_record(struct fgen *fg, const char *before, const struct ins *call);
/* `T *name = mip_alloc(m, n, sizeof *name);`, and the check of that. */
void fgen_alloc(struct fgen *fg, const struct ty *of, const char *name,
    const char *n);
void fgen_memory(struct fgen *fg, const char *name);
/* Leaves unless the call gives MIP_OK. */
void fgen_wait(struct fgen *fg, const char *call);
/* The list as something that can be read again and again. */
const char *fgen_list(struct fgen *fg, struct ins *list);
/* The statement that leaves after a failure: a return, a goto. */
const char *fgen_bail(struct fgen *fg);
/* A name for a value that is declared before its place. */
const char *fgen_ahead(struct fgen *fg, struct ins *i);

#endif
