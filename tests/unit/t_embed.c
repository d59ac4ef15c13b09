/* Tests of vectors: calls of models that make them, their store, searches by
 * them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "lmd_run.h"
#include "provider/provider.h"
#include "run/mip.h"
#include "search/vectors.h"
#include "slow.h"
#include "type/type.h"

static const char rules[] =
	"{\"match\":\"e-busy\",\"status\":503,\"times\":1}\n"
	"{\"match\":\"e-long\",\"status\":400,\"error\":\"too many tokens\"}\n"
	"{\"match\":\"e-page\",\"action\":\"html\"}\n"
	"{\"match\":\"e-late\",\"status\":500,\"times\":1}\n"
	"{\"reply\":\"hello\"}\n";

static char file[96];

static struct mip_model
model(void)
{
	return (struct mip_model){
		.name = "emb", .provider = "openai", .id = "vec-1",
		.base_url = { .text = lmd.url }, .temperature = MIP_UNSET,
		.top_p = MIP_UNSET, .seed = -1,
		.sending = { .attempts = 2, .backoff_ms = 10,
		    .timeout_ms = slow(5000) },
	};
}

static struct mip_env *
env(struct mip_options o)
{
	struct mip_env *e;

	if (!o.cache_dir)
		o.no_cache = true;
	assert_int_equal(mip_env_new(&o, &e), MIP_OK);
	return e;
}

/* ---- answers of servers ---- */

static void
reads(const char *answer, size_t want, const char *text)
{
	struct provider_answer a;

	assert_true(provider_embed_answer(answer, strlen(answer), want, &a));
	assert_string_equal(a.text, text);
	assert_int_equal(a.text_len, strlen(text));
	provider_answer_release(&a);
}

static void
not_read(const char *answer, size_t want, const char *why)
{
	struct provider_answer a;

	assert_false(provider_embed_answer(answer, strlen(answer), want, &a));
	if (!strstr(a.why, why))
		fail_msg("%s", a.why);
}

static void
answers(void **state)
{
	(void)state;
	reads("{\"data\":[{\"index\":1,\"embedding\":[3,4.5]},{\"index\":0,"
	    "\"embedding\":[0.10000000149011612,-2e-7]}],\"usage\":{"
	    "\"prompt_tokens\":7}}", 2, "[[0.1,-2e-07],[3,4.5]]");
	/* Without places; in a list of one. */
	reads("{\"data\":[{\"embedding\":[1]},{\"embedding\":[[2]]}]}", 2,
	    "[[1],[2]]");
	not_read("", 1, "nothing");
	not_read("<html>", 1, "no JSON");
	not_read("{\"error\":{\"message\":\"busy\"}}", 1, "an error: busy");
	not_read("{\"object\":\"list\"}", 1, "JSON without data");
	not_read("{\"data\":[{\"embedding\":[1]}]}", 2,
	    "1 vectors for 2 texts");
	not_read("{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,"
	    "\"embedding\":[1]}]}", 2, "2 vectors for 2 texts");
	not_read("{\"data\":[{\"embedding\":[]}]}", 1, "a vector that is none");
	not_read("{\"data\":[{\"embedding\":[1e99]}]}", 1,
	    "a vector that is none");
	not_read("{\"data\":[{\"embedding\":[1]},{\"embedding\":[1,2]}]}", 2,
	    "not as long as the others");
}

/* ---- calls ---- */

static double
near(struct mip *m, const struct mip_model *e, const char *a, const char *b)
{
	return mip_cosine(m, mip_embed(m, e, a), mip_embed(m, e, b));
}

static void
calls(void **state)
{
	struct mip_options o = { .cache_dir = lmd_path("calls"),
		.trace = lmd_path("trace") };
	struct mip_model e = model();
	struct mip_env *v = env(o);
	struct mip *m = mip_new(v);
	struct mip_floats x;
	struct lmd trace;

	(void)state;
	mip_begin(m);
	x = mip_embed(m, &e, "a red house");
	assert_int_equal(mip_status(m), MIP_OK);
	assert_int_equal(x.n, 64);
	assert_true(near(m, &e, "a red house", "red houses, a house") >
	    near(m, &e, "a red house", "green apples fall"));
	assert_true(fabs(near(m, &e, "same", "same") - 1) < 1e-6);
	assert_int_equal(lmd_count(&lmd, "\"body\":{\"model\":\"vec-1\","
	    "\"input\":[\"a red house\"]}"), 1);
	assert_true(mip_used(m).in > 0 && mip_used(m).calls == 7 &&
	    mip_used(m).cached == 3);
	mip_begin(m);
	x = mip_embed(m, &e, "");
	assert_int_equal(x.n, 0);
	assert_int_equal(mip_status(m), MIP_FAIL);
	mip_begin(m);
	mip_cosine(m, (struct mip_floats){ NULL, 0 },
	    (struct mip_floats){ (const double[]){ 1 }, 1 });
	assert_string_equal(mip_message(m), "vectors of 0 and 1 numbers "
	    "cannot be compared");
	mip_begin(m);
	assert_true(mip_cosine(m, (struct mip_floats){ (const double[]){ 0 },
	    1 }, (struct mip_floats){ (const double[]){ 1 }, 1 }) == 0);
	mip_free(m);
	mip_env_free(v);
	snprintf(trace.log, sizeof trace.log, "%s", o.trace);
	assert_int_equal(lmd_count(&trace, "\"kind\":\"embed\",\"model\":"
	    "\"emb\""), 7);
	/* Another process needs no network. */
	o.offline = true;
	v = env(o);
	m = mip_new(v);
	mip_begin(m);
	assert_int_equal(mip_embed(m, &e, "a red house").n, 64);
	assert_int_equal(mip_embed(m, &e, "a blue house").n, 0);
	assert_int_equal(mip_status(m), MIP_OFFLINE);
	mip_free(m);
	mip_env_free(v);
}

static const char *
fails(const struct mip_model *e, const char *text, struct mip_options o,
    enum mip_status want)
{
	static char said[512];
	struct mip_env *v = env(o);
	struct mip *m = mip_new(v);

	mip_begin(m);
	assert_int_equal(mip_embed(m, e, text).n, 0);
	assert_int_equal(mip_status(m), want);
	snprintf(said, sizeof said, "%s", mip_message(m));
	mip_free(m);
	mip_env_free(v);
	return said;
}

static void
failures(void **state)
{
	static const struct mip_options none;
	struct mip_model e = model(), other = model();
	const struct mip_model *const two[] = { &e, &other };
	struct mip_model route = { .name = "any", .route = MIP_FALLBACK,
		.to = two, .nto = 2 };

	(void)state;
	assert_non_null(strstr(fails(&e, "e-long", none, MIP_INFRASTRUCTURE),
	    "the model emb: the server at http://"));
	assert_non_null(strstr(fails(&e, "e-page", none, MIP_INFRASTRUCTURE),
	    "answered what is no JSON, not OpenAI-compatible embeddings"));
	assert_non_null(strstr(fails(&route, "x", none, MIP_USAGE),
	    "vectors of the models of any cannot be compared"));
	/* A budget of tokens or money needs no max_tokens here. */
	assert_non_null(strstr(fails(&e, "x", (struct mip_options){
	    .max_cost = 1 }, MIP_USAGE), "the price of the model emb"));
	assert_non_null(strstr(fails(&e, "x", (struct mip_options){
	    .max_tokens = 1 }, MIP_BUDGET), "budget"));
	e.priced = true;
	e.price_in = 1000;
	fails(&e, "x", (struct mip_options){ .max_cost = 1e-9 }, MIP_BUDGET);
}

/* ---- the store ---- */

static void
digest(unsigned char d[CORPUS_DIGEST], int n)
{
	memset(d, 0, CORPUS_DIGEST);
	d[0] = (unsigned char)n;
	d[9] = (unsigned char)(n >> 8);
}

static enum mip_status
add(struct vectors *v, int n, float x, float y)
{
	unsigned char d[CORPUS_DIGEST];
	float xy[2] = { x, y };
	char why[VECTORS_WHY];

	digest(d, n);
	return vectors_add(v, d, xy, 2, why);
}

static int64_t
find(const struct vectors *v, int n)
{
	unsigned char d[CORPUS_DIGEST];

	digest(d, n);
	return vectors_find(v, d);
}

static void
grows(const char *path)
{
	struct vectors *v;
	char why[VECTORS_WHY];
	int32_t place[300];
	struct hit best[2];
	struct hits h = { best, 0, 2 };
	float x[2] = { 3, 4 }, three[3] = { 1, 0, 0 };
	unsigned char d[CORPUS_DIGEST];
	int i;

	assert_int_equal(vectors_open(path, &v, why), MIP_OK);
	assert_int_equal(vectors_length(v), 0);
	assert_int_equal(find(v, 1), VECTORS_NONE);
	assert_int_equal(vectors_lock(v, NULL, NULL, why), MIP_OK);
	for (i = 0; i < 300; i++)
		assert_int_equal(add(v, i, (float)i, 100), MIP_OK);
	digest(d, 999);
	assert_int_equal(vectors_add(v, d, three, 3, why), MIP_USAGE);
	assert_non_null(strstr(why, "a vector has 3 numbers, and those that "
	    "were made before have 2"));
	assert_int_equal(vectors_load(v, why), MIP_OK);
	vectors_unlock(v);
	assert_int_equal(vectors_length(v), 2);
	for (i = 0; i < 300; i++)
		place[i] = (int32_t)find(v, i);
	assert_int_equal(place[299], 299);
	assert_int_equal(find(v, 999), VECTORS_NONE);
	vectors_scale(x, 2);
	vectors_search(v, place, 300, x, &h);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.v[0].row, 75);       /* 3:4 */
	assert_true(fabs(h.v[0].score - 1) < 1e-6);
	place[75] = VECTORS_NONE;
	vectors_search(v, place, 300, x, &h);
	assert_true(h.v[0].row == 74 || h.v[0].row == 76);
	vectors_close(v);
}

static void
store(void **state)
{
	const char *path = lmd_path("store.vec");
	struct vectors *v;
	struct stat st;
	char why[VECTORS_WHY];

	(void)state;
	grows(NULL);
	grows(path);
	/* A record that a crash has cut off is dropped, and written anew. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 5), 0);
	assert_int_equal(vectors_open(path, &v, why), MIP_OK);
	assert_int_equal(find(v, 298), 298);
	assert_int_equal(find(v, 299), VECTORS_NONE);
	assert_int_equal(vectors_lock(v, NULL, NULL, why), MIP_OK);
	assert_int_equal(add(v, 299, 1, 1), MIP_OK);
	assert_int_equal(add(v, 300, 1, 1), MIP_OK);
	vectors_close(v);
	assert_int_equal(vectors_open(path, &v, why), MIP_OK);
	assert_int_equal(find(v, 299), 299);
	assert_int_equal(find(v, 300), 300);
	vectors_close(v);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 64 + 301 * 24);
	/* What is no store is emptied when something is added. */
	assert_int_equal(truncate(path, 10), 0);
	grows(path);
	assert_int_equal(vectors_open("/nowhere/x.vec", &v, why), MIP_OK);
	assert_int_equal(vectors_lock(v, NULL, NULL, why), MIP_IO);
	assert_string_equal(why, "cannot write /nowhere/x.vec: No such file "
	    "or directory");
	vectors_close(v);
}

/* ---- searches ---- */

struct note {
	const char *text;
	double fit;
};
struct note_list {
	const struct note *v;
	size_t n;
};
static const double no_fit = -9;
static const struct mip_field note_fields[] = {
	{ MIP_FIELD(struct note, text, &mip_string, NULL) },
	{ MIP_FIELD(struct note, fit, &mip_float, NULL),
	    .fallback = &no_fit },
};
static const struct mip_type note_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct note), .name = "Note",
	.field = note_fields, .n = 2,
};
static const char *const members[] = { "text", NULL };

static struct mip_retriever
notes(const struct mip_model *e)
{
	return (struct mip_retriever){
		.name = "notes", .by = MIP_EMBED, .of = &note_type,
		.text = members, .path = file, .model = e, .score = "fit",
	};
}

static void
write_notes(int n, const char *last)
{
	FILE *f = fopen(file, "w");
	int i;

	assert_non_null(f);
	for (i = 0; i < n; i++)
		fprintf(f, "{\"text\":\"note w%d about t%d\"}\n", i, i / 10);
	fprintf(f, "{\"text\":\"\"}\n%s", last);
	assert_int_equal(fclose(f), 0);
}

/* The text found first; or the message of the failure `want`. */
static const char *
first(struct mip_env *v, const struct mip_retriever *r, const char *query,
    enum mip_status want)
{
	static char out[512];
	struct mip *m = mip_new(v);
	struct note_list l;
	size_t i;

	mip_begin(m);
	assert_int_equal(mip_search(m, r, query, 3, &l), want);
	assert_int_equal(l.n, want == MIP_OK && *query ? 3 : 0);
	for (i = 1; i < l.n; i++)
		assert_true(l.v[i].fit <= l.v[i - 1].fit);
	snprintf(out, sizeof out, "%s", want != MIP_OK ? mip_message(m) :
	    l.n > 0 ? l.v[0].text : "");
	mip_free(m);
	return out;
}

static void
search(void **state)
{
	struct mip_options o = { .cache_dir = lmd_path("search") };
	struct mip_model e = model();
	struct mip_retriever r = notes(&e);
	struct mip_env *v = env(o);
	int before;

	(void)state;
	write_notes(100, "{\"text\":\"the blue car\"}\n");
	assert_string_equal(first(v, &r, "a car, blue", MIP_OK),
	    "the blue car");
	assert_string_equal(first(v, &r, "w42 note t4", MIP_OK),
	    "note w42 about t4");
	assert_string_equal(first(v, &r, "", MIP_OK), "");
	/* 101 rows in four batches; an empty one has no vector. */
	assert_int_equal(lmd_count(&lmd, "note w0 about t0"), 1);
	assert_int_equal(lmd_count(&lmd, "about t"), 4);
	mip_env_free(v);
	/* A row more costs one more vector. */
	before = lmd_count(&lmd, "input");
	write_notes(100, "{\"text\":\"the blue car\"}\n"
	    "{\"text\":\"a red boat\"}\n");
	v = env(o);
	assert_string_equal(first(v, &r, "boat", MIP_OK), "a red boat");
	assert_int_equal(lmd_count(&lmd, "input"), before + 2);
	assert_int_equal(lmd_count(&lmd, "\"input\":[\"a red boat\"]"), 1);
	mip_env_free(v);
	/* Another process needs no network; another model is another one. */
	o.offline = true;
	v = env(o);
	assert_string_equal(first(v, &r, "boat", MIP_OK), "a red boat");
	assert_non_null(strstr(first(v, &r, "new words", MIP_OFFLINE),
	    "a reply of the model emb is not in the cache"));
	e.id = "vec-2";
	mip_env_free(v);
	v = env(o);
	assert_non_null(strstr(first(v, &r, "boat", MIP_OFFLINE),
	    "the model emb is on the network"));
	mip_env_free(v);
}

/* What was made before a failure is not made again. */
static void
resumes(void **state)
{
	struct mip_options o = { .cache_dir = lmd_path("resumes") };
	struct mip_model e = model();
	struct mip_retriever r = notes(&e);
	struct mip_env *v = env(o);

	(void)state;
	e.id = "vec-3";
	e.sending.attempts = 1;
	write_notes(300, "{\"text\":\"e-late and e-late again\"}\n");
	assert_non_null(strstr(first(v, &r, "note", MIP_INFRASTRUCTURE),
	    "answered 500"));
	mip_env_free(v);
	v = env(o);
	assert_string_equal(first(v, &r, "w250 note t25", MIP_OK),
	    "note w250 about t25");
	assert_int_equal(lmd_count(&lmd, "note w0 about t0"), 2);
	assert_int_equal(lmd_count(&lmd, "note w255 about t25"), 1);
	assert_int_equal(lmd_count(&lmd, "note w299 about t29"), 2);
	assert_int_equal(lmd_count(&lmd, "e-late"), 2);
	mip_env_free(v);
	/* Without a cache all is made in memory. */
	o.cache_dir = NULL;
	v = env(o);
	assert_string_equal(first(v, &r, "w250 note t25", MIP_OK),
	    "note w250 about t25");
	assert_string_equal(first(v, &r, "w3 note t0", MIP_OK),
	    "note w3 about t0");
	mip_env_free(v);
}

struct job {
	pthread_t thread;
	struct mip_env *env;
	const struct mip_retriever *r;
	bool ok;
};

static void *
one_thread(void *arg)
{
	struct job *j = arg;
	struct mip *m = mip_new(j->env);
	struct note_list l;
	int i;

	for (i = 0; m && i < 20; i++) {
		mip_begin(m);
		if (mip_search(m, j->r, "w4 note t0", 2, &l) != MIP_OK ||
		    l.n != 2 || strcmp(l.v[0].text, "note w4 about t0") != 0)
			break;
	}
	j->ok = i == 20;
	mip_free(m);
	return NULL;
}

/* Two environments, which are as good as two processes, and threads of each:
 * every vector is made once. */
static void
threads(void **state)
{
	enum { N = 6 };
	struct mip_options o = { .cache_dir = lmd_path("threads") };
	struct mip_model e = model();
	struct mip_retriever r = notes(&e);
	struct mip_env *v[2] = { env(o), env(o) };
	struct job j[N];
	int i, before;

	(void)state;
	e.id = "vec-4";
	write_notes(60, "");
	before = lmd_count(&lmd, "\"note w59 about t5\"");
	for (i = 0; i < N; i++) {
		j[i] = (struct job){ .env = v[i % 2], .r = &r };
		assert_int_equal(pthread_create(&j[i].thread, NULL,
		    one_thread, &j[i]), 0);
	}
	for (i = 0; i < N; i++) {
		pthread_join(j[i].thread, NULL);
		assert_true(j[i].ok);
	}
	assert_int_equal(lmd_count(&lmd, "\"note w59 about t5\""), before + 1);
	mip_env_free(v[0]);
	mip_env_free(v[1]);
}

static int
up(void **state)
{
	(void)state;
	if (!lmd_start(&lmd, rules))
		return -1;
	snprintf(file, sizeof file, "%s/notes.jsonl", lmd.dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(calls),
		cmocka_unit_test(failures),
		cmocka_unit_test(store),
		cmocka_unit_test(search),
		cmocka_unit_test(resumes),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
