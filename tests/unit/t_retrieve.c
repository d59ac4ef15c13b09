/* Tests of retrievers: typed results from files and from servers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lmd_run.h"
#include "run/mip.h"
#include "slow.h"
#include "text_file.h"
#include "type/type.h"

static const char rules[] =
	"{\"path\":\"/s\",\"match\":[\"\\\"query\\\":\\\"cats & \\u00e9\\\"\","
	    "\"\\\"k\\\":2\"],\"json\":[{\"title\":\"a\",\"n\":1},"
	    "{\"title\":\"b\",\"n\":2},{\"title\":\"c\",\"n\":3}]}\n"
	"{\"path\":\"/s\",\"match\":\"deep\",\"json\":{\"data\":{\"hits\":["
	    "{\"title\":\"d\",\"n\":4}]}}}\n"
	"{\"path\":\"/s\",\"match\":\"plain\",\"json\":{\"results\":[\"x\","
	    "{\"text\":\"y\"}]}}\n"
	"{\"path\":\"/s\",\"match\":\"bad\",\"json\":[{\"title\":1}]}\n"
	"{\"path\":\"/s\",\"match\":\"odd\",\"json\":{\"found\":[]}}\n"
	"{\"path\":\"/s\",\"match\":\"page\",\"action\":\"html\"}\n"
	"{\"path\":\"/s\",\"match\":\"lasts\",\"json\":[]}\n"
	"{\"path\":\"/s\",\"status\":500}\n";

static char url[96], file[96];

/* ---- a type of results ---- */

struct page {
	const char *title;
	int64_t n;
	double fit;
};
struct page_list {
	const struct page *v;
	size_t n;
};

static const double no_fit = -1;
static const struct mip_field page_fields[] = {
	{ MIP_FIELD(struct page, title, &mip_string, NULL) },
	{ MIP_FIELD(struct page, n, &mip_int, NULL) },
	{ MIP_FIELD(struct page, fit, &mip_float, NULL),
	    .fallback = &no_fit },
};
static const struct mip_type page_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct page), .name = "Page",
	.field = page_fields, .n = 3,
};

static const char *const members[] = { "title", "body", NULL };

static struct mip_retriever
by_words(void)
{
	return (struct mip_retriever){
		.name = "wiki", .by = MIP_BM25, .of = &page_type,
		.text = members, .path = file, .k1 = 1.2, .b = 0.75,
	};
}

static struct mip_http server;

static struct mip_retriever
by_server(void)
{
	server = (struct mip_http){
		.name = "retriever web", .url = { .text = url },
		.sending = { .attempts = 2, .backoff_ms = 10,
		    .timeout_ms = slow(5000) },
	};
	return (struct mip_retriever){
		.name = "web", .by = MIP_SEARCH, .of = &page_type,
		.http = &server,
	};
}

/* ---- runs ---- */

static struct mip_env *
env(struct mip_options o)
{
	struct mip_env *e;

	if (!o.cache_dir)
		o.no_cache = true;
	assert_int_equal(mip_env_new(&o, &e), MIP_OK);
	return e;
}

/* The titles found, "a b"; or the message of the failure, which must be
 * `want`. */
static const char *
search(struct mip *m, const struct mip_retriever *r, const char *query,
    int64_t k, enum mip_status want)
{
	static char out[512];
	struct page_list l;
	size_t i;

	mip_begin(m);
	assert_int_equal(mip_search(m, r, query, k, &l), want);
	assert_int_equal(mip_status(m), want);
	out[0] = '\0';
	if (want != MIP_OK) {
		assert_int_equal(l.n, 0);
		snprintf(out, sizeof out, "%s", mip_message(m));
	}
	for (i = 0; i < l.n; i++)
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
		    i > 0 ? " " : "", l.v[i].title);
	return out;
}

static void
words(void **state)
{
	struct mip_env *e = env((struct mip_options){ .seed = 1 });
	struct mip_retriever r = by_words();
	struct mip *m = mip_new(e);
	struct page_list l;

	(void)state;
	text_file(file, "{\"title\":\"cats\",\"n\":1,\"body\":\"they purr\"}\n"
	    "{\"title\":\"dogs\",\"n\":\"2\",\"body\":\"they bark at cats\"}\n"
	    "{\"title\":\"birds\",\"n\":3,\"body\":null}\n");
	assert_string_equal(search(m, &r, "Cats!", 5, MIP_OK), "cats dogs");
	assert_string_equal(search(m, &r, "cats", 1, MIP_OK), "cats");
	assert_string_equal(search(m, &r, "cats", 0, MIP_OK), "");
	assert_string_equal(search(m, &r, "cats", -3, MIP_OK), "");
	assert_string_equal(search(m, &r, "cats", INT64_MAX, MIP_OK),
	    "cats dogs");
	assert_string_equal(search(m, &r, "whales", 5, MIP_OK), "");
	mip_begin(m);
	r.score = "fit";
	assert_int_equal(mip_search(m, &r, "bark cats", 5, &l), MIP_OK);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.v[0].n, 2);
	assert_true(l.v[0].fit > l.v[1].fit && l.v[1].fit > 0);
	/* After a failure nothing is done. */
	mip_fail(m, MIP_FAIL, "enough");
	assert_int_equal(mip_search(m, &r, "cats", 5, &l), MIP_FAIL);
	assert_int_equal(l.n, 0);
	mip_free(m);
	mip_env_free(e);
}

static void
strings(void **state)
{
	struct mip_env *e = env((struct mip_options){ .seed = 1 });
	struct mip_retriever r = by_words(), s = by_server();
	struct mip *m = mip_new(e);
	static const char *const text[] = { "text", NULL };
	struct mip_strings l;

	(void)state;
	text_file(file, "[{\"title\":\"cats\",\"body\":[\"they\",\"purr\"]}]");
	r.of = s.of = &mip_string;
	s.text = text;
	mip_begin(m);
	assert_int_equal(mip_search(m, &r, "purr", 5, &l), MIP_OK);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0], "cats\nthey purr");
	assert_int_equal(mip_search(m, &s, "plain", 5, &l), MIP_OK);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "x");
	assert_string_equal(l.v[1], "y");
	mip_free(m);
	mip_env_free(e);
}

static void
roots(void **state)
{
	struct mip_env *e;
	struct mip_retriever r = by_words();
	struct mip *m;

	(void)state;
	text_file(file, "{\"title\":\"cats\",\"n\":1}\n");
	r.path = strrchr(file, '/') + 1;
	e = env((struct mip_options){ .root = lmd.dir });
	m = mip_new(e);
	assert_string_equal(search(m, &r, "cats", 5, MIP_OK), "cats");
	mip_free(m);
	mip_env_free(e);
	e = env((struct mip_options){ .seed = 1 });
	m = mip_new(e);
	assert_string_equal(search(m, &r, "cats", 5, MIP_IO), "the retriever "
	    "wiki: cannot read rows.jsonl: No such file or directory");
	mip_free(m);
	mip_env_free(e);
}

static void
bad_files(void **state)
{
	struct mip_env *e = env((struct mip_options){ .seed = 1 });
	struct mip_retriever r = by_words();
	struct mip *m = mip_new(e);
	const char *said;

	(void)state;
	text_file(file, "{\"title\":\"cats\",\"n\":1}\n{\"title\":\"dogs\"\n");
	said = search(m, &r, "cats", 5, MIP_USAGE);
	assert_non_null(strstr(said, "rows.jsonl:2: "));
	text_file(file, "{\"title\":\"birds\"}\n{\"title\":\"cats\"}\n");
	said = search(m, &r, "cats", 5, MIP_USAGE);
	assert_non_null(strstr(said, "the retriever wiki: row 2 of "));
	assert_non_null(strstr(said, "rows.jsonl: n is missing"));
	/* It is open now, and is changed under us. */
	text_file(file, "{\"title\":\"new cats\",\"n\":1}\n");
	said = search(m, &r, "cats", 5, MIP_IO);
	assert_non_null(strstr(said, "has changed since it was read"));
	mip_free(m);
	mip_env_free(e);
}

/* ---- servers ---- */

static void
servers(void **state)
{
	struct mip_env *e = env((struct mip_options){ .seed = 1 });
	struct mip_retriever r = by_server();
	struct mip *m = mip_new(e);
	char get[160];
	const char *said;

	(void)state;
	assert_string_equal(search(m, &r, "cats & \xc3\xa9", 2, MIP_OK),
	    "a b");
	assert_int_equal(lmd_count(&lmd, "\"body\":{\"query\":\"cats & "
	    "\xc3\xa9\",\"k\":2}"), 1);
	r.results = "data.hits";
	assert_string_equal(search(m, &r, "deep", 2, MIP_OK), "d");
	said = search(m, &r, "odd", 2, MIP_INFRASTRUCTURE);
	assert_non_null(strstr(said, "the retriever web: the server at http:"));
	assert_non_null(strstr(said, "answered JSON without a list of results "
	    "in \"data.hits\" (2 attempts)"));
	r.results = NULL;
	said = search(m, &r, "bad", 2, MIP_INFRASTRUCTURE);
	assert_non_null(strstr(said, "answered a result 1 that cannot be "
	    "read: n is missing"));
	said = search(m, &r, "page", 2, MIP_INFRASTRUCTURE);
	assert_non_null(strstr(said, "answered what is no JSON"));
	said = search(m, &r, "down", 2, MIP_INFRASTRUCTURE);
	assert_non_null(strstr(said, "answered 500"));
	mip_free(m);
	/* By GET. */
	snprintf(get, sizeof get, "%s?query={query}&k={k}&x={}", url);
	r = by_server();
	server.url.text = get;
	m = mip_new(e);
	r.results = "data.hits";
	assert_string_equal(search(m, &r, "a deep&b=c", 2, MIP_OK), "d");
	assert_int_equal(lmd_count(&lmd, "\"body\":{\"query\":\"a deep&b=c\","
	    "\"k\":\"2\",\"x\":\"{}\"}"), 1);
	mip_free(m);
	mip_env_free(e);
}

static void
kept(void **state)
{
	struct mip_options o = { .cache_dir = lmd.dir };
	struct mip_env *e = env(o);
	struct mip_retriever r = by_server();
	struct mip *m = mip_new(e);
	const char *said;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		search(m, &r, "lasts", 2, MIP_OK);
		search(m, &r, "bad kept", 2, MIP_INFRASTRUCTURE);
	}
	assert_int_equal(lmd_count(&lmd, "lasts"), 1);
	assert_int_equal(lmd_count(&lmd, "bad kept"), 4);
	r.fresh = true;
	search(m, &r, "lasts", 2, MIP_OK);
	assert_int_equal(lmd_count(&lmd, "lasts"), 2);
	/* What was kept for another type is asked for again. */
	r.fresh = false;
	r.results = "results";
	said = search(m, &r, "lasts", 2, MIP_INFRASTRUCTURE);
	assert_non_null(strstr(said, "JSON without a list"));
	assert_int_equal(lmd_count(&lmd, "lasts"), 4);
	mip_free(m);
	mip_env_free(e);
	o.offline = true;
	e = env(o);
	m = mip_new(e);
	r.results = NULL;
	search(m, &r, "lasts", 2, MIP_OK);
	said = search(m, &r, "other", 2, MIP_OFFLINE);
	assert_non_null(strstr(said, "a reply of the retriever web is not in "
	    "the cache"));
	mip_free(m);
	mip_env_free(e);
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
	struct page_list l;
	int i;

	for (i = 0; m && i < 50; i++) {
		mip_begin(m);
		if (mip_search(m, j->r, "cats", 5, &l) != MIP_OK || l.n != 2)
			break;
	}
	j->ok = i == 50;
	mip_free(m);
	return NULL;
}

/* One corpus for all threads. */
static void
threads(void **state)
{
	enum { N = 6 };
	struct mip_env *e = env((struct mip_options){ .cache_dir = lmd.dir });
	struct mip_retriever r = by_words();
	struct job j[N];
	int i;

	(void)state;
	text_file(file, "{\"title\":\"cats\",\"n\":1}\n"
	    "{\"title\":\"more cats\",\"n\":1}\n");
	for (i = 0; i < N; i++) {
		j[i] = (struct job){ .env = e, .r = &r };
		assert_int_equal(pthread_create(&j[i].thread, NULL, one_thread,
		    &j[i]), 0);
	}
	for (i = 0; i < N; i++) {
		pthread_join(j[i].thread, NULL);
		assert_true(j[i].ok);
	}
	mip_env_free(e);
}

static int
up(void **state)
{
	(void)state;
	if (!lmd_start(&lmd, rules))
		return -1;
	snprintf(url, sizeof url, "%.*s/s",
	    (int)(strstr(lmd.url, "/v1") - lmd.url), lmd.url);
	snprintf(file, sizeof file, "%s/rows.jsonl", lmd.dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(strings),
		cmocka_unit_test(roots),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(servers),
		cmocka_unit_test(kept),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
