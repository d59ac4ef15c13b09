/* A program as a graph for dot(1): what is asked, and where it goes.
 *
 * A function is a cluster.  Its nodes are its inputs and outputs, what calls
 * something, and variables that are set again; edges are values on their way,
 * whatever is computed of them.  Control that something is called in is a
 * cluster inside, and dashed edges lead to it from what decides on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/table.h"
#include "emit/emit.h"

enum { MOST = 8 };                      /* sources of a value without a node */

/* Nodes that a value comes from. */
struct origins {
	const char *v[MOST];
	unsigned n;
};

struct graph {
	struct arena a;
	struct buf *b;
	struct buf edges;               /* of this function */
	struct table drawn;
	const struct fn *f;
	unsigned number;                /* of it */
	struct origins *from;           /* by ins->id */
	const char **node;              /* by ins->id: the first in it */
	bool *shown;                    /* by var->id */
	unsigned depth;
};

static void
line(struct graph *g, const char *fmt, ...) BASE_PRINTF(2, 3);

static void
line(struct graph *g, const char *fmt, ...)
{
	va_list ap;

	for (unsigned i = 0; i < g->depth; i++)
		buf_putc(g->b, '\t');
	va_start(ap, fmt);
	buf_vprintf(g->b, fmt, ap);
	va_end(ap);
	buf_putc(g->b, '\n');
}

/* In quotes; "\n" is dot's newline. */
static const char *
quoted(struct graph *g, const char *s)
{
	struct buf b = BASE_BUF_INIT;
	const char *text;

	buf_putc(&b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(&b, '\\');
		if (*s == '\n')
			buf_puts(&b, "\\n");
		else
			buf_putc(&b, *s);
	}
	buf_putc(&b, '"');
	text = arena_strdup(&g->a, buf_str(&b));
	buf_release(&b);
	return text;
}

/* ---- nodes ---- */

/* What goes out and comes back. */
static bool
is_call(const struct ins *i)
{
	unsigned flags = ir_ops[i->op].flags;

	return (flags & OPF_VALUE) != 0 && (flags & OPF_PURE) == 0 &&
	    i->op != IR_GET;
}

/* What is called; NULL: nothing that has a name. */
static const char *
callee(const struct ins *i)
{
	return i->op == IR_CALL ? i->u.tool->name :
	    i->op == IR_SEARCH ? i->u.retriever->name :
	    i->op == IR_EMBED ? i->u.model->name : NULL;
}

static const char *
call_label(struct graph *g, const struct ins *i)
{
	const struct mip_model *m;

	if (i->op == IR_RUN || i->op == IR_SCORE)
		return i->u.fn->name;
	if (callee(i) != NULL)
		return arena_printf(&g->a, "%s\n%s", ir_ops[i->op].text,
		    callee(i));
	if (i->op != IR_ASK)
		return i->name != NULL ? arena_printf(&g->a, "%s\n%s",
		    ir_ops[i->op].text, i->name) : ir_ops[i->op].text;
	m = i->u.prompt->model;
	return arena_printf(&g->a, "%s\n%s%s%s", i->u.prompt->name,
	    m != NULL ? m->name : "", i->u.prompt->cases != NULL ? "\nknn " :
	    "", i->u.prompt->cases != NULL ? i->u.prompt->cases->name : "");
}

static const char *
shape(const struct ins *i)
{
	return i->op == IR_ASK ? "box" : i->op == IR_RUN ||
	    i->op == IR_SCORE ? "box3d" : "cylinder";
}

/* The inputs of a call by their names, as far as they have any. */
static const char *
input_name(const struct ins *i, unsigned k)
{
	const struct ty *in = i->op == IR_ASK ? i->u.prompt->in :
	    i->op == IR_RUN ? i->u.fn->in : NULL;

	return in != NULL && k < in->n ? in->field[k].name : NULL;
}

static const char *
fields(struct graph *g, const struct ty *t)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	for (unsigned i = 0; i < t->n; i++)
		buf_printf(&b, "%s%s", i > 0 ? "\n" : "", t->field[i].name);
	s = arena_strdup(&g->a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* ---- edges ---- */

static void
add(struct origins *to, const char *node)
{
	for (unsigned i = 0; i < to->n; i++)
		if (strcmp(to->v[i], node) == 0)
			return;
	if (to->n < MOST)
		to->v[to->n++] = node;
}

/* Each once; what a variable's value owes to itself goes without saying. */
static void
edge(struct graph *g, const char *from, const char *to, const char *rest)
{
	const char *s = arena_printf(&g->a, "\t\t%s -> %s%s\n", from, to, rest);

	if (strcmp(from, to) != 0 && table_at(&g->drawn, s)->n++ == 0)
		buf_puts(&g->edges, s);
}

/* Edges to a node from what the arguments come from, one for each source with
 * the names of all it gives. */
static void
edges_to(struct graph *g, const struct ins *i, const char *node)
{
	struct origins all = { .n = 0 };
	const char *label[MOST] = { NULL };

	for (unsigned k = 0; k < i->narg; k++) {
		const struct origins *s = &g->from[i->arg[k]->id];
		const char *name = input_name(i, k);

		for (unsigned n = 0; n < s->n; n++) {
			unsigned at = 0;

			add(&all, s->v[n]);
			while (at < all.n && strcmp(all.v[at], s->v[n]) != 0)
				at++;
			if (name != NULL && at < all.n)
				label[at] = label[at] == NULL ? name :
				    arena_printf(&g->a, "%s\n%s", label[at],
				    name);
		}
	}
	for (unsigned n = 0; n < all.n; n++)
		edge(g, all.v[n], node, label[n] == NULL ? "" :
		    arena_printf(&g->a, " [label = %s]",
		    quoted(g, label[n])));
}

/* A value that comes from more than an edge can say gets a node. */
static void
gather(struct graph *g, const struct ins *i)
{
	struct origins *to = &g->from[i->id];
	const struct region *r[2] = { i->body, i->other };
	unsigned n = 0;
	const char *node;

	for (unsigned k = 0; k < i->narg; k++) {
		n += g->from[i->arg[k]->id].n;
		for (unsigned s = 0; s < g->from[i->arg[k]->id].n; s++)
			add(to, g->from[i->arg[k]->id].v[s]);
	}
	for (unsigned k = 0; k < 2; k++)
		if (r[k] != NULL && r[k]->result != NULL)
			for (unsigned s = 0; s < g->from[r[k]->result->id].n;
			    s++)
				add(to, g->from[r[k]->result->id].v[s]);
	if (to->n < MOST || n < MOST)
		return;
	node = arena_printf(&g->a, "f%u_%u", g->number, i->id);
	line(g, "%s [shape = plaintext, label = %s]", node, quoted(g,
	    i->name != NULL ? i->name : ir_ops[i->op].text));
	edges_to(g, i, node);
	*to = (struct origins){ { node }, 1 };
}

/* ---- regions ---- */

/* Notes the first node in each operation, for edges that lead to a cluster;
 * gives that of the region. */
static const char *
first_node(struct graph *g, const struct region *r)
{
	const char *first = NULL, *in;

	for (const struct ins *i = r != NULL ? r->first : NULL; i != NULL;
	    i = i->next) {
		const char *body = first_node(g, i->body);
		const char *other = first_node(g, i->other);

		in = body != NULL ? body : other;
		if (is_call(i))
			in = arena_printf(&g->a, "f%u_%u", g->number, i->id);
		g->node[i->id] = in;
		if (first == NULL)
			first = in;
	}
	return first;
}

static const char *
control_label(struct graph *g, const struct ins *i)
{
	bool bound = i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_WHILE || i->op == IR_RETRY;

	if (!bound || i->u.i < 0)
		return ir_ops[i->op].text;
	return arena_printf(&g->a, i->op == IR_RETRY ?
	    "%s, %" PRId64 " more" : "%s, at most %" PRId64,
	    ir_ops[i->op].text, i->u.i);
}

static void put_region(struct graph *g, const struct region *r);

static void
put_variable(struct graph *g, const struct var *v)
{
	if (g->shown[v->id])
		return;
	g->shown[v->id] = true;
	line(g, "f%u_v%u [shape = plaintext, label = %s]", g->number, v->id,
	    quoted(g, v->name));
}

static void
put_cluster(struct graph *g, const struct ins *i)
{
	const char *first = g->node[i->id];

	line(g, "subgraph cluster_f%u_%u {", g->number, i->id);
	g->depth++;
	line(g, "label = %s", quoted(g, control_label(g, i)));
	line(g, "style = dotted");
	put_region(g, i->body);
	put_region(g, i->other);
	g->depth--;
	line(g, "}");
	for (unsigned k = 0; k < i->narg; k++)
		for (unsigned s = 0; s < g->from[i->arg[k]->id].n; s++)
			edge(g, g->from[i->arg[k]->id].v[s], first,
			    arena_printf(&g->a, " [lhead = cluster_f%u_%u, "
			    "style = dashed]", g->number, i->id));
}

static void
put_ins(struct graph *g, const struct ins *i)
{
	const char *node;

	if (is_call(i)) {
		node = g->node[i->id];
		line(g, "%s [shape = %s, label = %s]", node, shape(i),
		    quoted(g, call_label(g, i)));
		edges_to(g, i, node);
		add(&g->from[i->id], node);
	} else if (i->op == IR_ARG) {
		add(&g->from[i->id], arena_printf(&g->a, "f%u_in",
		    g->number));
	} else if (i->op == IR_ITEM) {
		g->from[i->id] = g->from[i->in->owner->arg[0]->id];
	} else if (i->op == IR_GET) {
		put_variable(g, i->u.var);
		add(&g->from[i->id], arena_printf(&g->a, "f%u_v%u",
		    g->number, i->u.var->id));
	} else if (i->op == IR_SET) {
		put_variable(g, i->u.var);
		edges_to(g, i, arena_printf(&g->a, "f%u_v%u", g->number,
		    i->u.var->id));
	} else if (i->op == IR_RET) {
		edges_to(g, i, arena_printf(&g->a, "f%u_out", g->number));
	} else if (i->body != NULL && g->node[i->id] != NULL) {
		put_cluster(g, i);
	} else {
		put_region(g, i->body);
		put_region(g, i->other);
	}
	if (!is_call(i) && i->op != IR_GET && i->op != IR_ITEM)
		gather(g, i);
}

static void
put_region(struct graph *g, const struct region *r)
{
	for (const struct ins *i = r != NULL ? r->first : NULL; i != NULL;
	    i = i->next)
		put_ins(g, i);
}

/* ---- functions ---- */

/* What it is called with, and what it gives; a test has neither. */
static void
put_ends(struct graph *g, const struct fn *f)
{
	if (f->in != NULL)
		line(g, "f%u_in [shape = oval, label = %s]", g->number,
		    quoted(g, fields(g, f->in)));
	if (f->out != NULL)
		line(g, "f%u_out [shape = oval, label = %s]", g->number,
		    quoted(g, f->kind == FN_METRIC ? "score" :
		    f->kind == FN_CHECK ? "holds" : fields(g, f->out)));
}

static void
put_fn(struct graph *g, struct fn *f)
{
	const char *calls = f->calls_min == f->calls_max ?
	    arena_printf(&g->a, "%" PRIu64, f->calls_min) :
	    f->calls_max == UINT64_MAX ?
	    arena_printf(&g->a, "%" PRIu64 " or more", f->calls_min) :
	    arena_printf(&g->a, "%" PRIu64 " to %" PRIu64, f->calls_min,
	    f->calls_max);

	ir_number(f);
	table_init_text(&g->drawn, &g->a);
	g->from = arena_array(&g->a, f->nins + 1u, sizeof *g->from);
	g->node = arena_array(&g->a, f->nins + 1u, sizeof *g->node);
	g->shown = arena_array(&g->a, f->nvar + 1u, sizeof *g->shown);
	first_node(g, f->body);
	line(g, "subgraph cluster_f%u {", g->number);
	g->depth++;
	line(g, "label = %s", quoted(g, arena_printf(&g->a,
	    "%s %s\nmodel calls: %s", ir_fn_words[f->kind], f->name,
	    calls)));
	put_ends(g, f);
	put_region(g, f->body);
	buf_puts(g->b, buf_str(&g->edges));
	buf_reset(&g->edges);
	g->depth--;
	line(g, "}");
	g->number++;
}

void
emit_dot(struct buf *b, const struct mod *m)
{
	struct graph g = { .b = b, .edges = BASE_BUF_INIT };

	base_arena_init(&g.a);
	line(&g, "digraph %s {", quoted(&g, m->name));
	g.depth++;
	line(&g, "compound = true");
	line(&g, "node [fontname = \"sans-serif\"]");
	for (struct fn *f = m->fn; f != NULL; f = f->next)
		put_fn(&g, f);
	g.depth--;
	line(&g, "}");
	buf_release(&g.edges);
	arena_release(&g.a);
}
