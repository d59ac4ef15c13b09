/* Tests of streams: calls that join a flight which is told of, or was not;
 * several that listen, and one that stops.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/clock.h"
#include "lm/lm.h"
#include "lm_run.h"
#include "run/mip.h"
#include "sample.c"

#define DRIP "it drips and drips and drips and does not stop for a good " \
	"while; and then it does"
#define LATE "it came late, and whole"

/* A call that listens, and what it has heard. */
struct ear {
	struct ask a;
	struct lm_group g;
	struct buf text;
	unsigned told, again;
};

static void
listen_to(struct lm *l, struct ear *e, const struct mip_model *m,
    const char *word, bool stream)
{
	memset(e, 0, sizeof *e);
	assert_true(lm_group_init(&e->g));
	ask(&e->a, m, &e->g, word);
	e->a.c.stream = stream;
	lm_start(l, &e->a.c);
}

/* What is new; texts only grow, but for `again`. */
static bool
hear(struct ear *e)
{
	struct buf before = BUF_INIT;
	bool again = false, news;

	buf_puts(&before, buf_str(&e->text));
	news = lm_call_news(&e->a.c, &e->text, &again);
	if (news) {
		e->told++;
		e->again += again;
		assert_true(again || strncmp(buf_str(&before),
		    buf_str(&e->text), before.len) == 0);
	}
	buf_release(&before);
	return news;
}

/* Until something more was heard; false at the end. */
static bool
wait_for(struct ear *e)
{
	do {
		if (hear(e))
			return true;
	} while (lm_wait_news(&e->g, 0));
	return hear(e);
}

static void
to_the_end(struct ear *e, const char *text)
{
	while (wait_for(e))
		continue;
	assert_int_equal(e->a.c.status, MIP_OK);
	assert_string_equal(e->a.c.text, text);
	assert_true(e->told == 0 ||
	    strncmp(text, buf_str(&e->text), e->text.len) == 0);
}

static void
forget(struct ear *e)
{
	lm_call_release(&e->a.c);
	lm_group_release(&e->g);
	buf_release(&e->text);
}

/* ---- joining ---- */

static void
joins_a_stream(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ear first, then;
	size_t known;

	(void)state;
	listen_to(l, &first, &m, "w-drip joined", true);
	while (first.text.len < 24)
		assert_true(wait_for(&first));
	known = first.text.len;
	listen_to(l, &then, &m, "w-drip joined", true);
	assert_true(hear(&then));       /* at once, without another piece */
	assert_true(then.text.len >= known);
	assert_true(wait_for(&then));   /* and the next ones */
	to_the_end(&then, DRIP);
	to_the_end(&first, DRIP);
	assert_true(then.told > 2);
	assert_true(then.a.c.cached && !first.a.c.cached);
	assert_int_equal(lmd_count(&lmd, "w-drip joined"), 1);
	forget(&first);
	forget(&then);
	lm_free(l);
}

/* What is under way as a whole is told at its end. */
static void
joins_a_whole(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ear first, then;

	(void)state;
	listen_to(l, &first, &m, "w-late whole", false);
	while (lmd_count(&lmd, "w-late whole") == 0)
		clock_nap(1);
	listen_to(l, &then, &m, "w-late whole", true);
	to_the_end(&then, LATE);
	to_the_end(&first, LATE);
	assert_int_equal(then.told, 0);
	assert_int_equal(first.told, 0);
	assert_int_equal(lmd_count(&lmd, "w-late whole"), 1);
	assert_int_equal(lmd_count(&lmd, "\"stream\":true"), 0);
	forget(&first);
	forget(&then);
	lm_free(l);
}

/* What has not been sent becomes a stream, and what is sent anew. */
static void
becomes_a_stream(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ear before, first, then;

	(void)state;
	m.sending.running = 1;
	listen_to(l, &before, &m, "w-late before", false);
	listen_to(l, &first, &m, "w-drip behind", false);
	listen_to(l, &then, &m, "w-drip behind", true);
	to_the_end(&then, DRIP);
	to_the_end(&first, DRIP);
	to_the_end(&before, LATE);
	assert_true(then.told > 2);
	assert_int_equal(first.told, 0);
	assert_int_equal(lmd_count(&lmd, "w-drip behind"), 1);
	forget(&before);
	forget(&first);
	forget(&then);
	lm_free(l);
}

static void
joins_and_breaks(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ear first, then;

	(void)state;
	listen_to(l, &first, &m, "w-torn", true);
	assert_true(wait_for(&first));
	listen_to(l, &then, &m, "w-torn", true);
	assert_true(hear(&then));
	to_the_end(&first, "hello");
	to_the_end(&then, "hello");
	assert_int_equal(first.again, 1);
	assert_int_equal(then.again, 1);
	assert_int_equal(lmd_count(&lmd, "w-torn"), 2);
	forget(&first);
	forget(&then);
	lm_free(l);
}

/* A key that comes in pieces is never told, nor its beginning before it is
 * known to be none. */
static void
tells_no_secret(void **state)
{
	static const char said[] = "the key is sk-secret-01 no, ***-***; so";
	struct mip_model m = model("m");
	struct ear first, then;
	struct lm *l;

	(void)state;
	m.key_env = "T_LM_KEY";
	setenv("T_LM_KEY", KEY, 1);
	l = CLIENT(.seed = 1);
	listen_to(l, &first, &m, "w-leak", true);
	assert_true(wait_for(&first));
	listen_to(l, &then, &m, "w-leak", true);
	do {
		hear(&then);
		assert_int_equal(strncmp(buf_str(&then.text), said,
		    then.text.len), 0);
	} while (lm_wait_news(&then.g, 0));
	to_the_end(&then, said);
	to_the_end(&first, said);
	assert_string_equal(buf_str(&then.text), said);
	forget(&first);
	forget(&then);
	lm_free(l);
	unsetenv("T_LM_KEY");
}

/* ---- many that listen ---- */

enum { MANY = 12 };

struct one {
	struct lm *lm;
	const struct mip_model *m;
	unsigned number, told;
	char text[128];
	enum mip_status status;
};

/* Each third one does not listen; they come one after the other. */
static void *
one_of_many(void *arg)
{
	struct one *o = arg;
	struct ear e;

	clock_nap(o->number * 20);
	listen_to(o->lm, &e, o->m, "w-drip many", o->number % 3 != 2);
	while (wait_for(&e))
		continue;
	o->told = e.told;
	o->status = e.a.c.status;
	snprintf(o->text, sizeof o->text, "%s", e.a.c.text ? e.a.c.text : "");
	forget(&e);
	return NULL;
}

static void
many_listen(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct one one[MANY];
	pthread_t thread[MANY];
	unsigned i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		one[i] = (struct one){ .lm = l, .m = &m, .number = i };
		assert_int_equal(pthread_create(&thread[i], NULL, one_of_many,
		    &one[i]), 0);
	}
	for (i = 0; i < MANY; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(one[i].status, MIP_OK);
		assert_string_equal(one[i].text, DRIP);
		assert_true(i % 3 != 2 || one[i].told == 0);
	}
	assert_true(one[0].told > 2);
	lm_free(l);
}

/* ---- one that stops ---- */

struct run {
	struct mip_env *env;
	atomic_uint *heard;             /* parts that the first one was told */
	bool stops;
	unsigned parts;
	enum mip_status status;
	char facts[128];
};

static bool
run_part(void *arg, const struct mip_part *part)
{
	struct run *r = arg;

	(void)part;
	r->parts++;
	if (!r->stops)
		return true;
	atomic_fetch_add(r->heard, 1);
	return false;
}

static void *
run_stream(void *arg)
{
	const struct { const char *question; } in = { "w-drip stops" };
	struct { const char *facts; } out = { NULL };
	struct run *r = arg;
	struct mip *m = mip_new(r->env);

	if (!m)
		return NULL;
	r->status = mip_stream(m, &echo_program, &in, &out, run_part, r);
	if (r->status == MIP_OK)
		snprintf(r->facts, sizeof r->facts, "%s", out.facts);
	mip_free(m);
	return NULL;
}

/* Nobody is told. */
static void
no_listener(void **state)
{
	const struct { const char *question; } in = { "w-drip alone" };
	const struct mip_options o = { .no_cache = true };
	struct { const char *facts; } out = { NULL };
	struct mip_env *env;
	struct mip *m;

	(void)state;
	setenv("SAMPLE_BASE_URL", lmd.url, 1);
	assert_int_equal(mip_env_new(&o, &env), MIP_OK);
	m = mip_new(env);
	assert_non_null(m);
	assert_int_equal(mip_stream(m, &echo_program, &in, &out, NULL, NULL),
	    MIP_OK);
	assert_true(strlen(out.facts) > 0);
	mip_free(m);
	mip_env_free(env);
}

static void
one_stops(void **state)
{
	const struct mip_options o = { .no_cache = true };
	atomic_uint heard = 0;
	struct run first = { .heard = &heard, .stops = true,
	    .status = MIP_NOMEM };
	struct run then = { .heard = &heard, .status = MIP_NOMEM };
	pthread_t a, b;

	(void)state;
	setenv("SAMPLE_BASE_URL", lmd.url, 1);
	assert_int_equal(mip_env_new(&o, &first.env), MIP_OK);
	then.env = first.env;
	assert_int_equal(pthread_create(&a, NULL, run_stream, &first), 0);
	while (atomic_load(&heard) == 0)
		clock_nap(1);
	assert_int_equal(pthread_create(&b, NULL, run_stream, &then), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	mip_env_free(first.env);
	assert_int_equal(first.status, MIP_CANCELLED);
	assert_int_equal(first.parts, 1);
	assert_int_equal(then.status, MIP_OK);
	assert_string_equal(then.facts, DRIP);
	assert_true(then.parts > 2);
	assert_int_equal(lmd_count(&lmd, "w-drip stops"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_a_whole),
		cmocka_unit_test(joins_a_stream),
		cmocka_unit_test(becomes_a_stream),
		cmocka_unit_test(joins_and_breaks),
		cmocka_unit_test(tells_no_secret),
		cmocka_unit_test(many_listen),
		cmocka_unit_test(no_listener), cmocka_unit_test(one_stops),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
