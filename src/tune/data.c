/* Reads rows from JSON lines, a JSON array or CSV.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "base/base.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/json_put.h"

enum {
	CHUNK = 65536,
	LINE_MAX_BYTES = 64 << 20,      /* no row is meant to be larger; a
	                                 * wrong file is found out early */
	CELL_MAX = 4096                 /* columns of a CSV file */
};

struct reader {
	const struct data_spec *spec;
	struct arena *arena;
	struct data_error *err;
	enum mip_status status;         /* the first failure sticks */
	FILE *file;
	struct sha256 hash;
	char *chunk;
	size_t at, end;                 /* what is left of the chunk */
	struct buf line;                /* with its newline */
	size_t nline;
	struct row *row;
	size_t n, cap;
	struct buf text;                /* of one row */
	struct csv *csv;
};

/* A CSV file in progress. */
struct csv {
	struct reader *reader;
	struct csv_parser parser;
	const char **column;            /* the header */
	size_t ncolumn;
	bool has_header;
	struct buf cell;                /* all of a row, one after another */
	size_t start[CELL_MAX + 1];     /* where each begins in it */
	size_t ncell;
	bool in_row;
	size_t row_line;
};

static bool
fails(struct reader *r, enum mip_status status, size_t line, size_t column,
    const char *message)
{
	if (r->status != MIP_OK)
		return false;
	r->status = status;
	r->err->file = r->spec->path;
	r->err->line = line;
	r->err->column = column;
	r->err->message = message ? message : "out of memory";
	return false;
}

static bool
no_memory(struct reader *r)
{
	return fails(r, MIP_NOMEM, 0, 0, "out of memory");
}

/* ---- rows ---- */

static const char *
renamed(const struct data_spec *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nrename; i++)
		if (strcmp(s->rename[i].from, name) == 0)
			return s->rename[i].to;
	return NULL;
}

/* Copies an object with its members' new names. */
static bool
rename_members(struct reader *r, struct json v, size_t line)
{
	struct json_walk w = json_walk(v), check;
	struct json key, item, other, skip;
	const char *name, *to;

	buf_putc(&r->text, '{');
	while (json_next(&w, &key, &item)) {
		name = json_string(r->arena, key);
		if (r->arena->failed)
			return no_memory(r);
		to = name ? renamed(r->spec, name) : NULL;
		check = json_walk(v);
		while (to && strcmp(to, name) != 0 &&
		    json_next(&check, &other, &skip)) {
			const char *s = json_string(r->arena, other);

			if (s && strcmp(s, to) == 0 && !renamed(r->spec, s))
				return fails(r, MIP_USAGE, line, 0,
				    arena_printf(r->arena, "the row has a "
				    "field '%s' already, so that '%s' cannot "
				    "be renamed to it", to, name));
		}
		if (to) {
			json_put_member(&r->text, to);
		} else {
			json_put_item(&r->text);
			json_compact(&r->text, key);
			buf_putc(&r->text, ':');
		}
		json_compact(&r->text, item);
	}
	buf_putc(&r->text, '}');
	return true;
}

/* Adds the row whose text is in r->text. */
static bool
keep(struct reader *r, size_t line)
{
	struct row *row;
	char *s;

	if (r->text.failed)
		return no_memory(r);
	row = arena_grow(r->arena, r->row, &r->cap, r->n + 1, sizeof *row);
	if (!row)
		return no_memory(r);
	r->row = row;
	s = arena_strndup(r->arena, buf_str(&r->text), r->text.len);
	if (!s)
		return no_memory(r);
	r->row[r->n++] = (struct row){ s, r->text.len, line };
	return true;
}

static bool
add_object(struct reader *r, struct json v, size_t line)
{
	buf_reset(&r->text);
	if (r->spec->nrename == 0)
		json_compact(&r->text, v);
	else if (!rename_members(r, v, line))
		return false;
	return keep(r, line);
}

/* ---- lines ---- */

static bool
fill(struct reader *r)
{
	r->at = 0;
	r->end = fread(r->chunk, 1, CHUNK, r->file);
	sha256_update(&r->hash, r->chunk, r->end);
	if (r->end == 0 && ferror(r->file))
		return fails(r, MIP_IO, 0, 0, arena_printf(r->arena,
		    "cannot be read: %s", strerror(errno)));
	return r->end > 0;
}

/* Gets a line into r->line, with its newline if it has one and without the
 * byte order mark; false at the end or on failure. */
static bool
next_line(struct reader *r)
{
	const char *from, *newline = NULL;
	size_t n;

	buf_reset(&r->line);
	while (!newline) {
		if (r->at == r->end && !fill(r))
			break;
		from = r->chunk + r->at;
		newline = memchr(from, '\n', r->end - r->at);
		n = newline ? (size_t)(newline - from) + 1 : r->end - r->at;
		if (n > LINE_MAX_BYTES - r->line.len)
			return fails(r, MIP_USAGE, r->nline + 1, 0,
			    "the line is over 64 MiB; is this a file of rows, "
			    "one a line?");
		buf_put(&r->line, from, n);
		r->at += n;
	}
	if (r->line.failed)
		return no_memory(r);
	if (r->status != MIP_OK || r->line.len == 0)
		return false;
	r->nline++;
	if (r->nline == 1 && buf_bom(r->line.s, r->line.len) > 0) {
		memmove(r->line.s, r->line.s + 3, r->line.len - 2);
		r->line.len -= 3;
	}
	return true;
}

static size_t
blanks(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' ||
	    s[i] == '\n'); i++)
		;
	return i;
}

/* ---- JSON ---- */

static const char *
kind_words(enum json_kind k)
{
	switch (k) {
	case JSON_NONE:         return "nothing";
	case JSON_NULL:         return "null";
	case JSON_BOOL:         return "true or false";
	case JSON_NUMBER:       return "a number";
	case JSON_STRING:       return "a string";
	case JSON_ARRAY:        return "a list";
	case JSON_OBJECT:       return "an object";
	}
	return "?";
}

static bool
json_line(struct reader *r)
{
	const char *why = NULL;
	struct json v;
	size_t bad = 0;

	if (blanks(r->line.s, r->line.len) == r->line.len)
		return true;
	if (!json_parse(r->line.s, r->line.len, &v, &bad, &why))
		return fails(r, MIP_USAGE, r->nline, bad + 1,
		    arena_printf(r->arena, "not JSON: %s; each line must be "
		    "one JSON object", why));
	if (json_kind(v) != JSON_OBJECT)
		return fails(r, MIP_USAGE, r->nline, 1,
		    arena_printf(r->arena, "the line is %s; each line must be "
		    "one JSON object, as {\"question\": \"...\"}",
		    kind_words(json_kind(v))));
	return add_object(r, v, r->nline);
}

static size_t
count_lines(const char *s, const char *end)
{
	size_t n = 0;

	for (; s < end; s++)
		n += *s == '\n';
	return n;
}

/* The text from `all` on is one array; `first` is the line it begins in. */
static bool
json_array(struct reader *r, const struct buf *all, size_t first)
{
	const char *why = NULL, *seen = all->s, *nl;
	struct json_walk w;
	struct json v, item;
	size_t bad = 0, line = first;

	if (!json_parse(all->s, all->len, &v, &bad, &why)) {
		line += count_lines(all->s, all->s + bad);
		for (nl = all->s + bad; nl > all->s && nl[-1] != '\n'; nl--)
			;
		return fails(r, MIP_USAGE, line,
		    (size_t)(all->s + bad - nl) + 1, arena_printf(r->arena,
		    "not JSON: %s; the file must be one list of objects, or "
		    "have one object a line", why));
	}
	w = json_walk(v);
	while (json_next(&w, NULL, &item)) {
		line += count_lines(seen, item.s);
		seen = item.s;
		if (json_kind(item) != JSON_OBJECT)
			return fails(r, MIP_USAGE, line, 0,
			    arena_printf(r->arena, "the item is %s; each item "
			    "of the list must be an object",
			    kind_words(json_kind(item))));
		if (!add_object(r, item, line))
			return false;
	}
	return true;
}

static void
read_array(struct reader *r)
{
	size_t first = r->nline;
	struct buf all;

	base_buf_init(&all);
	do
		buf_put(&all, r->line.s, r->line.len);
	while (next_line(r));
	if (all.failed)
		no_memory(r);
	if (r->status == MIP_OK)
		json_array(r, &all, first);
	buf_release(&all);
}

static void
read_json(struct reader *r)
{
	bool begun = false;
	size_t at;

	while (next_line(r)) {
		at = blanks(r->line.s, r->line.len);
		if (!begun && at < r->line.len && r->line.s[at] == '[') {
			read_array(r);
			return;
		}
		begun = begun || at < r->line.len;
		if (!json_line(r))
			return;
	}
}

/* ---- CSV ---- */

/* The length of the character at `s`, 0 if it is none of UTF-8 or U+0000. */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	unsigned long c;
	size_t i;

	if (len == 1)
		return s[0] != 0;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len > n)
		return 0;
	c = s[0] & (0xffU >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
	    0 : len;
}

static bool
is_text(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i, len;

	for (i = 0; i < n; i += len)
		if (!(len = utf8_length(u + i, n - i)))
			return false;
	return true;
}

static void
cell_done(void *s, size_t n, void *arg)
{
	struct csv *c = arg;
	struct reader *r = c->reader;

	if (r->status != MIP_OK)
		return;
	if (c->ncell == CELL_MAX) {
		fails(r, MIP_USAGE, c->row_line, 0, "more than 4096 cells in "
		    "a row; is a quote missing?");
		return;
	}
	if (!is_text(s, n)) {
		fails(r, MIP_USAGE, c->row_line, 0, arena_printf(r->arena,
		    "cell %zu is not UTF-8 text; save the file as UTF-8",
		    c->ncell + 1));
		return;
	}
	if (n > LINE_MAX_BYTES - c->cell.len) {
		fails(r, MIP_USAGE, c->row_line, 0, "the row is over 64 MiB; "
		    "is a quote missing?");
		return;
	}
	buf_put(&c->cell, s, n);
	c->start[++c->ncell] = c->cell.len;
}

/* Two columns clash if they are equal or one is an object for the other. */
static bool
clash(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '.');
}

/* Names are not empty between their dots, and not deeper than JSON may be. */
static bool
is_name(const char *s)
{
	size_t deep = 0;

	if (*s == '\0' || *s == '.' || s[strlen(s) - 1] == '.' ||
	    strstr(s, ".."))
		return false;
	while ((s = strchr(s, '.')) != NULL) {
		deep++;
		s++;
	}
	return deep < JSON_DEPTH / 2;
}

static bool
header(struct csv *c)
{
	struct reader *r = c->reader;
	const char *name, *to;
	size_t i, j;

	c->column = arena_array(r->arena, c->ncell, sizeof *c->column);
	if (!c->column)
		return no_memory(r);
	for (i = 0; i < c->ncell; i++) {
		name = arena_strndup(r->arena, buf_str(&c->cell) +
		    c->start[i], c->start[i + 1] - c->start[i]);
		if (!name)
			return no_memory(r);
		to = renamed(r->spec, name);
		c->column[i] = name = to ? to : name;
		if (!is_name(name))
			return fails(r, MIP_USAGE, c->row_line, 0,
			    arena_printf(r->arena, "column %zu has no name; "
			    "the first row must name the columns", i + 1));
		for (j = 0; j < i; j++)
			if (clash(c->column[j], name) ||
			    clash(name, c->column[j]))
				return fails(r, MIP_USAGE, c->row_line, 0,
				    arena_printf(r->arena, "columns %zu and "
				    "%zu, '%s' and '%s', are the same field; "
				    "name each column differently", j + 1,
				    i + 1, c->column[j], name));
	}
	c->ncolumn = c->ncell;
	c->has_header = true;
	return true;
}

static size_t
cell_length(const struct csv *c, size_t i)
{
	return c->start[i + 1] - c->start[i];
}

/* Writes the object of the columns that begin as column `of` does, up to
 * `prefix` bytes: each member where its first cell stands. */
static void
object(struct csv *c, struct buf *b, size_t of, size_t prefix)
{
	const char *name, *end;
	size_t i, j, n;

	buf_putc(b, '{');
	for (i = of; i < c->ncolumn; i++) {
		name = c->column[i];
		if (cell_length(c, i) == 0 ||
		    strncmp(name, c->column[of], prefix) != 0)
			continue;
		end = strchr(name + prefix, '.');
		n = end ? (size_t)(end - name) + 1 : strlen(name);
		for (j = of; end && j < i; j++)         /* already written */
			if (cell_length(c, j) > 0 &&
			    strncmp(name, c->column[j], n) == 0)
				break;
		if (end && j < i)
			continue;
		json_put_item(b);
		buf_json(b, name + prefix, n - prefix - (end ? 1 : 0));
		buf_putc(b, ':');
		if (end)        /* as deep as the name has dots */
			object(c, b, i, n);
		else
			buf_json(b, buf_str(&c->cell) + c->start[i],
			    cell_length(c, i));
	}
	buf_putc(b, '}');
}

static void
row_done(int end, void *arg)
{
	struct csv *c = arg;
	struct reader *r = c->reader;

	(void)end;
	c->in_row = false;
	if (c->cell.failed)
		no_memory(r);
	if (r->status == MIP_OK && !c->has_header) {
		header(c);
	} else if (r->status == MIP_OK && c->ncell != c->ncolumn) {
		fails(r, MIP_USAGE, c->row_line, 0, arena_printf(r->arena,
		    "the row has %zu cells, but the header has %zu; quote "
		    "cells that hold commas", c->ncell, c->ncolumn));
	} else if (r->status == MIP_OK) {
		buf_reset(&r->text);
		object(c, &r->text, 0, 0);
		keep(r, c->row_line);
	}
	c->ncell = 0;
	buf_reset(&c->cell);
}

/* Blanks are part of a cell (RFC 4180, 2.4). */
static int
no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static void
csv_lines(struct reader *r, struct csv *c)
{
	while (r->status == MIP_OK && next_line(r)) {
		if (!c->in_row) {
			if (blanks(r->line.s, r->line.len) == r->line.len)
				continue;
			c->in_row = true;
			c->row_line = r->nline;
		}
		if (csv_parse(&c->parser, r->line.s, r->line.len, cell_done,
		    row_done, c) == r->line.len)
			continue;
		if (csv_error(&c->parser) != CSV_EPARSE)
			no_memory(r);
		fails(r, MIP_USAGE, r->nline, 0, "a quote stands inside a "
		    "cell; quote the whole cell and double the quotes in it");
	}
	if (r->status == MIP_OK &&
	    csv_fini(&c->parser, cell_done, row_done, c) != 0)
		fails(r, MIP_USAGE, c->row_line, 0, "a quoted cell of the row "
		    "that begins here is never closed");
	if (r->status == MIP_OK && !c->has_header)
		fails(r, MIP_USAGE, 0, 0, "the file is empty; its first row "
		    "must name the columns");
}

static void
read_csv(struct reader *r)
{
	struct csv *c = calloc(1, sizeof *c);

	if (!c || csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		free(c);
		no_memory(r);
		return;
	}
	csv_set_space_func(&c->parser, no_space);
	c->reader = r;
	base_buf_init(&c->cell);
	csv_lines(r, c);
	csv_free(&c->parser);
	buf_release(&c->cell);
	free(c);
}

/* ---- all ---- */

enum mip_status
data_load(const struct data_spec *spec, struct arena *a, struct rows *out,
    struct data_error *err)
{
	struct reader r = { .spec = spec, .arena = a, .err = err };

	memset(out, 0, sizeof *out);
	memset(err, 0, sizeof *err);
	r.status = MIP_OK;
	r.file = fopen(spec->path, "rb");
	if (!r.file) {
		fails(&r, MIP_IO, 0, 0, arena_printf(a, "cannot be opened: %s",
		    strerror(errno)));
		return r.status;
	}
	base_buf_init(&r.line);
	base_buf_init(&r.text);
	sha256_init(&r.hash);
	r.chunk = malloc(CHUNK);
	if (!r.chunk)
		no_memory(&r);
	else if (spec->kind == DATA_CSV)
		read_csv(&r);
	else
		read_json(&r);
	if (!sha256_final_hex(&r.hash, out->sha256) || a->failed)
		no_memory(&r);
	out->row = r.row;
	out->n = r.n;
	free(r.chunk);
	buf_release(&r.line);
	buf_release(&r.text);
	fclose(r.file);
	return r.status;
}
