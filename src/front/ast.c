/* The tree: its parts, its words, its printed form.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"

#include <string.h>

#include "core/buf.h"

static const char *const words[AST_NKIND] = {
#define AST(kind, word) word,
#include "front/ast.def"
#undef AST
};

static const char *const ops[] = {
	[OP_NEG] = "-", [OP_NOT] = "!", [OP_ELSE] = "??",
	[OP_OR] = "||", [OP_AND] = "&&",
	[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<", [OP_GT] = ">",
	[OP_LE] = "<=", [OP_GE] = ">=", [OP_IN] = "in", [OP_RANGE] = "..",
	[OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/",
	[OP_MOD] = "%"
};

const char *
ast_word(enum ast_kind k)
{
	return words[k];
}

const char *
ast_op_text(enum ast_op op)
{
	return ops[op];
}

struct ast *
ast_option(struct ast *list, const char *name)
{
	for (; list; list = list->next)
		if (list->kind == AST_OPTION &&
		    strcmp(list->u.option.name, name) == 0)
			return list;
	return NULL;
}

static unsigned
parts(struct ast *part[AST_PARTS], struct ast *a, struct ast *b, struct ast *c,
    struct ast *d, struct ast *e)
{
	part[0] = a;
	part[1] = b;
	part[2] = c;
	part[3] = d;
	part[4] = e;
	return AST_PARTS;
}

/* Of declarations and what they are made of. */
static unsigned
decl_parts(const struct ast *n, struct ast *p[AST_PARTS])
{
	switch ((unsigned)n->kind) {
	case AST_CAPS:
		return parts(p, n->u.caps.cap, NULL, NULL, NULL, NULL);
	case AST_CONST:
		return parts(p, n->u.constant.type, n->u.constant.value, NULL,
		    NULL, NULL);
	case AST_PARAM:
		return parts(p, n->u.param.type, n->u.param.value,
		    n->u.param.tune, NULL, NULL);
	case AST_ENUM:
		return parts(p, n->u.enumeration.variant, NULL, NULL, NULL,
		    NULL);
	case AST_STRUCT:
		return parts(p, n->u.structure.field, NULL, NULL, NULL, NULL);
	case AST_TYPEDEF:
		return parts(p, n->u.type_def.type, NULL, NULL, NULL, NULL);
	case AST_SIGNATURE:
		return parts(p, n->u.signature.in, n->u.signature.out, NULL,
		    NULL, NULL);
	case AST_MODEL: case AST_RETRIEVER: case AST_MODULE: case AST_DATA:
		return parts(p, n->u.value.type, n->u.value.value,
		    n->u.value.option, NULL, NULL);
	case AST_TOOL:
		return parts(p, n->u.tool.in, n->u.tool.type, n->u.tool.attr,
		    n->u.tool.value, n->u.tool.option);
	case AST_METRIC:
		return parts(p, n->u.metric.arg, n->u.metric.value,
		    n->u.metric.body, n->u.metric.option, NULL);
	case AST_PROGRAM:
		return parts(p, n->u.program.in, n->u.program.out,
		    n->u.program.body, NULL, NULL);
	case AST_OPTIMIZE:
		return parts(p, n->u.optimize.option, NULL, NULL, NULL, NULL);
	case AST_TEST:
		return parts(p, n->u.test.arg, n->u.test.body, NULL, NULL,
		    NULL);
	case AST_VARIANT:
		return parts(p, n->u.variant.attr, NULL, NULL, NULL, NULL);
	case AST_FIELD:
		return parts(p, n->u.field.type, n->u.field.value,
		    n->u.field.attr, NULL, NULL);
	case AST_ATTR:
		return parts(p, n->u.attr.arg, NULL, NULL, NULL, NULL);
	case AST_OPTION:
		return parts(p, n->u.option.value, n->u.option.tune,
		    n->u.option.option, NULL, NULL);
	case AST_CAP:
		return parts(p, n->u.cap.arg, NULL, NULL, NULL, NULL);
	}
	return 0;
}

static unsigned
stmt_parts(const struct ast *n, struct ast *p[AST_PARTS])
{
	switch ((unsigned)n->kind) {
	case AST_LET:
		return parts(p, n->u.let.type, n->u.let.value, NULL, NULL,
		    NULL);
	case AST_ASSIGN:
		return parts(p, n->u.assign.to, n->u.assign.value, NULL, NULL,
		    NULL);
	case AST_EVAL:
		return parts(p, n->u.eval.value, NULL, NULL, NULL, NULL);
	case AST_FOR:
		return parts(p, n->u.for_.list, n->u.for_.limit,
		    n->u.for_.body, NULL, NULL);
	case AST_WHILE:
		return parts(p, n->u.while_.cond, n->u.while_.limit,
		    n->u.while_.body, NULL, NULL);
	case AST_IF:
		return parts(p, n->u.if_.cond, n->u.if_.yes, n->u.if_.no, NULL,
		    NULL);
	case AST_SWITCH:
		return parts(p, n->u.switch_.value, n->u.switch_.cases, NULL,
		    NULL, NULL);
	case AST_CASE:
		return parts(p, n->u.case_.value, n->u.case_.body, NULL, NULL,
		    NULL);
	case AST_PARALLEL:
		return parts(p, n->u.parallel.body, NULL, NULL, NULL, NULL);
	case AST_TRY:
		return parts(p, n->u.try_.body, n->u.try_.other, NULL, NULL,
		    NULL);
	case AST_REQUIRE:
		return parts(p, n->u.require.cond, n->u.require.hint,
		    n->u.require.retry, NULL, NULL);
	case AST_EXPECT:
		return parts(p, n->u.expect.cond, n->u.expect.hint, NULL, NULL,
		    NULL);
	case AST_CHECK:
		return parts(p, n->u.check.cond, n->u.check.hint, NULL, NULL,
		    NULL);
	case AST_RETURN:
		return parts(p, n->u.return_.value, n->u.return_.feedback,
		    NULL, NULL, NULL);
	case AST_FAIL:
		return parts(p, n->u.fail.value, NULL, NULL, NULL, NULL);
	case AST_BLOCK:
		return parts(p, n->u.block.stmt, NULL, NULL, NULL, NULL);
	}
	return 0;
}

/* Of types and expressions. */
static unsigned
expr_parts(const struct ast *n, struct ast *p[AST_PARTS])
{
	switch ((unsigned)n->kind) {
	case AST_T_LIST:
		return parts(p, n->u.t_list.of, NULL, NULL, NULL, NULL);
	case AST_T_OPTIONAL:
		return parts(p, n->u.t_optional.of, NULL, NULL, NULL, NULL);
	case AST_T_MAP:
		return parts(p, n->u.t_map.key, n->u.t_map.of, NULL, NULL,
		    NULL);
	case AST_T_UNION:
		return parts(p, n->u.t_union.arm, NULL, NULL, NULL, NULL);
	case AST_T_LITERAL:
		return parts(p, n->u.t_literal.value, NULL, NULL, NULL, NULL);
	case AST_LIST:
		return parts(p, n->u.list.item, NULL, NULL, NULL, NULL);
	case AST_RECORD:
		return parts(p, n->u.record.member, NULL, NULL, NULL, NULL);
	case AST_COMPREHENSION:
		return parts(p, n->u.comprehension.value,
		    n->u.comprehension.list, n->u.comprehension.limit,
		    n->u.comprehension.cond, NULL);
	case AST_CALL:
		return parts(p, n->u.call.fn, n->u.call.arg, NULL, NULL, NULL);
	case AST_ARG:
		return parts(p, n->u.arg.value, NULL, NULL, NULL, NULL);
	case AST_INDEX:
		return parts(p, n->u.index.of, n->u.index.at, NULL, NULL,
		    NULL);
	case AST_DOT:
		return parts(p, n->u.dot.of, NULL, NULL, NULL, NULL);
	case AST_UNARY:
		return parts(p, n->u.unary.a, NULL, NULL, NULL, NULL);
	case AST_BINARY:
		return parts(p, n->u.binary.a, n->u.binary.b, NULL, NULL,
		    NULL);
	case AST_COND:
		return parts(p, n->u.cond.cond, n->u.cond.yes, n->u.cond.no,
		    NULL, NULL);
	case AST_IS:
		return parts(p, n->u.is.of, n->u.is.type, NULL, NULL, NULL);
	}
	return 0;
}

unsigned
ast_parts(const struct ast *n, struct ast *part[AST_PARTS])
{
	if (n->kind < AST_T_NAME)
		return decl_parts(n, part);
	if (n->kind >= AST_LET && n->kind <= AST_BLOCK)
		return stmt_parts(n, part);
	return expr_parts(n, part);
}
