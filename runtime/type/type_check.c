/* Constraints of fields: ranges, lengths, patterns, conditions.
 *
 * SPDX-License-Identifier: MIT */
#include "type/type.h"

#include <stdio.h>
#include <string.h>

#include "core/regex.h"

/* Puts `name` before the path, if there is room. */
static void
path_put(struct type_error *e, const char *name)
{
	bool dot = e->path[0] && e->path[0] != '[';
	size_t n = strlen(name), old = strlen(e->path);

	dot = dot && n;
	if (n + dot + old >= sizeof(e->path))
		return;
	memmove(e->path + n + dot, e->path, old + 1);
	memcpy(e->path, name, n);
	if (dot)
		e->path[n] = '.';
}

/* Said where the fault is; those around it add their names. */
static bool
check_fail(struct type_error *e, const char *name, const char *label,
    const char *text)
{
	snprintf(e->text, sizeof(e->text), "%s", text);
	e->label = label;
	path_put(e, name);
	return false;
}

static bool
check_within(struct type_error *e, const char *name)
{
	path_put(e, name);
	return false;
}

/* "must be at least 3 characters long, not 2" */
static bool
outside(const struct mip_field *f, double v, const char *unit,
    struct type_error *e)
{
	bool low = (f->flags & MIP_HAS_MIN) && v < f->min;
	char text[sizeof(e->text)];

	if (!low && (!(f->flags & MIP_HAS_MAX) || v <= f->max))
		return false;
	snprintf(text, sizeof(text), "must %s at %s %.15g%s, not %.15g",
	    *unit ? "have" : "be", low ? "least" : "most",
	    low ? f->min : f->max, unit, v);
	check_fail(e, f->name, *unit ? "len" : "range", text);
	return true;
}

static double
code_points(const char *s)
{
	double n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool
check_pattern(const struct mip_field *f, const char *s, struct type_error *e)
{
	char text[sizeof(e->text)], why[REGEX_WHY];
	struct regex *r = regex_new(f->regex, why);
	struct regex_walk w = regex_walk(s, strlen(s));
	enum regex_status found = REGEX_NOMEM;
	struct regex_span span;

	if (r)
		found = regex_next(r, &w, &span);
	regex_free(r);
	if (found == REGEX_YES)
		return true;
	if (!r)
		return check_fail(e, f->name, "regex",
		    "its pattern cannot be used");
	if (found != REGEX_NO)
		return check_fail(e, f->name, "regex",
		    "could not be matched against its pattern");
	snprintf(text, sizeof(text), "must match the pattern %s", f->regex);
	return check_fail(e, f->name, "regex", text);
}

static bool check_value(const struct mip_field *f, const struct mip_type *t,
    const void *v, struct type_error *e);

/* The items of a list or map; those of texts by the pattern of `f`. */
static bool
check_items(const struct mip_field *f, const struct mip_type *of,
    const void *v, size_t n, struct type_error *e)
{
	struct mip_field one = *f;
	char name[32];
	size_t i;

	one.flags = 0;
	one.name = "";
	for (i = 0; i < n; i++) {
		if (check_value(&one, of, (const char *)v + i * of->size, e))
			continue;
		snprintf(name, sizeof(name), "[%zu]", i);
		check_within(e, name);
		return check_within(e, f->name);
	}
	return true;
}

static bool
check_struct(const struct mip_field *f, const struct mip_type *t,
    const void *v, struct type_error *e)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (!check_value(&t->field[i], t->field[i].type,
		    (const char *)v + t->field[i].offset, e))
			return check_within(e, f->name);
	return true;
}

static bool
check_value(const struct mip_field *f, const struct mip_type *t,
    const void *v, struct type_error *e)
{
	struct type_list l;
	struct type_map m;
	const void *p;

	switch (t->kind) {
	case MIP_INT:
		return !outside(f, (double)type_int(v), "", e);
	case MIP_FLOAT:
		return !outside(f, type_float(v), "", e);
	case MIP_STRING:
		if ((f->flags & (MIP_HAS_MIN | MIP_HAS_MAX)) &&
		    outside(f, code_points(type_text(v)), " characters", e))
			return false;
		return !f->regex || check_pattern(f, type_text(v), e);
	case MIP_LIST:
		l = type_list_get(v);
		return !outside(f, (double)l.n, " items", e) &&
		    check_items(f, t->of, l.v, l.n, e);
	case MIP_MAP:
		m = type_map_get(v);
		return !outside(f, (double)m.n, " members", e) &&
		    check_items(f, t->of, m.v, m.n, e);
	case MIP_OPTIONAL:
		p = type_optional(t, v);
		return !p || check_value(f, t->of, p, e);
	case MIP_UNION:
		p = (const char *)v + t->arm_at;
		return check_value(f, t->arm[type_index(v)], p, e);
	case MIP_STRUCT:
		return check_struct(f, t, v, e);
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_LITERAL:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return true;
	}
	return true;
}

bool
type_check(const struct mip_field *f, const void *v, struct type_error *e)
{
	e->path[0] = e->text[0] = '\0';
	e->label = "";
	return check_value(f, f->type, v, e);
}

/* ---- conditions ---- */

static bool
judged(const struct mip_type *t)
{
	unsigned i;

	switch (t->kind) {
	case MIP_LIST:
	case MIP_MAP:
	case MIP_OPTIONAL:
		return judged(t->of);
	case MIP_UNION:
		for (i = 0; i < t->n; i++)
			if (judged(t->arm[i]))
				return true;
		return false;
	case MIP_STRUCT:
		for (i = 0; i < t->n; i++)
			if (t->field[i].ncheck > 0 || judged(t->field[i].type))
				return true;
		return false;
	case MIP_STRING: case MIP_INT: case MIP_FLOAT: case MIP_BOOL:
	case MIP_ENUM: case MIP_LITERAL: case MIP_IMAGE: case MIP_FILE:
	case MIP_AUDIO:
		return false;
	}
	return false;
}

static bool
unmet(const char *hint, struct type_error *e)
{
	static const char before[] = "is not right: ";
	size_t most = sizeof(e->text) - sizeof(before), n = strlen(hint);

	if (n > most)
		n = most;
	/* It is not cut inside of a character. */
	while (n > 0 && ((unsigned char)hint[n] & 0xc0) == 0x80)
		n--;
	snprintf(e->text, sizeof(e->text), "%s%.*s", before, (int)n, hint);
	e->label = hint;
	return false;
}

static bool judge(const struct mip_type *t, const void *v,
    const struct type_judge *j, struct type_error *e);

static bool
judge_items(const struct mip_type *of, const void *v, size_t n,
    const struct type_judge *j, struct type_error *e)
{
	char name[32];
	size_t i;

	for (i = 0; i < n; i++) {
		if (judge(of, (const char *)v + i * of->size, j, e))
			continue;
		snprintf(name, sizeof(name), "[%zu]", i);
		path_put(e, name);
		return false;
	}
	return true;
}

/* What is inside of a record comes before it. */
static bool
judge_struct(const struct mip_type *t, const void *v,
    const struct type_judge *j, struct type_error *e)
{
	const struct mip_field *f;
	unsigned i, k;
	bool ok;

	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		ok = judge(f->type, (const char *)v + f->offset, j, e);
		for (k = 0; ok && k < f->ncheck; k++) {
			if (j->holds(j->arg, &f->check[k], v))
				continue;
			if (f->check[k].must)
				ok = unmet(f->check[k].text, e);
			else
				j->failed(j->arg, &f->check[k]);
		}
		if (!ok) {
			path_put(e, f->name);
			return false;
		}
	}
	return true;
}

static bool
judge(const struct mip_type *t, const void *v, const struct type_judge *j,
    struct type_error *e)
{
	struct type_list l;
	struct type_map m;
	const void *p;

	if (!judged(t))
		return true;
	switch (t->kind) {
	case MIP_LIST:
		l = type_list_get(v);
		return judge_items(t->of, l.v, l.n, j, e);
	case MIP_MAP:
		m = type_map_get(v);
		return judge_items(t->of, m.v, m.n, j, e);
	case MIP_OPTIONAL:
		p = type_optional(t, v);
		return !p || judge(t->of, p, j, e);
	case MIP_UNION:
		return judge(t->arm[type_index(v)],
		    (const char *)v + t->arm_at, j, e);
	case MIP_STRUCT:
		return judge_struct(t, v, j, e);
	case MIP_STRING: case MIP_INT: case MIP_FLOAT: case MIP_BOOL:
	case MIP_ENUM: case MIP_LITERAL: case MIP_IMAGE: case MIP_FILE:
	case MIP_AUDIO:
		return true;
	}
	return true;
}

bool
type_judge(const struct mip_type *t, const void *v,
    const struct type_judge *j, struct type_error *e)
{
	e->path[0] = e->text[0] = '\0';
	e->label = "";
	return judge(t, v, j, e);
}
