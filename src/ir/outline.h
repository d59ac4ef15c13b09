/* Outlining: a piece of a function becomes a function of its own, which can
 * run beside others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_OUTLINE_H
#define IR_OUTLINE_H

#include "ir/ir.h"

struct outline {
	struct mod *m;
	/* The piece is the body of an operation that stands in the function
	 * for nothing else.  It leaves neither the function nor a loop. */
	struct ins *hold;
	const char *name;               /* "branch": of P it is P_branch_1 */
	struct region *before, *after;  /* get what its call needs, and what
	                                 * it gives back */
	struct var *last;               /* of the function when the piece was
	                                 * begun: later ones are the piece's */
	struct var *made;               /* but this one; or NULL */
	struct ins **value;             /* `nvalue` that are used after it;
	                                 * then what stands for them */
	unsigned nvalue;
};

/* Moves the piece into a new function before its own, whose inputs are what
 * it reads of the outside, and whose outputs are the variables of the outside
 * that it sets, after the values.  Gives the call, which stands nowhere yet.
 *
 * Members of values of the outside, and the values of metrics, are taken
 * before the call, whether the piece gets to use them or not. */
struct ins *outline(struct outline *o);

#endif
