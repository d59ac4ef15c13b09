/* Types for the tests of the reply reader, as generated code has them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLY_TYPES_H
#define REPLY_TYPES_H

#include <string.h>

#include "miproc_gen.h"

#define REPLY_TYPE_STRUCT(T, fields) { .kind = MIP_STRUCT, .size = sizeof(T), \
	.name = #T, .field = (fields), .n = sizeof(fields) / sizeof(*(fields)) }
#define REPLY_TYPE_LIST(t) { .kind = MIP_LIST, \
	.size = sizeof(struct mip_ints), .of = (t) }
#define REPLY_TYPE_OPTIONAL(t) { .kind = MIP_OPTIONAL, \
	.size = sizeof(void *), .of = (t) }
#define REPLY_TYPE_ENUM(variants) { .kind = MIP_ENUM, \
	.size = sizeof(int), .name = "enum", .variant = (variants), \
	.n = sizeof(variants) / sizeof(*(variants)) }
#define REPLY_TYPE_LITERAL(text) { .kind = MIP_LITERAL, \
	.size = sizeof(const char *), .of = &mip_string, \
	.value = (const char *const[]){ (text) }, .n = 1 }

static const struct mip_variant label_v[] = {
	{ "BILLING", "billing", NULL },
	{ "TECHNICAL", NULL, "errors, outages, setup" },
	{ "ACCOUNT", NULL, NULL }, { "OTHER", NULL, NULL },
};
static const struct mip_type label = REPLY_TYPE_ENUM(label_v);
static const struct mip_variant mail_v[] = {
	{ "SPAM", NULL, NULL }, { "NOT_SPAM", NULL, NULL },
};
static const struct mip_type mail = REPLY_TYPE_ENUM(mail_v);
static const struct mip_variant ab_v[] = {
	{ "A", NULL, NULL }, { "B", NULL, NULL },
};
static const struct mip_type ab = REPLY_TYPE_ENUM(ab_v);
static const struct mip_variant title_v[] = {
	{ "MISTER", "se\xc3\xb1or", NULL }, { "DOCTOR", NULL, NULL },
};
static const struct mip_type title = REPLY_TYPE_ENUM(title_v);

/* struct s { key: string; n: int; } */
struct s { const char *key; int64_t n; };
static const struct mip_field s_f[] = {
	{ MIP_FIELD(struct s, key, &mip_string, NULL) },
	{ MIP_FIELD(struct s, n, &mip_int, NULL) },
};
static const struct mip_type s_t = REPLY_TYPE_STRUCT(struct s, s_f);
static const struct mip_type s_list = REPLY_TYPE_LIST(&s_t);
static const struct mip_type s_optional = REPLY_TYPE_OPTIONAL(&s_t);

/* struct deep { s: s; tags: string[]; firstName: string?; } */
struct deep {
	struct s s;
	struct mip_strings tags;
	const char *first_name;
};
static const struct mip_field deep_f[] = {
	{ MIP_FIELD(struct deep, s, &s_t, NULL) },
	{ MIP_FIELD(struct deep, tags, &mip_string_list, NULL) },
	{ MIP_FIELD(struct deep, first_name, &mip_string_optional, NULL) },
};
static const struct mip_type deep_t = REPLY_TYPE_STRUCT(struct deep, deep_f);

struct one_int { int64_t answer; };
static const struct mip_field one_int_f[] = {
	{ MIP_FIELD(struct one_int, answer, &mip_int, NULL) },
};
static const struct mip_type one_int =
    REPLY_TYPE_STRUCT(struct one_int, one_int_f);

struct one_string { const char *answer; };
static const struct mip_field one_string_f[] = {
	{ MIP_FIELD(struct one_string, answer, &mip_string, NULL) },
};
static const struct mip_type one_string =
    REPLY_TYPE_STRUCT(struct one_string, one_string_f);

struct one_list { struct mip_strings items; };
static const struct mip_field one_list_f[] = {
	{ MIP_FIELD(struct one_list, items, &mip_string_list, NULL) },
};
static const struct mip_type one_list =
    REPLY_TYPE_STRUCT(struct one_list, one_list_f);

struct code { const char *code; };
static const struct mip_field code_f[] = {
	{ MIP_FIELD(struct code, code, &mip_string, NULL) },
};
static const struct mip_type code_t = REPLY_TYPE_STRUCT(struct code, code_f);

/* struct thought { reasoning: string; label: enum @alias("class"); } */
struct thought { const char *reasoning; int label; };
static const struct mip_field thought_f[] = {
	{ MIP_FIELD(struct thought, reasoning, &mip_string, NULL) },
	{ .name = "label", .alias = "class", .type = &label,
	    .offset = offsetof(struct thought, label) },
};
static const struct mip_type thought_t =
    REPLY_TYPE_STRUCT(struct thought, thought_f);

/* struct absent { a: int = 7; b: int?; kind: "k"; } */
struct absent { int64_t a; const int64_t *b; const char *kind; };
static const int64_t seven = 7;
static const struct mip_type int_optional = REPLY_TYPE_OPTIONAL(&mip_int);
static const struct mip_type lit_k = REPLY_TYPE_LITERAL("k");
static const struct mip_field absent_f[] = {
	{ MIP_FIELD(struct absent, a, &mip_int, NULL), .fallback = &seven },
	{ MIP_FIELD(struct absent, b, &int_optional, NULL) },
	{ MIP_FIELD(struct absent, kind, &lit_k, NULL) },
};
static const struct mip_type absent_t =
    REPLY_TYPE_STRUCT(struct absent, absent_f);

/* struct bound { p: float @range(0, 1); s: string @len(1, 3) @regex(..) } */
struct bound { double p; const char *s; };
static const struct mip_field bound_f[] = {
	{ MIP_FIELD(struct bound, p, &mip_float, NULL), .min = 0, .max = 1,
	    .flags = MIP_HAS_MIN | MIP_HAS_MAX },
	{ MIP_FIELD(struct bound, s, &mip_string, NULL), .min = 1, .max = 3,
	    .flags = MIP_HAS_MIN | MIP_HAS_MAX, .regex = "^[a-z]+$" },
};
static const struct mip_type bound_t =
    REPLY_TYPE_STRUCT(struct bound, bound_f);

/* struct circle { kind: "circle"; r: float; } | struct square { ... } */
struct circle { const char *kind; double r; };
static const struct mip_type lit_circle = REPLY_TYPE_LITERAL("circle");
static const struct mip_type lit_square = REPLY_TYPE_LITERAL("square");
static const struct mip_field circle_f[] = {
	{ MIP_FIELD(struct circle, kind, &lit_circle, NULL) },
	{ MIP_FIELD(struct circle, r, &mip_float, NULL) },
};
struct square { const char *kind; double side; };
static const struct mip_field square_f[] = {
	{ MIP_FIELD(struct square, kind, &lit_square, NULL) },
	{ MIP_FIELD(struct square, side, &mip_float, NULL) },
};
static const struct mip_type circle_t =
    REPLY_TYPE_STRUCT(struct circle, circle_f);
static const struct mip_type square_t =
    REPLY_TYPE_STRUCT(struct square, square_f);
struct shape { int arm; union { struct circle c; struct square q; } u; };
static const struct mip_type *const shape_a[] = { &circle_t, &square_t };
static const struct mip_type shape_t = { .kind = MIP_UNION,
	.size = sizeof(struct shape), .arm = shape_a, .n = 2,
	.arm_at = offsetof(struct shape, u) };

struct either { int arm; union { int64_t i; const char *s; } u; };
static const struct mip_type *const either_a[] = { &mip_int, &mip_string };
static const struct mip_type either_t = { .kind = MIP_UNION,
	.size = sizeof(struct either), .arm = either_a, .n = 2,
	.arm_at = offsetof(struct either, u) };

static const char *const vote_v[] = { "agree", "disagree" };
static const struct mip_type vote_t = { .kind = MIP_LITERAL,
	.size = sizeof(const char *), .of = &mip_string, .value = vote_v,
	.n = 2 };
static const int64_t stars_v[] = { 1, 2, 3, -4 };
static const struct mip_type stars_t = { .kind = MIP_LITERAL,
	.size = sizeof(int64_t), .of = &mip_int, .value = stars_v, .n = 4 };
static const bool true_v[] = { true };
static const struct mip_type true_t = { .kind = MIP_LITERAL,
	.size = sizeof(bool), .of = &mip_bool, .value = true_v, .n = 1 };

/* struct tree { name: string; kids: tree[]; }, and a union that holds itself
 * in both arms */
struct tree {
	const char *name;
	struct { const struct tree *v; size_t n; } kids;
};
static const struct mip_type tree_t, tree_list = REPLY_TYPE_LIST(&tree_t);
static const struct mip_field tree_f[] = {
	{ MIP_FIELD(struct tree, name, &mip_string, NULL) },
	{ MIP_FIELD(struct tree, kids, &tree_list, NULL) },
};
static const struct mip_type tree_t = REPLY_TYPE_STRUCT(struct tree, tree_f);

struct fork { const void *next; };
static const struct mip_type fork_t, fork_optional =
    REPLY_TYPE_OPTIONAL(&fork_t);
static const struct mip_field left_f[] = {
	{ MIP_FIELD(struct fork, next, &fork_optional, NULL) },
};
static const struct mip_type left_t = REPLY_TYPE_STRUCT(struct fork, left_f);
static const struct mip_type right_t = REPLY_TYPE_STRUCT(struct fork, left_f);
static const struct mip_type *const fork_a[] = { &left_t, &right_t };
static const struct mip_type fork_t = { .kind = MIP_UNION,
	.size = sizeof(struct either), .arm = fork_a, .n = 2,
	.arm_at = offsetof(struct either, u) };

static const struct mip_type label_optional = REPLY_TYPE_OPTIONAL(&label);
static const struct mip_type label_list = REPLY_TYPE_LIST(&label);
static const struct mip_type bool_optional = REPLY_TYPE_OPTIONAL(&mip_bool);
static const struct mip_type int_map = { .kind = MIP_MAP,
	.size = 3 * sizeof(void *), .of = &mip_int };
static const struct mip_type literal_t = REPLY_TYPE_LITERAL("done");

#endif
