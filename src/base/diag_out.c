/* Messages for programs: gcc's JSON and SARIF 2.1.0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/diag_in.h"

#include <string.h>

#include "buf.h"

static void
put_string(struct buf *b, const char *key, const char *s)
{
	buf_json(b, key, strlen(key));
	buf_puts(b, ": ");
	buf_json(b, s, strlen(s));
}

static const char *
kind(enum severity s)
{
	switch (s) {
	case SEV_NOTE:    return "note";
	case SEV_WARNING: return "warning";
	case SEV_ERROR:   return "error";
	}
	BUG("severity");
}

static void
json_place(struct buf *b, const struct place *p)
{
	buf_puts(b, "{");
	put_string(b, "file", p->source->path);
	buf_printf(b, ", \"line\": %u, \"column\": %u, \"byte-column\": %u, "
	    "\"display-column\": %u}", p->line, p->col, p->byte + 1, p->col);
}

static void
json_message(struct buf *b, const struct diag *d, const struct diag_message *m)
{
	struct diag_range r = diag_range(d, m->at);
	const struct diag_message *n;

	buf_puts(b, "{");
	put_string(b, "kind", kind(m->severity));
	buf_puts(b, ", ");
	put_string(b, "message", m->text);
	if (m->class != E_NCLASS) {
		const char *flag = diag_classes[m->class].flag;

		buf_puts(b, ", ");
		put_string(b, "code", diag_code(m->class));
		if (flag)
			buf_printf(b, ", \"option\": \"-W%s%s\"",
			    m->severity == SEV_ERROR ? "error=" : "", flag);
		buf_puts(b, ", \"children\": [");
		for (n = m->note; n; n = n->next) {
			json_message(b, d, n);
			buf_puts(b, n->next ? ", " : "");
		}
		buf_puts(b, "], \"column-origin\": 1, "
		    "\"escape-source\": false");
	}
	buf_puts(b, ", \"locations\": [");
	if (r.from.source) {
		buf_puts(b, "{\"caret\": ");
		json_place(b, &r.from);
		if (m->at.len > 1 && r.to.source) {
			buf_puts(b, ", \"finish\": ");
			json_place(b, &r.to);
		}
		buf_puts(b, "}");
	}
	buf_puts(b, "]}");
}

void
diag_json(struct diag *d)
{
	const struct diag_list *l = d->list;
	const struct diag_message *m;
	struct buf b = BUF_INIT;

	buf_puts(&b, "[");
	for (m = l->first; m; m = m->next) {
		json_message(&b, d, m);
		buf_puts(&b, m->next ? ",\n " : "");
	}
	buf_puts(&b, "]\n");
	fputs(buf_str(&b), d->out);
	buf_release(&b);
}

static void
sarif_location(struct buf *b, const struct diag *d,
    const struct diag_message *m, bool note)
{
	struct diag_range r = diag_range(d, m->at);

	buf_puts(b, "{");
	if (r.from.source) {
		buf_puts(b, "\"physicalLocation\": {\"artifactLocation\": {");
		put_string(b, "uri", r.from.source->path);
		buf_printf(b, "}, \"region\": {\"startLine\": %u, "
		    "\"startColumn\": %u, \"endLine\": %u, "
		    "\"endColumn\": %u}}", r.from.line, r.from.col,
		    r.to.line, r.to.col + 1);
	}
	if (note) {
		buf_puts(b, r.from.source ? ", " : "");
		buf_puts(b, "\"message\": {");
		put_string(b, "text", m->text);
		buf_puts(b, "}");
	}
	buf_puts(b, "}");
}

static void
sarif_result(struct buf *b, const struct diag *d, const struct diag_message *m)
{
	struct diag_range r = diag_range(d, m->at);
	const struct diag_message *n;

	buf_puts(b, "    {");
	put_string(b, "ruleId", diag_code(m->class));
	buf_puts(b, ", ");
	put_string(b, "level", kind(m->severity));
	buf_puts(b, ", \"message\": {");
	put_string(b, "text", m->text);
	buf_puts(b, "}, \"locations\": [");
	if (r.from.source)
		sarif_location(b, d, m, false);
	buf_puts(b, "]");
	if (m->note) {
		buf_puts(b, ", \"relatedLocations\": [");
		for (n = m->note; n; n = n->next) {
			sarif_location(b, d, n, true);
			buf_puts(b, n->next ? ", " : "");
		}
		buf_puts(b, "]");
	}
	buf_puts(b, "}");
}

/* Each class that is reported, once, in order of its code. */
static void
sarif_rules(struct buf *b, const struct diag_list *l)
{
	bool used[E_NCLASS] = { false }, any = false;
	const struct diag_message *m;
	unsigned c;

	for (m = l->first; m; m = m->next)
		used[m->class] = true;
	for (c = 0; c < E_NCLASS; c++) {
		if (!used[c])
			continue;
		buf_puts(b, any ? ",\n    {" : "    {");
		any = true;
		put_string(b, "id", diag_code((enum diag_class)c));
		buf_puts(b, ", \"shortDescription\": {");
		put_string(b, "text", diag_classes[c].text);
		buf_puts(b, "}, \"fullDescription\": {");
		put_string(b, "text", diag_classes[c].explain);
		buf_puts(b, "}}");
	}
	buf_puts(b, any ? "\n" : "");
}

void
diag_sarif(struct diag *d)
{
	const struct diag_list *l = d->list;
	const struct diag_message *m;
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\n \"$schema\": \"https://raw.githubusercontent.com/"
	    "oasis-tcs/sarif-spec/master/Schemata/"
	    "sarif-schema-2.1.0.json\",\n"
	    " \"version\": \"2.1.0\",\n \"runs\": [{\n"
	    "  \"tool\": {\"driver\": {\"name\": \"miproc\", \"rules\": [\n");
	sarif_rules(&b, l);
	buf_puts(&b, "  ]}},\n  \"columnKind\": \"unicodeCodePoints\",\n"
	    "  \"results\": [\n");
	for (m = l->first; m; m = m->next) {
		sarif_result(&b, d, m);
		buf_puts(&b, m->next ? ",\n" : "\n");
	}
	buf_puts(&b, "  ]\n }]\n}\n");
	fputs(buf_str(&b), d->out);
	buf_release(&b);
}
