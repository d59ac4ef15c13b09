/* How fast indices of retrievers are made and searched.
 *
 *     bench_corpus [ROWS]
 *
 * Rows have 80 words of a vocabulary of 60,000, drawn by Zipf's law; queries
 * have eight such words.  Prints seconds of CPU to make an index, its size, and
 * milliseconds of a query, by words and by vectors of 384 numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "search/bm25.h"
#include "search/corpus.h"
#include "search/vectors.h"
#include "tune/rng.h"

enum {
	ROWS = 100000, WORDS = 80, VOCABULARY = 60000,
	QUERIES = 200, QUERY_WORDS = 8, BEST = 10, NUMBERS = 384
};

static void
die(const char *why)
{
	fprintf(stderr, "bench_corpus: %s\n", why);
	exit(1);
}

static double
cpu(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* The n-th commonest word, with a suffix that stems. */
static void
put_word(struct buf *b, unsigned n)
{
	static const char *const suffix[] = { "", "s", "ing", "ation" };

	for (unsigned k = n + 1; k > 0; k /= 20)
		buf_printf(b, "%c%c", "bcdfghjklmnpqrstvwxz"[k % 20],
		    "aeiou"[k % 5]);
	buf_puts(b, suffix[n % 4]);
}

/* Ranks whose frequency falls with 1 / rank. */
static void
put_words(struct buf *b, struct rng *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		buf_puts(b, i > 0 ? " " : "");
		put_word(b, (unsigned)exp(rng_unit(r) * log(VOCABULARY)) - 1);
	}
}

static void
write_rows(const char *path, size_t n)
{
	struct rng *r = rng_new(1);
	struct buf b = BUF_INIT;
	FILE *f = fopen(path, "w");

	if (!f)
		die("cannot write rows");
	for (size_t i = 0; i < n; i++) {
		buf_reset(&b);
		buf_printf(&b, "{\"id\":\"row%zu\",\"text\":\"", i);
		put_words(&b, r, WORDS);
		buf_puts(&b, "\"}\n");
		if (b.failed || fwrite(b.s, 1, b.len, f) != b.len)
			die("cannot write rows");
	}
	if (fclose(f) != 0)
		die("cannot write rows");
	buf_release(&b);
	rng_free(r);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static void
told(const char *what, double value, const char *unit)
{
	printf("%-44s %9.2f %s\n", what, value, unit);
}

static void
by_words(const char *path, bool stem, size_t n)
{
	static const char *const text[] = { "text", NULL };
	const struct corpus_spec spec = { .path = path, .text = text,
	    .id = "id", .ranked = true, .stem = stem };
	const struct bm25_options o = { stem, 1.2, 0.75 };
	struct rng *r = rng_new(2);
	struct buf query = BUF_INIT;
	struct hit best[BEST];
	struct corpus *c;
	char why[CORPUS_WHY], what[64];
	double from = cpu();

	if (corpus_open(&spec, never, NULL, &c, why) != MIP_OK)
		die(why);
	snprintf(what, sizeof what, "%zu rows, %s: index", n, stem ?
	    "stems" : "words");
	told(what, cpu() - from, "s");
	from = cpu();
	for (int i = 0; i < QUERIES; i++) {
		struct hits h = { best, 0, BEST };

		buf_reset(&query);
		put_words(&query, r, QUERY_WORDS);
		if (!bm25_search(c, buf_str(&query), &o, &h))
			die("no memory");
	}
	told("  query", (cpu() - from) * 1e3 / QUERIES, "ms");
	corpus_close(c);
	buf_release(&query);
	rng_free(r);
}

static void
by_vectors(size_t n)
{
	int32_t *place = malloc(n * sizeof *place);
	struct rng *r = rng_new(3);
	float x[NUMBERS];
	unsigned char digest[CORPUS_DIGEST] = { 0 };
	struct hit best[BEST];
	struct vectors *v;
	char why[VECTORS_WHY], what[64];
	double from;

	if (!place || vectors_open(NULL, &v, why) != MIP_OK)
		die("no memory");
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < NUMBERS; k++)
			x[k] = (float)rng_unit(r) - 0.5f;
		memcpy(digest, &i, sizeof i);
		if (vectors_add(v, digest, x, NUMBERS, why) != MIP_OK)
			die(why);
	}
	if (vectors_load(v, why) != MIP_OK)
		die(why);
	for (size_t i = 0; i < n; i++) {
		memcpy(digest, &i, sizeof i);
		place[i] = (int32_t)vectors_find(v, digest);
	}
	vectors_scale(x, NUMBERS);
	from = cpu();
	for (int i = 0; i < QUERIES / 10; i++) {
		struct hits h = { best, 0, BEST };

		vectors_search(v, place, n, x, &h);
	}
	snprintf(what, sizeof what, "%zu vectors of %d: query", n, NUMBERS);
	told(what, (cpu() - from) * 1e3 / (QUERIES / 10), "ms");
	vectors_close(v);
	free(place);
	rng_free(r);
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : ROWS;
	char path[] = "bench_corpus_XXXXXX";
	struct stat st;
	int fd = mkstemp(path);

	if (fd < 0 || n == 0)
		die("usage: bench_corpus [ROWS]");
	close(fd);
	write_rows(path, n);
	if (stat(path, &st) == 0)
		told("file", (double)st.st_size / 1e6, "MB");
	by_words(path, false, n);
	by_words(path, true, n);
	unlink(path);
	by_vectors(n);
	return 0;
}
