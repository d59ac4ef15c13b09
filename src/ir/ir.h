/* The typed, structured IR: values assigned once, control as a tree of
 * regions, prompts as objects with slots.
 *
 * ir_print and ir_read give it a text form; ir_verify holds its rules; passes
 * rewrite it; emission reads it.  Everything lives in the module's arena.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_IR_H
#define IR_IR_H

#include "base/base.h"
#include "base/builtin.h"
#include "base/diag.h"
#include "base/slot.h"
#include "base/template.h"
#include "base/ty.h"
#include "core/buf.h"
#include "miproc_gen.h"                 /* models and formats as they ship */

enum ir_op {
#define OP(name, text, nargs, flags, meaning) IR_##name,
#include "ir/ir.def"
#undef OP
	IR_NOP
};

enum ir_opflag {
	OPF_PURE = 1, OPF_FAIL = 2, OPF_MODEL = 4, OPF_BODY = 8,
	OPF_OTHER = 16, OPF_VALUE = 32, OPF_TOOL = 64
};

enum { IR_ANY = -1 };                   /* any number of arguments */

struct ir_opinfo {
	const char *text;
	int narg;
	unsigned flags;
	const char *meaning;
};
extern const struct ir_opinfo ir_ops[IR_NOP];

struct fn;
struct prompt;
struct tool;
struct retriever;
struct region;

/* What a test claims, as it is told. */
struct claim {
	const char *text;               /* the condition as written */
	unsigned line;
	const char **shown;             /* texts of the values that are told
	                                 * with it: of the arguments but the
	                                 * first */
	unsigned nshown;
};

/* A variable: declared by `let`, set again somewhere. */
struct var {
	const char *name;
	const struct ty *type;
	unsigned id;                    /* in its function */
	bool kept;                      /* try and retry leave it as it is */
	const struct ins *made;         /* set by lowering: its `let` */
	struct var *next;
};

/* One operation; also the value that it gives. */
struct ins {
	enum ir_op op;
	const struct ty *type;          /* TY_VOID if it gives none */
	struct ins **arg;
	unsigned narg;
	struct region *body, *other;
	union {
		const char *s;
		int64_t i;
		double f;
		unsigned n;
		struct var *var;
		struct prompt *prompt;
		struct tool *tool;
		struct retriever *retriever;
		const struct mip_model *model;
		struct param *param;
		struct fn *fn;
		struct claim *claim;
		enum builtin_id lib;
	} u;
	const char *name;               /* the user's for this value, or NULL */
	struct span at;
	struct region *in;              /* where it stands */
	struct ins *prev, *next;
	unsigned id;                    /* set by ir_number */
	unsigned site;                  /* of a run: which one of its function
	                                 * it is, whatever becomes of others */
};

struct region {
	struct ins *first, *last;
	struct ins *result;             /* of each, filter, and, or, cond */
	struct ins *owner;              /* NULL: a function's body */
	struct fn *fn;
};

/* What the source says of a slot: a list of values, or a range of numbers. */
struct choices {
	const struct ty_const *v;       /* tune [..]; n of them */
	unsigned n;
	bool is_range;                  /* tune a .. b, of a float; of an int
	                                 * only where there would be more than
	                                 * 64 choices */
	double lo, hi;
};

enum { IR_NSTRUCTURE = MIP_STRUCTURE_PROMPT + 1 };

/* A leaf: a declared module with its slots. */
struct prompt {
	const char *name;               /* its address, "m.answer" */
	const char *c_name;             /* "answer"; unique in the module */
	const char *signature;
	bool reasoning;                 /* chain_of_thought: `reasoning` is the
	                                 * first field of `out` */
	const struct ty *in, *out;      /* structs "answer_in", "answer_out" */
	const char *text; /* instruction as written, "" for none */
	const struct template_piece *piece;      /* template, or NULL */
	unsigned npiece;
	bool formats[MIP_NFORMAT];      /* what the format slot may be */
	enum mip_format format;
	unsigned max_demos; /* `demos = N`; UINT_MAX: tuner's choice */
	struct retriever *cases;        /* knn: what finds demonstrations, at
	                                 * most max_demos; NULL: the slot */
	const char *near_by;            /* the input that is compared; NULL: all
	                                 * its texts */
	double temperature;             /* MIP_UNSET: the model's */
	struct choices temperatures;    /* what that slot may be; empty: as it
	                                 * is */
	const struct mip_model *model;
	enum mip_structure structure;
	bool structures[IR_NSTRUCTURE]; /* what that slot may be */
	enum mip_parse parse;
	int reask, max_repair;
	bool trim_demos;
	bool *fence;                    /* by input: it may have texts of
	                                 * others; set by ir_taint; NULL: none
	                                 * has */
	bool tune[SLOT_COUNT];          /* the source says what to try */
	bool freeze[SLOT_COUNT];        /* by `freeze`, or set by -D */
	bool eval_only;                 /* only metrics and tests reach it:
	                                 * frozen */
	/* what it gives when the model refuses: a constant for each field of
	 * `out`; NULL: a refusal is a failure */
	const struct ty_const *on_refusal;
	const char *hash;               /* set by ir_hash: 16 hex digits */
	/* slot values to emit: set from the tuned file; NULL, 0 as written */
	const char *tuned_text;
	const char *const *demo;        /* JSON objects of inputs and outputs */
	unsigned ndemo;
	struct span at;
	struct prompt *next;
};

/* A declared tool, or the command of a metric. */
struct tool {
	const char *name;               /* "m.calc" */
	const char *c_name;
	const struct ty *in;            /* struct "calc_in"; NULL: it judges */
	const struct ty *out;           /* then a struct of score, feedback */
	struct mip_tool is;             /* settings; its types are not set */
	struct mip_http http;           /* of MIP_HTTP */
	const char *hash;               /* set by ir_hash */
	struct span at;
	struct tool *next;
};

/* A declared retriever. */
struct retriever {
	const char *name;               /* "m.wiki" */
	const char *c_name;
	const struct ty *of;            /* a result: a struct, or string */
	struct mip_retriever is;        /* settings; its type is not set */
	struct mip_http http;           /* of MIP_SEARCH */
	const char *hash;               /* set by ir_hash */
	struct span at;
	struct retriever *next;
};

/* A tunable param.  One that is not tuned or was fixed by -D is a constant
 * and does not appear here. */
struct param {
	const char *name;               /* its address, "m.HOPS" */
	const char *c_name;
	const char *desc;
	const struct ty *type;
	struct ty_const value;          /* default, or tuned */
	struct choices choices;
	bool frozen;
	struct span at;
	struct param *next;
};

/* A slot that -D has set: no longer one, but tuned files have it. */
struct pin {
	const char *name;               /* its address */
	struct ty_const value;          /* words are strings */
	struct pin *next;
};

enum fn_kind {
	FN_PROGRAM,
	FN_METRIC,
	FN_TEST,
	FN_MODULE,                      /* what a module made of calls does */
	FN_BRANCH,                      /* a piece of another's body */
	FN_CHECK,                       /* a condition on the record `in`; gives
	                                 * a bool, which `out` is */
	FN_NKIND
};
extern const char *const ir_fn_words[FN_NKIND];

struct fn {
	enum fn_kind kind;
	const char *name;               /* in the source */
	const char *c_name;
	const char *desc;
	/* in, out records; ARG n is field n of `in`.  metric: ARG 0 is the
	 * gold record `gold`, ARG 1 the program's `in`, ARG 2 its `out`;
	 * gives a float.  test: none of these, and gives nothing */
	const struct ty *in, *out, *gold;
	struct region *body;
	struct var *var, *last_var;
	unsigned nvar, nins;
	unsigned nbranch;               /* that were made of its pieces */
	unsigned nsite;                 /* runs that were made in it */
	bool eval_only;                 /* the program does not reach it */
	enum { EFFECT_UNKNOWN, EFFECT_NONE, EFFECT_SOME } effect;
	enum { CALLS_UNKNOWN, CALLS_NONE, CALLS_SOME } calls;
	double on_fail;                 /* metric */
	bool minimize;
	unsigned line, repeat;          /* test: where it stands, how often it
	                                 * runs */
	double pass;                    /* the share that must pass */
	uint64_t vectors_min, vectors_max;      /* set by ir_plan: texts that
	                                 * models make vectors of */
	uint64_t calls_min, calls_max;  /* set by ir_plan; judge calls of a
	                                 * metric count here too */
	const char *hash;               /* set by ir_hash */
	bool credits;                   /* metric: it, or one that it calls,
	                                 * credits leaves; set by ir_plan */
	bool comments;                  /* ... or it returns feedback */
	enum { HARM_UNKNOWN, HARM_NONE, HARM_SOME } harm;
	struct span at;
	struct fn *next, *prev;
};

/* ---- data and tuning, as declared ---- */

enum dataset_kind { DATASET_JSONL, DATASET_CSV };

struct rename { const char *to, *from; };

/* One file, maybe split. */
struct dataset {
	enum dataset_kind kind;
	const char *path;               /* relative to the .mp file */
	const struct rename *rename;
	unsigned nrename;
	bool shuffle;
	uint64_t seed;                  /* of shuffle and split */
	enum { SPLIT_NONE, SPLIT_FRACTIONS, SPLIT_COUNTS } split;
	double part[3];                 /* train, dev, test */
	const char *stratify;           /* a field, or NULL */
	struct span at;
};

enum { PART_WHOLE = -1, PART_TRAIN, PART_DEV, PART_TEST };

struct part {
	const struct dataset *set;      /* NULL: not given */
	int which;                      /* PART_... */
};

/* One option of a strategy: `trials = 30`. */
struct setting {
	const char *name;
	enum { SET_INT, SET_FLOAT, SET_BOOL, SET_WORD, SET_STRING } kind;
	int64_t i;
	double f;
	const char *s;
	struct span at;
	struct setting *next;
};

/* The optimize block. */
struct study_decl {
	struct fn *program, *metric;
	const char *strategy;           /* "mipro" */
	struct setting *setting;
	struct part train, dev, test;
	const struct mip_model *prompt_model, *teacher;     /* or NULL */
	double max_cost;                /* MIP_UNSET: none */
	int64_t max_calls, max_tokens;  /* 0: none */
	double time_limit_s;            /* 0: none */
	bool gated;
	double gate, confidence;        /* metric >= gate at this confidence */
	struct span at;
};

struct mod {
	struct arena *a;
	struct ty_table *types;
	const char *path;               /* of the main file */
	const char *name;               /* C name of the program to compile */
	struct fn *fn, *last_fn; /* programs, metrics, tests; callees first */
	struct fn *program;             /* the one to compile; may be NULL */
	struct prompt *prompt;          /* in order of declaration */
	struct tool *tool;              /* likewise */
	struct retriever *retriever;
	struct param *param;
	struct pin *pin;                /* sorted by name */
	const struct mip_model **model; /* all that leaves use, and routes of */
	unsigned nmodel;
	struct study_decl *study;       /* NULL: no optimize block */
	const char *hash;               /* program identity, set by ir_hash */
	const char *tuned;              /* hash of the tuned file, "" if none */
	const char *tuned_note;         /* one line for the head of the C file,
	                                 * or NULL */
};

/* ---- building and changing ---- */

struct mod *ir_mod(struct arena *a, struct ty_table *types);
struct fn *ir_fn(struct mod *m, enum fn_kind kind, const char *name);
/* The same, but not at the end: before `f`, which may call it. */
struct fn *ir_fn_before(struct mod *m, struct fn *f, enum fn_kind kind,
    const char *name);
struct region *ir_region(struct mod *m, struct fn *f, struct ins *owner);
struct var *ir_var(struct mod *m, struct fn *f, const char *name,
    const struct ty *type);
/* Appends to `r`; the arguments are copied from `arg`. */
struct ins *ir_add(struct mod *m, struct region *r, enum ir_op op,
    const struct ty *type, struct ins *const *arg, unsigned narg,
    struct span at);
void ir_insert_before(struct ins *place, struct ins *i);
void ir_unlink(struct ins *i);
/* Every use of `old` in `r` becomes a use of `new_`. */
void ir_replace(struct region *r, struct ins *old, struct ins *new_);

/* Calls `each` for every operation of `f` in textual order: an operation's
 * regions come after it.  Stops when `each` returns false. */
bool ir_walk(struct fn *f, bool (*each)(struct ins *, void *), void *arg);

/* Numbers values in textual order (ins->id) and counts them (fn->nins). */
void ir_number(struct fn *f);

/* Has a switch a case for every value, or a default? */
bool ir_is_whole(const struct ins *i);

/* Does control never run on past the end of `r`? */
bool ir_ends(const struct region *r);

/* Is it a call that a `par` may hold? */
bool ir_is_call(const struct ins *i);

/* Does it, or what it holds, ask a model or call a tool? */
bool ir_calls(const struct ins *i);

/* The call of an `each` that is made for all items at once: the only one, in
 * its body, and one without effects; NULL. */
struct ins *ir_each_call(const struct ins *i);

/* The call that a retry asks again: the first one in its body; NULL. */
struct ins *ir_retried(const struct ins *i);

/* May it go, with what its regions hold, when its value is not used? */
bool ir_may_go(const struct ins *i);

/* Does it, what it holds, or what it calls do more than give a value: is there
 * a tool with effects? */
bool ir_has_effect(const struct ins *i);

/* The temperature at which a leaf is asked, its model's included; MIP_UNSET:
 * the server's own, or several. */
double ir_temperature(const struct prompt *q);
/* Is that 0, and stays so, so that equal requests get equal replies? */
bool ir_is_greedy(const struct prompt *q);

/* Is it a constant (string, int, float, bool, null, enum)? */
bool ir_is_const(const struct ins *i);

/* Finds which inputs of leaves may get texts of others (struct prompt's
 * fence), and warns where such a text becomes an instruction. */
void ir_taint(struct mod *m, struct diag *d);

/* ---- text form ---- */

void ir_print(struct buf *b, struct mod *m);
/* Reads what ir_print writes; NULL with *line and a sentence in `why`. */
struct mod *ir_read(struct arena *a, const char *text, size_t n,
    unsigned *line, char why[160]);
/* The rules; false with a sentence in `why`. */
bool ir_verify(const struct mod *m, char why[240]);

#endif
