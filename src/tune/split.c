/* Splits rows into parts, and finds rows that two parts share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/json_put.h"
#include "tune/data.h"
#include "tune/rng.h"

/* What a row is split by. */
struct place {
	size_t row;
	size_t stratum;                 /* in the order of its text */
	double at;                      /* [0, 1) */
	size_t part;                    /* DATA_NPART: none */
};

struct splitter {
	const struct data_spec *spec;
	const struct rows *all;
	struct place *place;
	size_t nstratum;
	struct arena *arena;
	struct data_error *err;
};

/* ---- hashes ---- */

static struct json
parsed(const struct row *r)
{
	struct json v = { NULL, 0 };

	if (!json_parse(r->json, r->len, &v, NULL, NULL))
		v.s = NULL;
	return v;
}

bool
data_hash(const struct row *r, const char *const *input, size_t ninput,
    uint64_t seed, unsigned char out[SHA256_SIZE])
{
	struct buf part = BASE_BUF_INIT, canon = BASE_BUF_INIT;
	struct json v = parsed(r), item;
	struct sha256 h;
	unsigned char lead[8];
	bool done;
	size_t i;

	buf_putc(&part, '{');
	for (i = 0; i < ninput; i++) {
		item = json_get(v, input[i]);
		if (json_kind(item) == JSON_NONE)
			continue;
		json_put_member(&part, input[i]);
		json_compact(&part, item);
	}
	buf_putc(&part, '}');
	if (ninput > 0 && !part.failed &&
	    !json_parse(part.s, part.len, &v, NULL, NULL))
		part.failed = true;
	if (!part.failed)
		json_canon(&canon, v);
	for (i = 0; i < sizeof lead; i++)
		lead[i] = (unsigned char)(seed >> (8 * i));
	sha256_init(&h);
	sha256_update(&h, lead, sizeof lead);
	sha256_update(&h, buf_str(&canon), canon.len);
	done = sha256_final(&h, out) && !part.failed && !canon.failed;
	buf_release(&part);
	buf_release(&canon);
	return done;
}

/* The first 53 bits as a number in [0, 1). */
static double
unit(const unsigned char hash[SHA256_SIZE])
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		bits = bits << 8 | hash[i];
	return (double)(bits >> 11) * 0x1p-53;
}

/* ---- strata ---- */

struct key {
	char *text;
	size_t row;
};

static int
by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Numbers the strata by the canonical text of the field, absent included. */
static bool
stratify(struct splitter *s)
{
	size_t n = s->all->n, i;
	struct key *key = calloc(n + 1, sizeof *key);
	bool done = key != NULL;
	struct buf b = BASE_BUF_INIT;

	for (i = 0; done && i < n; i++) {
		struct json v = json_get(parsed(&s->all->row[i]),
		    s->spec->stratify);

		buf_reset(&b);
		if (json_kind(v) != JSON_NONE)
			json_canon(&b, v);
		key[i].row = i;
		key[i].text = arena_strdup(s->arena, buf_str(&b));
		done = key[i].text && !b.failed;
	}
	if (done)
		qsort(key, n, sizeof *key, by_text);
	for (i = 0; done && i < n; i++) {
		if (i == 0 || strcmp(key[i].text, key[i - 1].text) != 0)
			s->nstratum++;
		s->place[key[i].row].stratum = s->nstratum - 1;
	}
	free(key);
	buf_release(&b);
	return done;
}

/* ---- parts ---- */

static int
by_stratum(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->stratum != y->stratum)
		return x->stratum < y->stratum ? -1 : 1;
	if (x->at < y->at || x->at > y->at)
		return x->at < y->at ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int
by_at(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->at < y->at || x->at > y->at)
		return x->at < y->at ? -1 : 1;
	return by_stratum(a, b);
}

static int
by_row(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

/* In each stratum a row's place becomes its rank over the stratum's size;
 * equal places stay equal, so that equal inputs stay together. */
static void
rank_strata(struct splitter *s)
{
	struct place *p = s->place;
	size_t n = s->all->n, i, j, k;
	double was = 0, rank = 0;

	qsort(p, n, sizeof *p, by_stratum);
	for (i = 0; i < n; i = j) {
		for (j = i; j < n && p[j].stratum == p[i].stratum; j++)
			;
		for (k = i; k < j; k++) {
			if (k == i || p[k].at > was)
				rank = ((double)(k - i) + 0.5) /
				    (double)(j - i);
			was = p[k].at;
			p[k].at = rank;
		}
	}
}

static size_t
part_at(const double *fraction, double at)
{
	double end = 0;
	size_t part;

	for (part = 0; part < DATA_NPART; part++) {
		end += fraction[part];
		if (at < end || (at < 1 && end > 1 - 1e-9))
			return part;
	}
	return DATA_NPART;
}

static bool
by_fractions(struct splitter *s, const char *const *input, size_t ninput)
{
	unsigned char hash[SHA256_SIZE];
	size_t i;

	for (i = 0; i < s->all->n; i++) {
		if (!data_hash(&s->all->row[i], input, ninput, s->spec->seed,
		    hash))
			return false;
		s->place[i].at = unit(hash);
	}
	if (s->spec->stratify)
		rank_strata(s);
	for (i = 0; i < s->all->n; i++)
		s->place[i].part = part_at(s->spec->fraction, s->place[i].at);
	return true;
}

/* A shuffle, in which strata then take turns in proportion to their size. */
static bool
by_counts(struct splitter *s)
{
	struct rng *r = rng_new(rng_child(s->spec->seed, "split", 0));
	size_t n = s->all->n, i, part = 0, left = s->spec->count[0];
	size_t *order = malloc((n + 1) * sizeof *order);

	if (!r || !order) {
		rng_free(r);
		free(order);
		return false;
	}
	for (i = 0; i < n; i++)
		order[i] = i;
	rng_shuffle(r, order, n);
	for (i = 0; i < n; i++)
		s->place[order[i]].at = (double)i / (double)n;
	if (s->spec->stratify)
		rank_strata(s);
	qsort(s->place, n, sizeof *s->place, by_at);
	for (i = 0; i < n; i++) {
		while (part < DATA_NPART && left == 0)
			if (++part < DATA_NPART)
				left = s->spec->count[part];
		s->place[i].part = part;
		left -= part < DATA_NPART;
	}
	rng_free(r);
	free(order);
	return true;
}

/* ---- all ---- */

static bool
shuffle(struct rows *rows, uint64_t seed, uint64_t part)
{
	struct rng *r = rng_new(rng_child(seed, "shuffle", part));
	size_t *order = malloc((rows->n + 1) * sizeof *order), i;
	struct row *old = malloc((rows->n + 1) * sizeof *old);
	bool done = r && order && old;

	if (done) {
		for (i = 0; i < rows->n; i++) {
			order[i] = i;
			old[i] = rows->row[i];
		}
		rng_shuffle(r, order, rows->n);
		for (i = 0; i < rows->n; i++)
			rows->row[i] = old[order[i]];
	}
	rng_free(r);
	free(order);
	free(old);
	return done;
}

/* Copies the rows to their parts, in the order of the file or shuffled. */
static bool
deal(struct splitter *s, struct split *out)
{
	size_t n = s->all->n, i, k;
	struct rows *to;

	qsort(s->place, n, sizeof *s->place, by_row);
	for (k = 0; k < DATA_NPART; k++) {
		to = &out->part[k];
		memcpy(to->sha256, s->all->sha256, sizeof to->sha256);
		to->n = 0;
		for (i = 0; i < n; i++)
			to->n += s->place[i].part == k;
		to->row = arena_array(s->arena, to->n, sizeof *to->row);
		if (!to->row)
			return false;
		to->n = 0;
		for (i = 0; i < n; i++)
			if (s->place[i].part == k)
				to->row[to->n++] = s->all->row[i];
		if (s->spec->shuffle &&
		    !shuffle(to, s->spec->shuffle_seed, k))
			return false;
	}
	return true;
}

static enum mip_status
wrong(struct splitter *s, const char *message)
{
	*s->err = (struct data_error){ s->spec->path, 0, 0, message };
	return message ? MIP_USAGE : MIP_NOMEM;
}

/* What is wrong with the split that was asked for, if anything. */
static enum mip_status
fits(struct splitter *s)
{
	const struct data_spec *d = s->spec;
	double sum = 0;
	size_t left = s->all->n, k;

	for (k = 0; d->how == DATA_FRACTIONS && k < DATA_NPART; k++) {
		if (!(d->fraction[k] >= 0))
			return wrong(s, "a fraction of the split is below 0");
		sum += d->fraction[k];
	}
	if (sum > 1 + 1e-9)
		return wrong(s, "the fractions of the split are more than 1 "
		    "in sum");
	for (k = 0; d->how == DATA_COUNTS && k < DATA_NPART; k++) {
		if (d->count[k] > left)
			return wrong(s, arena_printf(s->arena, "the split asks "
			    "for more rows than the %zu of the file",
			    s->all->n));
		left -= d->count[k];
	}
	return MIP_OK;
}

static bool
place_rows(struct splitter *s, const char *const *input, size_t ninput)
{
	size_t i;

	for (i = 0; i < s->all->n; i++)
		s->place[i].row = i;
	if (s->spec->stratify && s->spec->how != DATA_WHOLE && !stratify(s))
		return false;
	switch (s->spec->how) {
	case DATA_WHOLE:
		return true;            /* zero is DATA_TRAIN */
	case DATA_FRACTIONS:
		return by_fractions(s, input, ninput);
	case DATA_COUNTS:
		return by_counts(s);
	}
	return false;
}

enum mip_status
data_read(const struct data_spec *spec, const char *const *input,
    size_t ninput, struct arena *a, struct split *out, struct data_error *err)
{
	struct rows all;
	struct splitter s = { .spec = spec, .all = &all, .arena = a,
	    .err = err };
	enum mip_status status = data_load(spec, a, &all, err);

	memset(out, 0, sizeof *out);
	if (status == MIP_OK)
		status = fits(&s);
	if (status != MIP_OK)
		return status;
	s.place = calloc(all.n + 1, sizeof *s.place);
	if (!s.place || !place_rows(&s, input, ninput) || !deal(&s, out)) {
		wrong(&s, NULL);
		err->message = "out of memory";
		status = MIP_NOMEM;
	}
	free(s.place);
	return status;
}

/* ---- leaks ---- */

struct print {
	unsigned char hash[SHA256_SIZE];
	const struct row *row;
};

static int
by_hash(const void *a, const void *b)
{
	const struct print *x = a, *y = b;
	int order = memcmp(x->hash, y->hash, SHA256_SIZE);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int
same_hash(const void *key, const void *item)
{
	return memcmp(key, ((const struct print *)item)->hash, SHA256_SIZE);
}

enum mip_status
data_leak(const struct rows *a, const struct rows *b,
    const char *const *input, size_t ninput, struct data_leak *out)
{
	struct print *list = calloc(a->n + 1, sizeof *list);
	const struct print *found;
	unsigned char hash[SHA256_SIZE];
	bool done = list != NULL;
	size_t i;

	memset(out, 0, sizeof *out);
	for (i = 0; done && i < a->n; i++) {
		list[i].row = &a->row[i];
		done = data_hash(&a->row[i], input, ninput, 0, list[i].hash);
	}
	if (done)
		qsort(list, a->n, sizeof *list, by_hash);
	for (i = 0; done && i < b->n; i++) {
		done = data_hash(&b->row[i], input, ninput, 0, hash);
		found = done ? bsearch(hash, list, a->n, sizeof *list,
		    same_hash) : NULL;
		while (found && found > list && same_hash(hash, found - 1) == 0)
			found--;
		if (found && out->n++ == 0) {
			out->a = found->row;
			out->b = &b->row[i];
		}
	}
	free(list);
	return done ? MIP_OK : MIP_NOMEM;
}
