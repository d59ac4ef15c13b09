/* How fast rows are indexed and found, and how well.
 *
 *     bench_search [ROWS]
 *     bench_search CORPUS.jsonl QUESTIONS.jsonl
 *     bench_search -v [ROWS [LENGTH]]
 *
 * Makes ROWS (100000) passages of some 80 words, whose words are as frequent
 * as those of a language (Zipf), indexes them, and asks for those with 12
 * words of a passage.  With files, the corpus has `title` and `text`, and a
 * question has `question` and `supporting_titles`: then it also prints which
 * share of these are among the best 3, 5 and 10 (recall).  With -v, looks at
 * ROWS (100000) vectors of LENGTH (384) numbers, for the closest ones.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "search/bm25.h"
#include "search/vectors.h"

enum { QUERIES = 1000, WORDS = 200000, LENGTH = 80, ASKED = 12, MOST = 10 };

struct question {
	char *text;
	char **title;
	size_t ntitle;
};

static const char *const members[] = { "title", "text", NULL };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
die(const char *what)
{
	fprintf(stderr, "bench_search: %s\n", what);
	exit(1);
}

/* ---- a corpus made up ---- */

static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The n-th most frequent word is drawn about 1/n as often as the first. */
static unsigned
word(uint64_t *state)
{
	double u = (double)(draw(state) >> 11) / 9007199254740992.0;

	return (unsigned)exp(u * log(WORDS));
}

static void
write_corpus(const char *path, size_t rows, struct question *q)
{
	FILE *f = fopen(path, "w");
	uint64_t state = 1;
	size_t i, k;

	if (!f)
		die("no file");
	for (i = 0; i < rows; i++) {
		char text[LENGTH * 12], *p = text;
		struct question *ask = i % (rows / QUERIES + 1) == 0 ?
		    &q[i / (rows / QUERIES + 1)] : NULL;

		for (k = 0; k < LENGTH; k++)
			p += snprintf(p, 12, "%sw%x", k ? " " : "",
			    word(&state));
		fprintf(f, "{\"title\":\"%zu\",\"text\":\"%s\"}\n", i, text);
		if (!ask)
			continue;
		for (k = 0, p = text; k < ASKED && p; k++)
			p = strchr(p + 1, ' ');
		ask->text = strndup(text, p ? (size_t)(p - text) : 0);
	}
	if (fclose(f) != 0)
		die("no file");
}

/* ---- questions of a file ---- */

static size_t
read_questions(const char *path, struct question *q, size_t most,
    struct arena *a)
{
	char *line = NULL;
	size_t cap = 0, n = 0;
	ssize_t len;
	FILE *f = fopen(path, "r");
	struct json v, item, yes;
	struct json_walk w;

	if (!f)
		die("no questions");
	while (n < most && (len = getline(&line, &cap, f)) > 0) {
		if (!json_parse(line, (size_t)len, &v, NULL, NULL))
			die("a question is no JSON");
		yes = json_get(v, "in_corpus");
		item = json_get(v, "supporting_titles");
		if (json_is(yes, "false") || json_kind(item) != JSON_ARRAY)
			continue;
		q[n].text = strdup(json_string(a, json_get(v, "question")));
		q[n].title = arena_array(a, json_count(item),
		    sizeof *q[n].title);
		for (w = json_walk(item); json_next(&w, NULL, &item);)
			q[n].title[q[n].ntitle++] =
			    strdup(json_string(a, item));
		n++;
	}
	free(line);
	fclose(f);
	return n;
}

static size_t
found(const struct corpus *c, const struct question *q, const struct hits *h,
    size_t k, struct arena *a)
{
	struct buf b = BUF_INIT;
	char why[CORPUS_WHY];
	size_t i, n, sum = 0;
	struct json v;
	const char *title;

	for (n = 0; n < q->ntitle; n++)
		for (i = 0; i < k && i < h->n; i++) {
			if (corpus_row(c, h->v[i].row, &b, &v, why) != MIP_OK)
				die(why);
			title = json_string(a, json_get(v, "title"));
			if (strcmp(title, q->title[n]) == 0) {
				sum++;
				break;
			}
		}
	buf_release(&b);
	return sum;
}

/* ---- both ---- */

static int
by_time(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static void
measure(const struct corpus *c, const struct question *q, size_t n,
    const struct bm25_options *o)
{
	static const size_t at[] = { 3, 5, 10 };
	double *t = malloc((n + 1) * sizeof *t), start;
	size_t sum[3] = { 0 }, all[3] = { 0 }, titles = 0, i, k, one;
	struct hit v[MOST];
	struct hits h = { v, 0, MOST };
	struct arena a = { .head = NULL };

	for (i = 0; t && i < n; i++) {
		start = now();
		if (!bm25_search(c, q[i].text, o, &h))
			die("no memory");
		t[i] = now() - start;
		titles += q[i].ntitle;
		for (k = 0; k < 3 && q[i].ntitle > 0; k++) {
			one = found(c, &q[i], &h, at[k], &a);
			sum[k] += one;
			all[k] += one == q[i].ntitle;
		}
		arena_reset(&a);
	}
	qsort(t, n, sizeof *t, by_time);
	printf("stem %d k1 %.2f b %.2f: median %.3f ms, 95%% %.3f ms",
	    o->stem, o->k1, o->b, t[n / 2] * 1e3, t[n * 95 / 100] * 1e3);
	for (k = 0; k < 3 && titles > 0; k++)
		printf("; recall@%zu %.4f (all %.4f)", at[k], (double)sum[k] /
		    (double)titles, (double)all[k] / (double)n);
	printf("\n");
	arena_release(&a);
	free(t);
}

static void
run(const char *path, const char *dir, const struct question *q, size_t n,
    bool stem)
{
	struct corpus_spec spec = { .path = path, .text = members,
		.ranked = true, .stem = stem, .dir = dir };
	struct bm25_options o = { stem, 0.9, 0.4 };
	struct corpus *c;
	char why[CORPUS_WHY];
	double start = now(), built;

	if (corpus_open(&spec, NULL, NULL, &c, why) != MIP_OK)
		die(why);
	built = now() - start;
	corpus_close(c);
	start = now();
	if (corpus_open(&spec, NULL, NULL, &c, why) != MIP_OK)
		die(why);
	printf("%zu rows: indexed in %.2f s, opened in %.2f ms\n",
	    corpus_rows(c), built, (now() - start) * 1e3);
	measure(c, q, n, &o);
	o.k1 = 1.2;
	o.b = 0.75;
	measure(c, q, n, &o);
	corpus_close(c);
}

/* ---- vectors ---- */

static struct vectors *
make_vectors(size_t rows, size_t length, const char *path)
{
	unsigned char d[CORPUS_DIGEST] = { 0 };
	float *x = malloc(length * sizeof *x);
	char why[VECTORS_WHY];
	struct vectors *v;
	uint64_t state = 1;
	size_t i, k;

	if (!x || vectors_open(path, &v, why) != MIP_OK ||
	    vectors_lock(v, NULL, NULL, why) != MIP_OK)
		die("no store");
	for (i = 0; i < rows; i++) {
		memcpy(d, &i, sizeof i);
		for (k = 0; k < length; k++)
			x[k] = (float)(int64_t)draw(&state);
		if (vectors_add(v, d, x, length, why) != MIP_OK)
			die(why);
	}
	if (vectors_load(v, why) != MIP_OK)
		die(why);
	vectors_unlock(v);
	free(x);
	return v;
}

static void
run_vectors(size_t rows, size_t length, const char *dir)
{
	enum { TIMES = 20 };
	char path[64];
	struct vectors *v;
	int32_t *place = malloc(rows * sizeof *place);
	float *x = calloc(length, sizeof *x);
	struct hit best[MOST];
	struct hits h = { best, 0, MOST };
	double start = now(), t[TIMES];
	size_t i;

	snprintf(path, sizeof path, "%s/x.vec", dir);
	v = make_vectors(rows, length, path);
	printf("%zu vectors of %zu: written in %.2f s", rows, length,
	    now() - start);
	if (!place || !x)
		die("no memory");
	for (i = 0; i < rows; i++)
		place[i] = (int32_t)i;
	for (i = 0; i < TIMES; i++) {
		x[i % length] = 1;
		start = now();
		vectors_search(v, place, rows, x, &h);
		t[i] = now() - start;
	}
	qsort(t, TIMES, sizeof *t, by_time);
	printf("; searched in median %.2f ms, least %.2f ms\n",
	    t[TIMES / 2] * 1e3, t[0] * 1e3);
	vectors_close(v);
	free(place);
	free(x);
}

int
main(int argc, char **argv)
{
	enum { MANY = 100000 };
	struct question *q = calloc(MANY, sizeof *q);
	char dir[] = "/tmp/miproc-bench-" "XX" "XX" "XX", path[64], rm[64];
	struct arena a = { .head = NULL };
	size_t n = QUERIES, rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

	if (!q || !mkdtemp(dir))
		die("no memory, or no directory");
	snprintf(path, sizeof path, "%s/corpus.jsonl", dir);
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		rows = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
		n = argc > 3 ? strtoul(argv[3], NULL, 10) : 384;
		run_vectors(rows > 0 ? rows : 1, n > 0 ? n : 1, dir);
	} else if (argc > 2) {
		n = read_questions(argv[2], q, MANY, &a);
		run(argv[1], dir, q, n, false);
		run(argv[1], dir, q, n, true);
	} else {
		if (rows < QUERIES)
			rows = 100000;
		write_corpus(path, rows, q);
		n = (rows - 1) / (rows / QUERIES + 1) + 1;
		run(path, dir, q, n, false);
	}
	arena_release(&a);
	fflush(stdout);
	snprintf(rm, sizeof rm, "%s", dir);
	execlp("rm", "rm", "-rf", rm, (char *)NULL);
	return 1;
}
