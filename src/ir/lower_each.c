/* Lowering of comprehensions.
 *
 * What is asked for the items is asked at once: where that is more than one
 * call, the work for an item becomes a function.  Tools with effects are
 * called for one item after the other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"
#include "ir/lower_in.h"
#include "ir/outline.h"

/* An item that the comprehension's variable stands for in `r`. */
static void
item_in(struct lower *x, struct region *r, struct ast *e, const struct ty *t)
{
	struct ins *i = ir_add(x->m, r, IR_ITEM, t, NULL, 0, e->at);

	i->name = e->sym->name;
	e->sym->lowered = i;
}

/* Values of metrics are the same for all items. */
static void
take_scores(struct ins *each, struct region *r)
{
	struct ins *i, *next;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = next) {
		next = i->next;
		take_scores(each, i->body);
		take_scores(each, i->other);
		if (i->op != IR_SCORE)
			continue;
		ir_unlink(i);
		ir_insert_before(each, i);
	}
}

/* ---- the work for an item as a function ---- */

static bool
any_calls(const struct region *r)
{
	const struct ins *i;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next)
		if (ir_calls(i))
			return true;
	return false;
}

/* The call of a function of what stands in the body, but for its item, in the
 * place of that.  `value`, of which there are `n`, are what it gives. */
static struct ins *
move_out(struct lower *x, struct ins *each, struct ins **value, unsigned n)
{
	struct region *r = each->body, *after = ir_region(x->m, x->f, NULL);
	struct ins *item = r->first, *call;
	struct outline o = { .m = x->m, .name = "item", .before = r,
	    .after = after, .last = x->f->last_var, .value = value,
	    .nvalue = n };

	ir_unlink(item);
	o.hold = ir_add(x->m, r, IR_PAR, lower_basic(x, TY_VOID), NULL, 0,
	    each->at);
	ir_move(o.hold->body, r, o.hold);
	ir_insert_before(o.hold, item);
	call = outline(&o);
	ir_unlink(o.hold);
	ir_append(r, call);
	ir_move(r, after, NULL);
	return call;
}

static void
value_alone(struct lower *x, struct ins *each)
{
	move_out(x, each, &each->body->result, 1);
}

static struct ins *
member(struct lower *x, struct region *r, const struct ty *record, unsigned n)
{
	struct ins *i = ir_add(x->m, r, IR_ITEM, record, NULL, 0,
	    r->owner->at);

	i = ir_add(x->m, r, IR_FIELD, record->field[n].type, &i, 1,
	    r->owner->at);
	i->u.n = n;
	return i;
}

/* The values of those records, a bool and a value or null, whose bool is
 * true. */
static struct ins *
those_kept(struct lower *x, struct ins *all, const struct ty *list)
{
	const struct ty *record = all->type->of;
	struct ins *i = lower_op1(x, IR_EACH, list, all, all->at), *v;

	i->u.i = -1;
	i->other = ir_region(x->m, x->f, i);
	i->other->result = member(x, i->other, record, 0);
	v = member(x, i->body, record, 1);
	if (v->type != list->of)
		v = ir_add(x->m, i->body, IR_UNWRAP, list->of, &v, 1, i->at);
	i->body->result = v;
	return i;
}

/* Puts the condition into the body, whose result becomes a T?. */
static struct ins *
join(struct lower *x, struct ins *each)
{
	struct region *r = each->body, *outer = x->r;
	const struct ty *t = ty_optional(x->m->types, r->result->type);
	struct ins *v = r->result, *item = r->first, *choice;

	ir_replace(each->other, each->other->first, item);
	ir_unlink(each->other->first);
	choice = ir_add(x->m, r, IR_COND, t, &each->other->result, 1,
	    each->at);
	choice->arg[0]->name = "keep";
	choice->name = "value";
	ir_unlink(item);
	ir_move(choice->body, r, choice);
	ir_insert_before(choice, item);
	x->r = choice->body;
	choice->body->result = lower_convert(x, v, t, each->at);
	x->r = choice->other = ir_region(x->m, x->f, choice);
	choice->other->result = lower_op(x, IR_NULL, t, NULL, 0, each->at);
	x->r = outer;
	ir_unlink(choice);
	ir_move(r, each->other, NULL);
	ir_append(r, choice);
	r->result = NULL;
	each->other = NULL;
	return choice;
}

static struct ins *
condition_too(struct lower *x, struct ins *each)
{
	struct ins *value[2], *call;
	const struct ty *list = each->type;

	value[1] = join(x, each);
	value[0] = value[1]->arg[0];
	call = move_out(x, each, value, 2);
	each->body->result = call;
	each->type = ty_list(x->m->types, call->type);
	return those_kept(x, each, list);
}

/* ---- all of it ---- */

struct ins *
lower_comprehension(struct lower *x, struct ast *e)
{
	struct ins *of = lower_expr(x, e->u.comprehension.list);
	struct ins *i = lower_op1(x, IR_EACH, e->type, of, e->at);
	struct ast *cond = e->u.comprehension.cond;

	i->u.i = e->u.comprehension.limit != NULL ?
	    e->u.comprehension.most : -1;
	if (cond != NULL) {
		i->other = ir_region(x->m, x->f, i);
		item_in(x, i->other, e, of->type->of);
		lower_value_in(x, i->other, cond);
	}
	item_in(x, i->body, e, of->type->of);
	lower_value_in(x, i->body, e->u.comprehension.value);
	take_scores(i, i->body);
	take_scores(i, i->other);
	if (ir_has_effect(i) || !ir_calls(i) || ir_each_call(i) != NULL)
		return i;
	if (any_calls(i->other))
		return condition_too(x, i);
	value_alone(x, i);
	return i;
}
