/* What is known of values that may be null or of several types, along the
 * ways through a body.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "front/check_in.h"

/* The variable that NAME or DOTs read, and the path from it; NULL if it is
 * something else.  Only what cannot change by itself has a path. */
static const struct symbol *
path_of(const struct ast *e, struct buf *path)
{
	const struct symbol *root;

	if (e->kind == AST_NAME && e->sym && (e->sym->kind == SYM_VAR ||
	    e->sym->kind == SYM_METRIC_ARG))
		return e->sym;
	if (e->kind == AST_INDEX && e->u.index.at->kind == AST_STRING) {
		root = path_of(e->u.index.of, path);
		buf_putc(path, '[');    /* quoted, or keys could forge paths */
		buf_json(path, e->u.index.at->u.string.text,
		    e->u.index.at->u.string.len);
		buf_putc(path, ']');
		return root;
	}
	if (e->kind != AST_DOT || e->sym)
		return NULL;
	root = path_of(e->u.dot.of, path);
	buf_printf(path, ".%s", e->u.dot.name);
	return root;
}

/* ---- the index ---- */

/* Facts are lists that share their older ends; what is known at a place is
 * the list there.  One of them is indexed: going to another one gives back
 * what that has not, and takes what it has besides.  As places follow each
 * other, that is little. */

struct newest {
	const struct fact *fact;
};

static unsigned
depth(const struct fact *f)
{
	return f ? f->depth : 0;
}

static struct newest *
newest(struct check *c, const struct symbol *root)
{
	union table_value *v;

	if (!c->facts.at.a)
		table_init(&c->facts.at, c->a);
	v = table_at(&c->facts.at, root);
	if (!v->p)
		v->p = arena_alloc(c->a, sizeof(struct newest));
	return v->p;
}

static void
go_to(struct check *c, const struct fact *to)
{
	struct fact_index *x = &c->facts;
	size_t n = 0;

	while (x->list != to) {
		if (depth(x->list) >= depth(to)) {
			newest(c, x->list->root)->fact = x->list->same;
			x->list = x->list->older;
			continue;
		}
		x->next = arena_grow(c->a, x->next, &x->cap, n + 1,
		    sizeof(*x->next));
		x->next[n++] = to;
		to = to->older;
	}
	while (n > 0) {
		x->list = x->next[--n];
		newest(c, x->list->root)->fact = x->list;
	}
}

/* Does it say which arm a value is? */
static bool
says_arm(uint64_t not)
{
	uint64_t left = FACT_ALL & ~not;

	return left != 0 && (left & (left - 1)) == 0;
}

/* What the path's value is known not to be in the list that is indexed.  Where
 * a test finds another arm than was known, the test is right: the other way
 * is never gone. */
static uint64_t
known(struct check *c, const struct symbol *root, const char *path)
{
	const struct fact *f = newest(c, root)->fact;
	uint64_t not = 0;

	for (; f && f->path; f = f->same)
		if (strcmp(f->path, path) == 0) {
			not |= f->not;
			if (says_arm(f->not))
				break;
		}
	return not;
}

static uint64_t
known_here(struct check *c, const struct ast *e)
{
	struct buf path = BASE_BUF_INIT;
	const struct symbol *root = c->now.facts ? path_of(e, &path) : NULL;
	uint64_t not = 0;

	if (root) {
		go_to(c, c->now.facts);
		not = known(c, root, buf_str(&path));
	}
	buf_release(&path);
	return not;
}

/* Adds a fact that says something new. */
static void
add(struct check *c, const struct symbol *root, const char *path, uint64_t not)
{
	const struct fact *same;
	struct fact *f;
	uint64_t old;

	go_to(c, c->now.facts);
	same = newest(c, root)->fact;
	old = path ? known(c, root, path) : 0;
	if (path ? says_arm(not) ? old == not : !(not & ~old) :
	    !same || !same->path)
		return;
	f = arena_alloc(c->a, sizeof(*f));
	*f = (struct fact){ root, path, not, c->now.facts, same,
	    depth(c->now.facts) + 1 };
	c->now.facts = f;
}

/* ---- what is learned and forgotten ---- */

const struct ty *
check_narrow(struct check *c, struct ast *e, const struct ty *t)
{
	unsigned i, left = 0, last = 0;
	uint64_t not;

	if (e == c->raw || (t->kind != TY_OPTIONAL && t->kind != TY_UNION))
		return t;
	not = known_here(c, e);
	if (not & FACT_WRONG)
		return check_poison(c);
	if (t->kind == TY_OPTIONAL) {
		if (!(not & FACT_NULL))
			return t;
		e->narrowed = true;
		t = t->of;
	}
	if (t->kind != TY_UNION || e == c->raw_union)
		return t;
	for (i = 0; i < t->n; i++)
		if (!(not & FACT_ARM(i))) {
			left++;
			last = i;
		}
	if (left != 1)
		return t;
	e->as = last + 1;
	return t->arm[last];
}

void
check_learn_not(struct check *c, const struct ast *e, uint64_t not)
{
	struct buf path = BASE_BUF_INIT;
	const struct symbol *root = path_of(e, &path);

	if (root)
		add(c, root, names_intern(c->names, buf_str(&path),
		    path.len), not);
	buf_release(&path);
}

void
check_forget(struct check *c, const struct symbol *root)
{
	if (c->now.facts)
		add(c, root, NULL, 0);
}

/* `e` is equal to `to`, or is not. */
static void
learn_equal(struct check *c, const struct ast *e, const struct ast *to,
    bool equal)
{
	const struct ty *t = e->type;
	int arm = -1;

	if (to->kind == AST_NULL) {
		if (!equal)
			check_learn_not(c, e, FACT_NULL);
		return;
	}
	if (to->type->kind == TY_POISON || to->type->kind == TY_OPTIONAL)
		return;
	if (t->kind == TY_OPTIONAL && equal)
		check_learn_not(c, e, FACT_NULL);
	t = ty_present(t);
	if (t->kind == TY_UNION && to->type->kind != TY_UNION)
		arm = ty_arm_index(to->type, t);
	if (arm < 0)
		return;
	if (equal)
		check_learn_not(c, e, FACT_ALL & ~FACT_ARM(arm));
	else if (t->arm[arm]->kind == TY_LITERAL && t->arm[arm]->n == 1)
		check_learn_not(c, e, FACT_ARM(arm));
}

void
check_learn(struct check *c, const struct ast *e, bool truth)
{
	const struct ast *a, *b;

	if (e->kind == AST_UNARY && e->u.unary.op == OP_NOT) {
		check_learn(c, e->u.unary.a, !truth);
		return;
	}
	if (e->kind == AST_IS && e->type->kind == TY_BOOL) {
		uint64_t arm = FACT_ARM(e->u.is.arm);

		check_learn_not(c, e->u.is.of, truth ? FACT_ALL & ~arm : arm);
		return;
	}
	if (e->kind != AST_BINARY)
		return;
	a = e->u.binary.a;
	b = e->u.binary.b;
	switch ((unsigned)e->u.binary.op) {
	case OP_AND: case OP_OR:
		if ((e->u.binary.op == OP_AND) == truth) {
			check_learn(c, a, truth);
			check_learn(c, b, truth);
		}
		break;
	case OP_EQ: case OP_NE:
		learn_equal(c, a, b, (e->u.binary.op == OP_EQ) == truth);
		learn_equal(c, b, a, (e->u.binary.op == OP_EQ) == truth);
		break;
	}
}

void
check_learn_all(struct check *c, const struct fact *before,
    const struct fact *own)
{
	const struct fact *f, **v;
	size_t n = 0, i = 0;

	for (f = own; f && f != before; f = f->older)
		n++;
	v = arena_array(c->a, n, sizeof *v);
	for (f = own; i < n; f = f->older)
		v[i++] = f;
	while (i-- > 0)
		add(c, v[i]->root, v[i]->path, v[i]->not);
}

/* What two ways have in common that went on from `before`. */
struct common {
	const struct symbol *root;
	const char *path;
	uint64_t not;
};

const struct fact *
check_join(struct check *c, const struct fact *before, const struct fact *x,
    bool x_goes_on, const struct fact *y, bool y_goes_on)
{
	const struct fact *f, *side[2] = { x, y };
	struct common *both;
	unsigned i, n = 0;

	if (!x_goes_on)
		return y_goes_on ? y : before;
	if (!y_goes_on)
		return x;
	for (f = x; f && f != before; f = f->older)
		n += f->path != NULL;
	both = arena_array(c->a, n, sizeof(*both));
	n = 0;
	go_to(c, x);
	for (f = x; f && f != before; f = f->older)
		if (f->path)
			both[n++] = (struct common){ f->root, f->path,
			    known(c, f->root, f->path) };
	go_to(c, y);
	for (i = 0; i < n; i++)
		both[i].not &= known(c, both[i].root, both[i].path);
	c->now.facts = before;
	for (i = 0; i < 2; i++)
		for (f = side[i]; f && f != before; f = f->older)
			if (!f->path)
				check_forget(c, f->root);
	for (i = 0; i < n; i++)
		if (both[i].not)
			add(c, both[i].root, both[i].path, both[i].not);
	return c->now.facts;
}

void
check_forget_set_in(struct check *c, const struct ast *n)
{
	struct ast *part[AST_PARTS];
	const struct symbol *s;
	unsigned i, count;

	if (!c->now.facts)
		return;
	if (n->kind == AST_ASSIGN && n->u.assign.to->kind == AST_NAME) {
		s = scope_find(c->now.scope, n->u.assign.to->u.name.name);
		if (s)
			check_forget(c, s);
		return;
	}
	if (n->kind < AST_LET || n->kind > AST_BLOCK)
		return;                 /* nothing is set in expressions */
	count = ast_parts(n, part);
	for (i = 0; i < count; i++)
		for (; part[i]; part[i] = part[i]->next)
			check_forget_set_in(c, part[i]);
}
