/* Reads a file of rows and makes its index.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/sha256.h"
#include "search/bm25.h"
#include "search/corpus_in.h"

enum {
	CORPUS_CHUNK = 1 << 20,
	CORPUS_LINE = 64 << 20          /* no row is meant to be larger */
};

struct corpus_work {
	const struct corpus_spec *spec;
	int fd;
	struct buf in;                  /* what was read and not yet used */
	uint64_t at;                    /* where it begins in the file */
	size_t line;                    /* of the row, from 1 */
	bool array;                     /* `line` counts its rows instead */
	struct corpus_row *row;
	unsigned char *digest;
	uint32_t *length;
	size_t nrow, cap;
	uint64_t nword;
	struct bm25 *bm25;              /* NULL: not ranked */
	struct arena scratch, ids;
	const char **id;                /* an open hash table of 2^k */
	size_t *id_line;
	size_t nid, capid;
	struct buf text;
	enum mip_status status;
	char *why;
};

static bool
corpus_fail(struct corpus_work *w, enum mip_status s, const char *fmt, ...)
    ARENA_PRINTF(3, 4);
static bool
corpus_fail(struct corpus_work *w, enum mip_status s, const char *fmt, ...)
{
	va_list ap;

	w->status = s;
	va_start(ap, fmt);
	vsnprintf(w->why, CORPUS_WHY, fmt, ap);
	va_end(ap);
	return false;
}

static bool
corpus_nomem(struct corpus_work *w)
{
	return corpus_fail(w, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
}

/* Of a row: "wiki.jsonl:12: ...". */
static bool
corpus_bad(struct corpus_work *w, const char *what)
{
	return corpus_fail(w, MIP_USAGE, w->array ? "%.200s: row %zu: %.90s" :
	    "%.200s:%zu: %.90s", w->spec->path, w->line, what);
}

/* ---- rows ---- */

uint32_t
corpus_check(const char *s, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037), v;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&v, s + i, sizeof v);
		h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	for (; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
	/* The lower bits of a product depend on lower bits alone. */
	h = (h ^ h >> 33) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

static bool
corpus_more(struct corpus_work *w)
{
	size_t cap = w->cap ? w->cap * 2 : 256;
	void *row, *digest, *length;

	row = realloc(w->row, cap * sizeof *w->row);
	if (row)
		w->row = row;
	digest = realloc(w->digest, cap * CORPUS_DIGEST);
	if (digest)
		w->digest = digest;
	length = realloc(w->length, cap * sizeof *w->length);
	if (length)
		w->length = length;
	if (!row || !digest || !length)
		return corpus_nomem(w);
	w->cap = cap;
	return true;
}

/* Doubles the table of ids. */
static bool
corpus_more_ids(struct corpus_work *w)
{
	size_t cap = w->capid ? w->capid * 2 : 256, i, at;
	const char **id = calloc(cap, sizeof *id);
	size_t *line = calloc(cap, sizeof *line);

	if (!id || !line) {
		free(id);
		free(line);
		return corpus_nomem(w);
	}
	for (i = 0; i < w->capid; i++) {
		if (!w->id[i])
			continue;
		at = corpus_check(w->id[i], strlen(w->id[i])) & (cap - 1);
		while (id[at])
			at = (at + 1) & (cap - 1);
		id[at] = w->id[i];
		line[at] = w->id_line[i];
	}
	free(w->id);
	free(w->id_line);
	w->id = id;
	w->id_line = line;
	w->capid = cap;
	return true;
}

/* No two rows have the same id. */
static bool
corpus_id(struct corpus_work *w, struct json object)
{
	struct json v = json_get(object, w->spec->id);
	char what[CORPUS_WHY];
	char *id;
	size_t at;

	if (json_kind(v) != JSON_STRING && json_kind(v) != JSON_NUMBER) {
		snprintf(what, sizeof what, "its id, \"%.60s\", is no string "
		    "or number", w->spec->id);
		return corpus_bad(w, what);
	}
	if (w->nid * 2 >= w->capid && !corpus_more_ids(w))
		return false;
	id = arena_strndup(&w->ids, v.s, v.n);
	if (!id)
		return corpus_nomem(w);
	for (at = corpus_check(id, v.n) & (w->capid - 1); w->id[at];
	    at = (at + 1) & (w->capid - 1)) {
		if (strcmp(w->id[at], id) != 0)
			continue;
		snprintf(what, sizeof what, "the id %.40s is that of %s %zu "
		    "as well", id, w->array ? "row" : "line", w->id_line[at]);
		return corpus_bad(w, what);
	}
	w->id[at] = id;
	w->id_line[at] = w->line;
	w->nid++;
	return true;
}

/* Strings, or lists of them, which are joined by blanks. */
static bool
corpus_member(struct buf *b, struct arena *a, struct json v)
{
	struct json_walk walk;
	struct json item;
	const char *s;
	bool first = true;

	if (json_kind(v) == JSON_STRING) {
		s = json_string(a, v);
		buf_puts(b, s ? s : "");
		return s != NULL;
	}
	if (json_kind(v) != JSON_ARRAY)
		return false;
	for (walk = json_walk(v); json_next(&walk, NULL, &item);) {
		s = json_kind(item) == JSON_STRING ? json_string(a, item) :
		    NULL;
		if (!s)
			return false;
		buf_puts(b, first ? "" : " ");
		buf_puts(b, s);
		first = false;
	}
	return true;
}

bool
corpus_text(struct buf *b, struct json object, const char *const *text,
    char why[CORPUS_WHY])
{
	struct arena a = { .head = NULL };
	size_t i, n = 0;
	bool ok = true;

	for (i = 0; ok && text[i]; i++) {
		struct json v = json_get(object, text[i]);

		if (json_kind(v) == JSON_NONE || json_kind(v) == JSON_NULL)
			continue;
		buf_puts(b, n++ > 0 ? "\n" : "");
		ok = corpus_member(b, &a, v);
		if (!ok)
			snprintf(why, CORPUS_WHY, "\"%.60s\" is no text",
			    text[i]);
	}
	if (ok && n == 0)
		snprintf(why, CORPUS_WHY, "there is no \"%.60s\"", text[0]);
	if (a.failed)
		b->failed = true;
	arena_release(&a);
	return ok && n > 0;
}

/* Adds the row whose object is the `n` bytes at `s`, at `at` in the file. */
static bool
corpus_add(struct corpus_work *w, const char *s, size_t n, uint64_t at)
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 h;
	struct json v;
	const char *what;
	char why[CORPUS_WHY];

	if (!json_parse(s, n, &v, NULL, &what))
		return corpus_bad(w, what);
	if (json_kind(v) != JSON_OBJECT)
		return corpus_bad(w, "a row is a JSON object");
	buf_reset(&w->text);
	if (!corpus_text(&w->text, v, w->spec->text, why))
		return w->text.failed ? corpus_nomem(w) : corpus_bad(w, why);
	if (w->spec->id && !corpus_id(w, v))
		return false;
	if (w->nrow == w->cap && !corpus_more(w))
		return false;
	w->row[w->nrow] = (struct corpus_row){
		at + (uint64_t)(v.s - s), (uint32_t)v.n, corpus_check(v.s, v.n)
	};
	sha256_init(&h);
	sha256_update(&h, buf_str(&w->text), w->text.len);
	if (!sha256_final(&h, digest))
		return corpus_nomem(w);
	memcpy(w->digest + w->nrow * CORPUS_DIGEST, digest, CORPUS_DIGEST);
	w->length[w->nrow] = 0;
	if (w->bm25 && !bm25_add(w->bm25, buf_str(&w->text), w->text.len,
	    &w->length[w->nrow]))
		return corpus_nomem(w);
	w->nword += w->length[w->nrow++];
	return true;
}

/* ---- the file ---- */

/* Reads on; *more is false at its end. */
static bool
corpus_read(struct corpus_work *w, bool *more)
{
	ssize_t n;

	if (!buf_reserve(&w->in, CORPUS_CHUNK))
		return corpus_nomem(w);
	do
		n = read(w->fd, w->in.s + w->in.len, CORPUS_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return corpus_fail(w, MIP_IO, "cannot read %.200s: %.80s",
		    w->spec->path, strerror(errno));
	w->in.len += (size_t)n;
	*more = n > 0;
	return true;
}

static bool
corpus_blank(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strchr(" \t\r\n", s[i]) || !s[i])
			return false;
	return true;
}

/* The lines that are there whole; at the end of the file the last one is. */
static bool
corpus_lines(struct corpus_work *w, bool end)
{
	const char *s = w->in.s, *stop = s + w->in.len, *newline;

	while (s < stop) {
		newline = memchr(s, '\n', (size_t)(stop - s));
		if (!newline && !end)
			break;
		if (!newline)
			newline = stop;
		w->line++;
		if (!corpus_blank(s, (size_t)(newline - s)) &&
		    !corpus_add(w, s, (size_t)(newline - s),
		    w->at + (uint64_t)(s - w->in.s)))
			return false;
		s = newline < stop ? newline + 1 : stop;
	}
	w->at += (uint64_t)(s - w->in.s);
	w->in.len = (size_t)(stop - s);
	memmove(w->in.s, s, w->in.len);
	if (w->in.len > CORPUS_LINE)
		return corpus_fail(w, MIP_USAGE, "%.200s:%zu: the line is over "
		    "64 MiB; is this a file of rows, one a line?",
		    w->spec->path, w->line + 1);
	return true;
}

/* The whole file as one array. */
static bool
corpus_array(struct corpus_work *w)
{
	struct json_walk walk;
	struct json all, item;
	const char *what;
	size_t bad;
	bool more = true;

	while (more)
		if (!corpus_read(w, &more))
			return false;
	if (!json_parse(w->in.s, w->in.len, &all, &bad, &what))
		return corpus_fail(w, MIP_USAGE, "%.200s: at byte %zu: %.90s",
		    w->spec->path, bad, what);
	w->array = true;
	for (walk = json_walk(all); json_next(&walk, NULL, &item);) {
		w->line++;
		if (!corpus_add(w, item.s, item.n,
		    w->at + (uint64_t)(item.s - w->in.s)))
			return false;
	}
	return true;
}

static bool
corpus_file(struct corpus_work *w)
{
	bool more = true;
	size_t i;

	if (!corpus_read(w, &more))
		return false;
	if (buf_bom(w->in.s, w->in.len) > 0) {
		w->at = 3;
		w->in.len -= 3;
		memmove(w->in.s, w->in.s + 3, w->in.len);
	}
	for (i = 0; i < w->in.len && corpus_blank(w->in.s + i, 1); i++)
		continue;
	if (i < w->in.len && w->in.s[i] == '[')
		return corpus_array(w);
	while (more)
		if (!corpus_lines(w, false) || !corpus_read(w, &more))
			return false;
	return corpus_lines(w, true);
}

/* ---- the image ---- */

static uint64_t
corpus_part(uint64_t *size, uint64_t n)
{
	uint64_t at = *size;

	*size += (n + 7) / 8 * 8;
	return at;
}

static struct corpus_head *
corpus_image(struct corpus_work *w)
{
	struct corpus_head h = { .magic = CORPUS_MAGIC,
	    .order = UINT64_C(0x0102030405060708) };
	size_t nterm = 0, name = 0, post = 0;
	char *image;

	if (w->bm25 && !bm25_sizes(w->bm25, &nterm, &name, &post)) {
		corpus_nomem(w);
		return NULL;
	}
	h.size = sizeof h;
	h.nrow = w->nrow;
	h.nterm = nterm;
	h.nword = w->nword;
	h.name_size = name;
	h.post_size = post;
	h.row = corpus_part(&h.size, w->nrow * sizeof *w->row);
	h.digest = corpus_part(&h.size, w->nrow * CORPUS_DIGEST);
	h.length = corpus_part(&h.size, w->nrow * sizeof *w->length);
	h.term = corpus_part(&h.size, nterm * sizeof(struct corpus_term));
	h.name = corpus_part(&h.size, name);
	h.post = corpus_part(&h.size, post);
	image = calloc(1, h.size);
	if (!image) {
		corpus_nomem(w);
		return NULL;
	}
	memcpy(image, &h, sizeof h);
	if (w->nrow > 0) {
		memcpy(image + h.row, w->row, w->nrow * sizeof *w->row);
		memcpy(image + h.digest, w->digest, w->nrow * CORPUS_DIGEST);
		memcpy(image + h.length, w->length,
		    w->nrow * sizeof *w->length);
	}
	if (w->bm25)
		bm25_write(w->bm25, (void *)(image + h.term), image + h.name,
		    (unsigned char *)image + h.post);
	return (void *)image;
}

struct corpus_head *
corpus_build(const struct corpus_spec *spec, int fd, enum mip_status *s,
    char why[CORPUS_WHY])
{
	struct corpus_work w = { .spec = spec, .fd = fd, .why = why };
	struct corpus_head *h = NULL;

	if (spec->ranked)
		w.bm25 = bm25_new(spec->stem);
	if (spec->ranked && !w.bm25)
		corpus_nomem(&w);
	else if (corpus_file(&w))
		h = corpus_image(&w);
	bm25_free(w.bm25);
	free(w.row);
	free(w.digest);
	free(w.length);
	free(w.id);
	free(w.id_line);
	arena_release(&w.ids);
	buf_release(&w.in);
	buf_release(&w.text);
	*s = w.status;
	return h;
}
