/* Values as C expressions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emit/emit_in.h"

static const char *
paren(struct fgen *fg, const char *s, enum prec has, enum prec wants)
{
	return has < wants ? arena_printf(&fg->g->a, "(%s)", s) : s;
}

static const char *
binary(struct fgen *fg, struct ins *i, const char *op, enum prec has,
    enum prec wants)
{
	enum prec more = (enum prec)(has + 1);
	enum prec left = has == PREC_EQ || has == PREC_REL ? more : has;
	const char *s = arena_printf(&fg->g->a, "%s %s %s",
	    fexpr(fg, i->arg[0], left), op, fexpr(fg, i->arg[1], more));

	return paren(fg, s, has, wants);
}

static bool
is_text(const struct ty *t)
{
	return ty_base(t)->kind == TY_STRING;
}

static bool
is_scalar(const struct ty *t)
{
	t = ty_base(t);
	return t->kind == TY_INT || t->kind == TY_FLOAT || t->kind == TY_BOOL ||
	    t->kind == TY_ENUM;
}

static bool
is_aggregate(const struct ty *t)
{
	return t->kind == TY_STRUCT || t->kind == TY_LIST ||
	    t->kind == TY_MAP || t->kind == TY_UNION;
}

/* Is the value in a variable, or a member of one? */
static bool
has_address(const struct fgen *fg, const struct ins *i)
{
	if (!fg->plan.inl[i->id])
		return true;
	if (i->op == IR_FIELD || i->op == IR_AS)
		return i->arg[0]->op == IR_ARG || has_address(fg, i->arg[0]);
	return i->op == IR_ARG || i->op == IR_ITEM || i->op == IR_GET ||
	    (i->op == IR_UNWRAP && ty_base(i->type)->kind != TY_STRING) ||
	    (i->op == IR_WIDEN && has_address(fg, i->arg[0]));
}

const char *
fexpr_address(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;

	if (i->op == IR_WIDEN && fg->plan.inl[i->id])
		return fexpr_address(fg, i->arg[0]);
	if (i->op == IR_UNWRAP && ty_base(i->type)->kind != TY_STRING &&
	    fg->plan.inl[i->id])
		return fexpr(fg, i->arg[0], PREC_UNARY);
	if (has_address(fg, i))
		return arena_printf(a, "&%s", fexpr(fg, i, PREC_UNARY));
	if (i->op == IR_LIST || i->op == IR_MAP || i->op == IR_RECORD)
		return arena_printf(a, "&%s", fexpr(fg, i, PREC_POST));
	/* In the braces of a struct its members would have to stand. */
	return arena_printf(a, is_aggregate(i->type) ? "(%s[1]){ %s }" :
	    "&(%s){ %s }", gtype_c(fg->g, i->type), fexpr(fg, i, PREC_COND));
}

static const char *
arith(struct fgen *fg, struct ins *i, const char *op, const char *fn,
    enum prec has, enum prec wants)
{
	if (i->type->kind == TY_FLOAT && fn[0] == 'i')
		return binary(fg, i, op, has, wants);
	fg->uses_m = fg->can_fail = true;
	return arena_printf(&fg->g->a, "mip_%s(m, %s, %s)", fn,
	    fexpr(fg, i->arg[0], PREC_COND), fexpr(fg, i->arg[1], PREC_COND));
}

static const char *
divide(struct fgen *fg, struct ins *i, bool rest)
{
	bool is_int = i->type->kind == TY_INT;

	fg->uses_m = fg->can_fail = true;
	return arena_printf(&fg->g->a, "mip_%s_%s(m, %s, %s)",
	    is_int ? "int" : "float", rest ? "mod" : "div",
	    fexpr(fg, i->arg[0], PREC_COND), fexpr(fg, i->arg[1], PREC_COND));
}

static const char *
equal(struct fgen *fg, struct ins *i, bool not, enum prec wants)
{
	struct arena *a = &fg->g->a;
	const struct ty *t = i->arg[0]->type;

	if (is_scalar(t))
		return binary(fg, i, not ? "!=" : "==", PREC_EQ, wants);
	if (is_text(t))
		return arena_printf(a, "%smip_string_eq(%s, %s)",
		    not ? "!" : "", fexpr(fg, i->arg[0], PREC_COND),
		    fexpr(fg, i->arg[1], PREC_COND));
	return arena_printf(a, "%smip_equal(%s, %s, %s)", not ? "!" : "",
	    gtype_desc(fg->g, t), fexpr_address(fg, i->arg[0]),
	    fexpr_address(fg, i->arg[1]));
}

static const char *
compare(struct fgen *fg, struct ins *i, const char *op, enum prec wants)
{
	const char *s;

	if (!is_text(i->arg[0]->type))
		return binary(fg, i, op, PREC_REL, wants);
	s = arena_printf(&fg->g->a, "mip_string_cmp(%s, %s) %s 0",
	    fexpr(fg, i->arg[0], PREC_COND), fexpr(fg, i->arg[1], PREC_COND),
	    op);
	return paren(fg, s, PREC_REL, wants);
}

/* && inside || is put in parentheses, as compilers ask for. */
static const char *
logic(struct fgen *fg, struct ins *i, enum prec wants)
{
	bool and = i->op == IR_AND;
	enum prec has = and ? PREC_AND : PREC_OR;
	struct ins *b = i->body->result;
	const char *s = arena_printf(&fg->g->a, "%s %s %s",
	    fexpr(fg, i->arg[0], i->arg[0]->op == i->op ? has : PREC_EQ),
	    and ? "&&" : "||",
	    fexpr(fg, b, b->op == i->op ? has : PREC_EQ));

	return paren(fg, s, has, wants);
}

/* A member of the C struct that `of` is. */
static const char *
member(struct fgen *fg, struct ins *of, const char *name)
{
	bool pointer = false;
	const char *s;

	if (of->op == IR_UNWRAP && fg->plan.inl[of->id]) {
		of = of->arg[0];
		pointer = true;
	} else if (of->op == IR_ARG && fg->f->kind == FN_METRIC) {
		pointer = true;
	}
	s = fexpr(fg, of, PREC_POST);
	return arena_printf(&fg->g->a, "%s%s%s", s, pointer ? "->" : ".",
	    name);
}

static const char *
field(struct fgen *fg, struct ins *i)
{
	return member(fg, i->arg[0], gtype_member(fg->g, i->arg[0]->type,
	    i->u.n));
}

static const char *
is_arm(struct fgen *fg, struct ins *i, bool not, enum prec wants)
{
	return paren(fg, arena_printf(&fg->g->a, "%s %s %u", member(fg,
	    i->arg[0], "arm"), not ? "!=" : "==", i->u.n), PREC_EQ, wants);
}

static const char *
as_arm(struct fgen *fg, struct ins *i)
{
	return member(fg, i->arg[0], arena_printf(&fg->g->a, "u.%s",
	    gtype_arm(fg->g, i->arg[0]->type, i->u.n)));
}

static const char *
argument(struct fgen *fg, struct ins *i)
{
	static const char *const metric[] = { "gold", "in", "out" };

	if (fg->f->kind != FN_METRIC) {
		fg->uses_in = true;
		return arena_printf(&fg->g->a, "in->%s",
		    gtype_member(fg->g, fg->f->in, i->u.n));
	}
	fg->uses_gold |= i->u.n == 0;
	fg->uses_in |= i->u.n == 1;
	fg->uses_out |= i->u.n == 2;
	return metric[i->u.n];
}

static const char *
record(struct fgen *fg, struct ins *i)
{
	struct buf b = BASE_BUF_INIT;

	buf_printf(&b, "(%s){", gtype_c(fg->g, i->type));
	for (unsigned k = 0; k < i->narg; k++)
		buf_printf(&b, "%s .%s = %s", k > 0 ? "," : "",
		    gtype_member(fg->g, i->type, k),
		    fexpr(fg, i->arg[k], PREC_COND));
	buf_puts(&b, " }");
	return gen_take(fg->g, &b);
}

static const char *
concat(struct fgen *fg, struct ins *i)
{
	struct buf b = BASE_BUF_INIT;

	fg->uses_m = fg->can_exhaust = true;
	buf_puts(&b, "mip_concat(m");
	for (unsigned k = 0; k < i->narg; k++)
		buf_printf(&b, ", %s", fexpr(fg, i->arg[k], PREC_COND));
	buf_puts(&b, ", NULL)");
	return gen_take(fg->g, &b);
}

bool
fexpr_writes(enum builtin_id id)
{
	return builtins[id].c != NULL && builtin_generic(builtins[id].out);
}

const struct ty *
fexpr_any(const struct ins *i)
{
	struct builtin_param p[BUILTIN_PARAMS];
	unsigned n = builtin_params(&builtins[i->u.lib], p);
	const struct ty *any = NULL;

	if (builtins[i->u.lib].c == NULL || (i->u.lib == BI_EXACT_VALUE &&
	    is_scalar(i->arg[0]->type)))
		return NULL;
	for (unsigned k = 0; k < n && any == NULL; k++)
		builtin_is(p[k].type, i->arg[k]->type, &any);
	return any;
}

const char *
fexpr_lib(struct fgen *fg, struct ins *i, const char *out)
{
	const struct builtin *l = &builtins[i->u.lib];
	const struct ty *any = fexpr_any(i);
	struct builtin_param p[BUILTIN_PARAMS];
	struct arena *a = &fg->g->a;
	const char *s = "", *comma = "";

	builtin_params(l, p);
	fg->can_fail |= (l->flags & BF_FAIL) != 0;
	if (l->flags & BF_CTX) {
		fg->uses_m = fg->can_exhaust = true;
		s = "m";
		comma = ", ";
	}
	if (any != NULL) {
		s = arena_printf(a, "%s%s%s", s, comma,
		    gtype_desc(fg->g, any));
		comma = ", ";
	}
	for (unsigned k = 0; k < i->narg; k++) {
		s = arena_printf(a, "%s%s%s", s, comma,
		    builtin_generic(p[k].type) ?
		    fexpr_address(fg, i->arg[k]) :
		    fexpr(fg, i->arg[k], PREC_COND));
		comma = ", ";
	}
	if (out != NULL)
		s = arena_printf(a, "%s%s&%s", s, comma, out);
	return arena_printf(a, "%s(%s)", l->c, s);
}

static const char *
library(struct fgen *fg, struct ins *i, enum prec wants)
{
	struct arena *a = &fg->g->a;

	if (i->u.lib == BI_LEN_LIST || i->u.lib == BI_LEN_MAP)
		return paren(fg, arena_printf(a, "(int64_t)%s.n",
		    fexpr(fg, i->arg[0], PREC_POST)), PREC_UNARY, wants);
	if (i->u.lib == BI_EXACT_VALUE && is_scalar(i->arg[0]->type))
		return paren(fg, arena_printf(a, "%s == %s ? 1.0 : 0.0",
		    fexpr(fg, i->arg[0], PREC_REL),
		    fexpr(fg, i->arg[1], PREC_REL)), PREC_COND, wants);
	if (i->u.lib == BI_EXACT_VALUE)
		return paren(fg, arena_printf(a, "%s ? 1.0 : 0.0",
		    fexpr_lib(fg, i, NULL)), PREC_COND, wants);
	return fexpr_lib(fg, i, NULL);
}

static const char *
parameter(struct fgen *fg, const struct param *p)
{
	enum ty_kind k = ty_base(p->type)->kind;
	const char *kind = k == TY_INT ? "int" : k == TY_FLOAT ? "float" :
	    k == TY_BOOL ? "bool" : "string";

	fg->uses_m = true;
	return arena_printf(&fg->g->a, "mip_param_%s(m, &%s)", kind,
	    p->c_name);
}

static const char *
conditional(struct fgen *fg, struct ins *i, enum prec wants)
{
	return paren(fg, arena_printf(&fg->g->a, "%s ? %s : %s",
	    fexpr(fg, i->arg[0], PREC_OR),
	    fexpr(fg, i->body->result, PREC_OR),
	    fexpr(fg, i->other->result, PREC_COND)), PREC_COND, wants);
}

/* A number that is below zero wants parentheses behind a minus. */
static const char *
negative(struct fgen *fg, struct ins *i, enum prec wants)
{
	if (i->type->kind == TY_INT) {
		fg->uses_m = fg->can_fail = true;
		return arena_printf(&fg->g->a, "mip_int_neg(m, %s)",
		    fexpr(fg, i->arg[0], PREC_COND));
	}
	return paren(fg, arena_printf(&fg->g->a, "-%s",
	    fexpr(fg, i->arg[0], PREC_POST)), PREC_UNARY, wants);
}

static const char *
constant(struct fgen *fg, struct ins *i, enum prec wants)
{
	struct gen *g = fg->g;
	const char *s;

	switch ((int)i->op) {
	case IR_STRING: return gen_string(g, i->u.s);
	case IR_INT:    s = gen_int(g, i->u.i); break;
	case IR_FLOAT:  s = gen_float(g, i->u.f); break;
	case IR_BOOL:   return i->u.i ? "true" : "false";
	case IR_ENUM:   return gtype_variant(g, i->type, (unsigned)i->u.i);
	default:        return "NULL";
	}
	return s[0] == '-' ? paren(fg, s, PREC_UNARY, wants) : s;
}

const char *
fexpr_not(struct fgen *fg, struct ins *of, enum prec wants)
{
	struct arena *a = &fg->g->a;

	if (of->op == IR_NOT && fg->plan.inl[of->id])
		return fexpr(fg, of->arg[0], wants);
	if (of->op == IR_ISNULL && fg->plan.inl[of->id])
		return paren(fg, arena_printf(a, "%s != NULL",
		    fexpr(fg, of->arg[0], PREC_REL)), PREC_EQ, wants);
	if (of->op == IR_IS && fg->plan.inl[of->id])
		return is_arm(fg, of, true, wants);
	if ((of->op == IR_EQ || of->op == IR_NE) && fg->plan.inl[of->id])
		return equal(fg, of, of->op == IR_EQ, wants);
	return paren(fg, arena_printf(a, "!%s", fexpr(fg, of, PREC_UNARY)),
	    PREC_UNARY, wants);
}

static const char *
text_of(struct fgen *fg, struct ins *i, enum prec wants)
{
	struct arena *a = &fg->g->a;

	switch (i->op) {
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL: case IR_NULL:
	case IR_ENUM:   return constant(fg, i, wants);
	case IR_ARG:    return argument(fg, i);
	case IR_PARAM:  return parameter(fg, i->u.param);
	case IR_ITEM:   BUG("an item has no name");
	case IR_GET:    return fg->var[i->u.var->id];
	case IR_FIELD:  return field(fg, i);
	case IR_RECORD: return record(fg, i);
	case IR_LIST:   return arena_printf(a, "(%s){ NULL, 0 }",
			    gtype_c(fg->g, i->type));
	case IR_MAP:    return arena_printf(a, "(%s){ NULL, NULL, 0 }",
			    gtype_c(fg->g, i->type));
	case IR_TOFLOAT:
		return paren(fg, arena_printf(a, "(double)%s",
		    fexpr(fg, i->arg[0], PREC_UNARY)), PREC_UNARY, wants);
	case IR_SOME:
	case IR_WIDEN:  return fexpr(fg, i->arg[0], wants);
	case IR_UNWRAP:
		if (ty_base(i->type)->kind == TY_STRING)
			return fexpr(fg, i->arg[0], wants);
		return paren(fg, arena_printf(a, "*%s",
		    fexpr(fg, i->arg[0], PREC_UNARY)), PREC_UNARY, wants);
	case IR_IS:  return is_arm(fg, i, false, wants);
	case IR_AS:  return as_arm(fg, i);
	case IR_ISNULL:
		return paren(fg, arena_printf(a, "%s == NULL",
		    fexpr(fg, i->arg[0], PREC_REL)), PREC_EQ, wants);
	case IR_ADD: return arith(fg, i, "+", "int_add", PREC_ADD, wants);
	case IR_SUB: return arith(fg, i, "-", "int_sub", PREC_ADD, wants);
	case IR_MUL: return arith(fg, i, "*", "int_mul", PREC_MUL, wants);
	case IR_DIV: return divide(fg, i, false);
	case IR_MOD: return divide(fg, i, true);
	case IR_NEG: return negative(fg, i, wants);
	case IR_CONCAT: return concat(fg, i);
	case IR_EQ:  return equal(fg, i, false, wants);
	case IR_NE:  return equal(fg, i, true, wants);
	case IR_LT:  return compare(fg, i, "<", wants);
	case IR_LE:  return compare(fg, i, "<=", wants);
	case IR_GT:  return compare(fg, i, ">", wants);
	case IR_GE:  return compare(fg, i, ">=", wants);
	case IR_HAS:
		if (i->arg[1]->type->kind == TY_MAP)
			return arena_printf(a, "mip_map_has(%s, %s)",
			    fexpr_address(fg, i->arg[1]),
			    fexpr(fg, i->arg[0], PREC_COND));
		return arena_printf(a, "mip_list_has(%s, %s, %s)",
		    gtype_desc(fg->g, i->arg[0]->type),
		    fexpr_address(fg, i->arg[1]),
		    fexpr_address(fg, i->arg[0]));
	case IR_NOT: return fexpr_not(fg, i->arg[0], wants);
	case IR_AND:
	case IR_OR:   return logic(fg, i, wants);
	case IR_COND: return conditional(fg, i, wants);
	case IR_LIB:  return library(fg, i, wants);
	case IR_CAUGHT:
		fg->uses_m = true;
		return "mip_failure(m)";
	case IR_INJECT: case IR_SET: case IR_INDEX: case IR_LOOKUP:
	case IR_EACH: case IR_APPEND: case IR_ASK: case IR_CALL: case IR_JUDGE:
	case IR_SEARCH: case IR_EMBED: case IR_RUN: case IR_SCORE:
	case IR_CREDIT:
	case IR_IF: case IR_FOR: case IR_RANGE: case IR_WHILE: case IR_SWITCH:
	case IR_CASE: case IR_PAR: case IR_RETRY: case IR_TRY: case IR_BREAK:
	case IR_CONTINUE: case IR_EXPECT: case IR_CHECK: case IR_RET:
	case IR_FAIL: case IR_NOP:
		break;
	}
	BUG("%s is no expression", ir_ops[i->op].text);
}

const char *
fexpr(struct fgen *fg, struct ins *i, enum prec wants)
{
	if (fg->value[i->id] != NULL)
		return fg->value[i->id];
	return text_of(fg, i, wants);
}
