/* Lowering of options: their values, or what stands for them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>

#include "front/ast.h"
#include "ir/lower_in.h"

struct check_value
lower_option(struct lower *x, struct ast *list, const char *name)
{
	const struct ast *o = ast_option(list, name);

	return check_value(x->a, o != NULL ? o->u.option.value : NULL);
}

struct ast *
lower_options(struct ast *list, const char *name)
{
	const struct ast *o = ast_option(list, name);

	return o != NULL ? o->u.option.option : NULL;
}

double
lower_number(struct check_value v, double unset)
{
	return v.kind == CV_NONE ? unset : v.f;
}

int64_t
lower_integer(struct check_value v, int64_t unset)
{
	return v.kind == CV_NONE ? unset : v.i;
}

int
lower_small(struct check_value v, int unset)
{
	int64_t i = lower_integer(v, unset);

	return i > INT_MAX ? INT_MAX : i < -1 ? -1 : (int)i;
}
