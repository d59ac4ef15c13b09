/* Messages for programs: gcc's JSON and SARIF 2.1.0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/diag_in.h"

#include <string.h>

#include "core/buf.h"

static void
put_string(struct buf *b, const char *key, const char *s)
{
	buf_json(b, key, strlen(key));
	buf_puts(b, ": ");
	buf_json(b, s, strlen(s));
}

static void
json_place(struct buf *b, const struct place *p)
{
	buf_puts(b, "{");
	put_string(b, "file", p->source->path);
	buf_printf(b, ", \"line\": %u, \"column\": %u, \"byte-column\": %u, "
	    "\"display-column\": %u}", p->line, p->col, p->byte + 1, p->col);
}

/* As gcc has them: `next` is what stands behind. */
static void
json_fixits(struct buf *b, const struct diag *d, const struct diag_change *f)
{
	struct place p;

	buf_puts(b, ", \"fixits\": [");
	for (; f; f = f->next) {
		buf_puts(b, "{\"start\": ");
		p = sources_place(d->sources, f->at.off);
		json_place(b, &p);
		buf_puts(b, ", \"next\": ");
		p = sources_place(d->sources, f->at.off + f->at.len);
		json_place(b, &p);
		buf_puts(b, ", ");
		put_string(b, "string", f->text);
		buf_puts(b, f->next ? "}, " : "}");
	}
	buf_puts(b, "]");
}

static void
json_message(struct buf *b, const struct diag *d, const struct diag_message *m)
{
	struct diag_range r = diag_range(d, m->at);
	const struct diag_message *n;

	buf_puts(b, "{");
	put_string(b, "kind", diag_severity_word(m->severity));
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
	if (m->fix)
		json_fixits(b, d, m->fix);
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
	struct buf b = BASE_BUF_INIT;

	buf_puts(&b, "[");
	for (m = l->first; m; m = m->next) {
		json_message(&b, d, m);
		buf_puts(&b, m->next ? ",\n " : "");
	}
	buf_puts(&b, "]\n");
	fputs(buf_str(&b), d->out);
	buf_release(&b);
}

/* A path as a URI reference. */
static void
sarif_uri(struct buf *b, const char *path)
{
	const char *s;

	buf_puts(b, "\"artifactLocation\": {\"uri\": \"");
	for (s = path; *s; s++) {
		unsigned c = (unsigned char)*s;

		if (c >= 0x80 || (c | 32) - 'a' < 26 || c - '0' < 10 ||
		    strchr("-._~/", *s))
			buf_putc(b, *s);
		else
			buf_printf(b, "%%%02X", c);
	}
	buf_puts(b, "\"}");
}

/* The region from `from` to before `end`. */
static void
sarif_region(struct buf *b, const char *key, const struct place *from,
    const struct place *end)
{
	buf_printf(b, "\"%s\": {\"startLine\": %u, \"startColumn\": %u, "
	    "\"endLine\": %u, \"endColumn\": %u}", key, from->line, from->col,
	    end->line, end->col);
}

static void
sarif_text(struct buf *b, const char *key, const char *text)
{
	buf_printf(b, "\"%s\": {", key);
	put_string(b, "text", text);
	buf_puts(b, "}");
}

static void
sarif_location(struct buf *b, const struct diag *d,
    const struct diag_message *m, bool note)
{
	struct place from = sources_place(d->sources, m->at.off), end;

	buf_puts(b, "{");
	if (from.source) {
		end = sources_place(d->sources, m->at.off + m->at.len);
		buf_puts(b, "\"physicalLocation\": {");
		sarif_uri(b, from.source->path);
		buf_puts(b, ", ");
		sarif_region(b, "region", &from,
		    end.source == from.source ? &end : &from);
		buf_puts(b, "}");
	}
	if (note) {
		buf_puts(b, from.source ? ", " : "");
		sarif_text(b, "message", m->text);
	}
	buf_puts(b, "}");
}

/* One fix, whose changes belong together. */
static void
sarif_fixes(struct buf *b, const struct diag *d, const struct diag_change *f)
{
	struct place from = sources_place(d->sources, f->at.off), end;

	if (!from.source)
		return;
	buf_puts(b, ", \"fixes\": [{\"artifactChanges\": [{");
	sarif_uri(b, from.source->path);
	buf_puts(b, ", \"replacements\": [");
	for (; f; f = f->next) {
		from = sources_place(d->sources, f->at.off);
		end = sources_place(d->sources, f->at.off + f->at.len);
		buf_puts(b, "{");
		sarif_region(b, "deletedRegion", &from, &end);
		buf_puts(b, ", ");
		sarif_text(b, "insertedContent", f->text);
		buf_puts(b, f->next ? "}, " : "}");
	}
	buf_puts(b, "]}]}]");
}

static void
sarif_result(struct buf *b, const struct diag *d, const struct diag_message *m,
    unsigned rule)
{
	const struct diag_message *n;
	bool placed = sources_place(d->sources, m->at.off).source != NULL;

	buf_puts(b, "    {");
	put_string(b, "ruleId", diag_code(m->class));
	buf_printf(b, ", \"ruleIndex\": %u, ", rule);
	put_string(b, "level", diag_severity_word(m->severity));
	buf_puts(b, ", ");
	sarif_text(b, "message", m->text);
	buf_puts(b, ", \"locations\": [");
	if (placed)
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
	if (m->fix)
		sarif_fixes(b, d, m->fix);
	buf_puts(b, "}");
}

/* Each class that is reported, once, in order of its code; sets the index of
 * each. */
static void
sarif_rules(struct buf *b, const struct diag_list *l, unsigned index[E_NCLASS])
{
	bool used[E_NCLASS] = { false };
	const struct diag_message *m;
	unsigned c, n = 0;

	for (m = l->first; m; m = m->next)
		used[m->class] = true;
	for (c = 0; c < E_NCLASS; c++) {
		if (!used[c])
			continue;
		buf_puts(b, n ? ",\n    {" : "    {");
		index[c] = n++;
		put_string(b, "id", diag_code((enum diag_class)c));
		buf_puts(b, ", ");
		sarif_text(b, "shortDescription", diag_classes[c].text);
		buf_puts(b, ", ");
		sarif_text(b, "fullDescription", diag_classes[c].explain);
		buf_puts(b, ", \"defaultConfiguration\": {");
		put_string(b, "level",
		    diag_severity_word(diag_classes[c].severity));
		buf_puts(b, "}}");
	}
	buf_puts(b, n ? "\n" : "");
}

void
diag_sarif(struct diag *d)
{
	const struct diag_list *l = d->list;
	const struct diag_message *m;
	struct buf b = BASE_BUF_INIT;
	unsigned index[E_NCLASS] = { 0 };

	buf_puts(&b, "{\n \"$schema\": \"https://raw.githubusercontent.com/"
	    "oasis-tcs/sarif-spec/master/Schemata/"
	    "sarif-schema-2.1.0.json\",\n"
	    " \"version\": \"2.1.0\",\n \"runs\": [{\n"
	    "  \"tool\": {\"driver\": {\"name\": \"miproc\"");
	if (d->version) {
		buf_puts(&b, ", ");
		put_string(&b, "version", d->version);
	}
	buf_puts(&b, ", \"rules\": [\n");
	sarif_rules(&b, l, index);
	buf_puts(&b, "  ]}},\n"
	    "  \"invocations\": [{\"executionSuccessful\": true}],\n"
	    "  \"columnKind\": \"unicodeCodePoints\",\n"
	    "  \"results\": [\n");
	for (m = l->first; m; m = m->next) {
		sarif_result(&b, d, m, index[m->class]);
		buf_puts(&b, m->next ? ",\n" : "\n");
	}
	buf_puts(&b, "  ]\n }]\n}\n");
	fputs(buf_str(&b), d->out);
	buf_release(&b);
}
