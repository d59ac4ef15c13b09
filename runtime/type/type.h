/* Values of a type table (struct mip_type): JSON in and out, equality.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TYPE_H
#define TYPE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"

/* What a value that cannot be read is told with. */
struct type_error {
	char path[160];                 /* "ticket.files[2]", "" at the top */
	char text[240];                 /* one sentence, without the path */
	const char *label;              /* which constraint it was: "range",
	                                 * ..., or the hint of an @assert;
	                                 * static, "" elsewhere */
};

enum type_mode {
	TYPE_EXACT,                     /* the JSON type must be right */
	TYPE_LENIENT                    /* text may stand for int, float, bool
	                                 * (CSV); an enum by name or alias */
};

/* Reads `v` into the `t->size` bytes at `out`, which it zeroes first; what it
 * points to lives in `a`.  Exact integers, shortest doubles; an absent
 * member takes its default, else null if optional, else it is an error;
 * unknown members are ignored; U+0000 is refused.  MIP_USAGE with *e filled,
 * or MIP_NOMEM. */
enum mip_status type_read(struct arena *a, const struct mip_type *t,
    struct json v, enum type_mode mode, void *out, struct type_error *e);

/* Appends the value as compact JSON, fields in the order of the type, enums
 * by name, `hidden` fields only if asked for. */
void type_write(struct buf *b, const struct mip_type *t, const void *v,
    bool hidden);

/* The same in the model's eyes: aliases instead of names. */
void type_write_alias(struct buf *b, const struct mip_type *t, const void *v);

bool type_equal(const struct mip_type *t, const void *a, const void *b);

/* Copies a value deeply into `a`; false without memory. */
bool type_copy(struct arena *a, const struct mip_type *t, const void *from,
    void *to);

/* The type in the words of the language: "string[]?", "Label". */
void type_name(struct buf *b, const struct mip_type *t);

/* Constraints of a field (@range, @len, @regex) and of the fields of structs
 * inside its value: false with a sentence, or without memory.  A length is in
 * code points or items; a pattern may match anywhere, and in a list must do
 * so in every item; null fits everything. */
bool type_check(const struct mip_field *f, const void *v,
    struct type_error *e);

/* Who judges the conditions of fields. */
struct type_judge {
	bool (*holds)(void *arg, const struct mip_check *c,
	    const void *record);
	void (*failed)(void *arg, const struct mip_check *c);   /* a @check */
	void *arg;
};

/* The conditions of a value's fields, and of the structs inside, in their
 * order: false with a sentence at the first @assert that does not hold; of
 * every @check that does not, `j` is told. */
bool type_judge(const struct mip_type *t, const void *v,
    const struct type_judge *j, struct type_error *e);

/* Parts of values, whatever their exact C type.  A NULL string reads as "";
 * an index is that of an enum's name or a union's arm (the arm's value is at
 * t->arm_at). */
struct type_list { const void *v; size_t n; };
struct type_map { const char *const *key; const void *v; size_t n; };
struct type_list type_list_get(const void *list);
void type_list_set(void *list, const void *v, size_t n);
struct type_map type_map_get(const void *map);
const char *type_text(const void *v);
int64_t type_int(const void *v);
double type_float(const void *v);
bool type_bool(const void *v);
unsigned type_index(const void *v);
/* The value of type `t->of` in an optional; NULL if it is null. */
const void *type_optional(const struct mip_type *t, const void *v);

/* What a literal type has its values from; others: `t`. */
const struct mip_type *type_base(const struct mip_type *t);
/* Value `i` of a literal type, and as plain text. */
const void *type_value(const struct mip_type *t, unsigned i);
void type_put_value(struct buf *b, const struct mip_type *t, unsigned i);
/* Which value of its literal type `v` is; t->n if it is none. */
unsigned type_value_index(const struct mip_type *t, const void *v);

/* The field of a struct type by its name; NULL. */
const struct mip_field *type_field(const struct mip_type *t, const char *name);

#endif
