/* The tree as text, one node a line (--emit=ast).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"

#include <string.h>

#include "core/buf.h"

static void
put_name(struct buf *b, const char *name)
{
	if (name)
		buf_printf(b, " %s", name);
}

static void
put_text(struct buf *b, const char *text)
{
	if (!text)
		return;
	buf_putc(b, ' ');
	buf_json(b, text, strlen(text));
}

static const char *
unit_text(enum ast_unit u)
{
	switch (u) {
	case UNIT_MS:      return "ms";
	case UNIT_S:       return "s";
	case UNIT_MIN:     return "min";
	case UNIT_H:       return "h";
	case UNIT_K:       return "k";
	case UNIT_M:       return "M";
	case UNIT_PERCENT: return "%";
	case UNIT_USD:     return "usd";
	}
	BUG("unit");
}

/* Names and texts of a declaration, type or statement. */
static void
put_decl(struct buf *b, const struct ast *n)
{
	switch ((unsigned)n->kind) {
	case AST_IMPORT:
		put_text(b, n->u.import.path);
		put_name(b, n->u.import.name);
		break;
	case AST_CONST:     put_name(b, n->u.constant.name); break;
	case AST_PARAM:
		put_name(b, n->u.param.name);
		put_text(b, n->u.param.desc);
		break;
	case AST_ENUM:      put_name(b, n->u.enumeration.name); break;
	case AST_STRUCT:    put_name(b, n->u.structure.name); break;
	case AST_TYPEDEF:   put_name(b, n->u.type_def.name); break;
	case AST_SIGNATURE:
		put_name(b, n->u.signature.name);
		put_text(b, n->u.signature.text);
		break;
	case AST_MODEL: case AST_RETRIEVER: case AST_MODULE: case AST_DATA:
		put_name(b, n->u.value.name);
		break;
	case AST_TOOL:
		put_name(b, n->u.tool.name);
		put_text(b, n->u.tool.desc);
		break;
	case AST_METRIC:    put_name(b, n->u.metric.name); break;
	case AST_PROGRAM:
		put_name(b, n->u.program.name);
		put_text(b, n->u.program.desc);
		break;
	case AST_OPTIMIZE:  put_name(b, n->u.optimize.name); break;
	case AST_TEST:      put_text(b, n->u.test.name); break;
	case AST_VARIANT:
		put_name(b, n->u.variant.name);
		put_text(b, n->u.variant.desc);
		break;
	case AST_FIELD:
		put_name(b, n->u.field.name);
		put_text(b, n->u.field.desc);
		break;
	case AST_ATTR:      put_name(b, n->u.attr.name); break;
	case AST_OPTION:    put_name(b, n->u.option.name); break;
	case AST_CAP:
		put_name(b, n->u.cap.module);
		put_name(b, n->u.cap.name);
		break;
	case AST_T_NAME:
		put_name(b, n->u.t_name.module);
		put_name(b, n->u.t_name.name);
		break;
	case AST_LET:       put_name(b, n->u.let.name); break;
	case AST_ASSIGN:    put_name(b, n->u.assign.add ? "+=" : "="); break;
	case AST_FOR:       put_name(b, n->u.for_.name); break;
	case AST_CASE:
		put_name(b, n->u.case_.is_default ? "default" : NULL);
		break;
	}
}

static void
put_expr(struct buf *b, const struct ast *n)
{
	switch ((unsigned)n->kind) {
	case AST_NAME:      put_name(b, n->u.name.name); break;
	case AST_INT:
		buf_putc(b, ' ');
		buf_int(b, n->u.integer.value);
		break;
	case AST_FLOAT:
		buf_putc(b, ' ');
		buf_double(b, n->u.number.value);
		break;
	case AST_QUANTITY:
		buf_putc(b, ' ');
		buf_double(b, n->u.quantity.value);
		put_name(b, unit_text(n->u.quantity.unit));
		break;
	case AST_STRING:    put_text(b, n->u.string.text); break;
	case AST_BOOL:
		put_name(b, n->u.boolean.value ? "true" : "false");
		break;
	case AST_COMPREHENSION:
		put_name(b, n->u.comprehension.name);
		break;
	case AST_ARG:       put_name(b, n->u.arg.name); break;
	case AST_DOT:       put_name(b, n->u.dot.name); break;
	case AST_UNARY:     put_name(b, ast_op_text(n->u.unary.op)); break;
	case AST_BINARY:    put_name(b, ast_op_text(n->u.binary.op)); break;
	}
}

/* What tells apart parts that look alike: the word before a part. */
static const char *
role(const struct ast *n, unsigned i)
{
	switch ((unsigned)n->kind) {
	case AST_SIGNATURE: case AST_PROGRAM:
		return i == 0 ? "in " : i == 1 ? "out " : "";
	case AST_IF:
		return i == 2 ? "else " : "";
	case AST_FOR:
		return i == 1 ? "limit " : "";
	case AST_WHILE:
		return i == 1 ? "limit " : "";
	case AST_COMPREHENSION:
		return i == 2 ? "limit " : i == 3 ? "if " : "";
	case AST_PARAM: case AST_OPTION:
		return n->kind == AST_PARAM && i == 2 ? "tune " :
		    n->kind == AST_OPTION && i == 1 ? "tune " : "";
	case AST_REQUIRE:
		return i == 2 ? "retry " : "";
	}
	return "";
}

static void
dump(struct buf *b, const struct ast *n, const char *before, unsigned depth)
{
	struct ast *part[AST_PARTS];
	const struct ast *p;
	unsigned i, count;

	for (i = 0; i < depth; i++)
		buf_puts(b, "  ");
	buf_puts(b, before);
	buf_puts(b, ast_word(n->kind));
	if (n->kind < AST_NAME)
		put_decl(b, n);
	else
		put_expr(b, n);
	buf_putc(b, '\n');
	count = ast_parts(n, part);
	for (i = 0; i < count; i++)
		for (p = part[i]; p; p = p->next)
			dump(b, p, role(n, i), depth + 1);
}

void
ast_dump(FILE *f, const struct unit *u)
{
	struct buf b = BASE_BUF_INIT;
	const struct ast *n;

	for (n = u->decl; n; n = n->next) {
		dump(&b, n, "", 0);
		fwrite(buf_str(&b), 1, b.len, f);
		buf_reset(&b);
	}
	buf_release(&b);
}
