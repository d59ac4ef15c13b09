/* Tests of lm: answers, failures, the ladder, routes, requests, traces.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/clock.h"
#include "lm/lm.h"
#include "lm_run.h"

/* ---- answers ---- */

static void
plain(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 0);
	struct lm_totals t;
	struct ask a;

	(void)state;
	m.priced = true;
	m.price_in = 1;
	m.price_cached = 0.5;
	m.price_out = 10;
	assert_int_equal(call(l, &a, &m, "w-usage"), MIP_OK);
	assert_string_equal(a.c.text, "ok");
	assert_int_equal(a.c.text_len, 2);
	assert_int_equal(a.c.finish, REPLY_STOP);
	assert_int_equal(a.c.attempts, 1);
	assert_false(a.c.cached);
	assert_int_equal(a.c.usage.in, 1000);
	assert_int_equal(a.c.usage.cached, 400);
	assert_int_equal(a.c.usage.out, 100);
	assert_true(a.c.usage.cost > 0.00179 && a.c.usage.cost < 0.00181);
	assert_true(a.c.latency_s > 0);
	lm_call_release(&a.c);
	lm_totals(l, &t);
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.attempts, 1);
	assert_int_equal(t.paid.in, 1000);
	lm_free(l);
}

static void
finishes(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(once("w-cut", &a), MIP_OK);
	assert_int_equal(a.c.finish, REPLY_LENGTH);
	lm_call_release(&a.c);
	assert_int_equal(once("w-filter", &a), MIP_OK);
	assert_int_equal(a.c.finish, REPLY_FILTER);
	assert_string_equal(a.c.text, "");
	lm_call_release(&a.c);
	assert_int_equal(once("w-refuse", &a), MIP_OK);
	assert_true(a.c.refused);
	assert_string_equal(a.c.text, "I cannot");
	lm_call_release(&a.c);
	assert_int_equal(once("w-think", &a), MIP_OK);
	assert_string_equal(a.c.reasoning, "six by 7");
	lm_call_release(&a.c);
}

/* ---- failures ---- */

static void
passing(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(once("w-busy", &a), MIP_OK);
	assert_int_equal(a.c.attempts, 3);
	lm_call_release(&a.c);
	assert_int_equal(lmd_count(&lmd, "w-busy"), 3);
	assert_int_equal(once("w-reset", &a), MIP_OK);
	assert_int_equal(a.c.attempts, 3);
	lm_call_release(&a.c);
}

static void
lasting(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(once("w-always", &a), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "500") && says(&a, "sick"));
	assert_true(says(&a, "3 attempts"));
	assert_int_equal(a.c.attempts, 3);
	assert_int_equal(lmd_count(&lmd, "w-always"), 3);
	assert_int_equal(once("w-html", &a), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "answered HTML, not an OpenAI-compatible reply"));
	assert_int_equal(lmd_count(&lmd, "w-html"), 3);
}

static void
never_again(void **state)
{
	struct ask a;

	(void)state;
	assert_int_equal(once("w-bad", &a), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "400") && says(&a, "no such field"));
	assert_int_equal(lmd_count(&lmd, "w-bad"), 1);
}

static void
keys(void **state)
{
	struct mip_model m = model("m"), far = model("m");
	struct lm *l;
	struct ask a;

	(void)state;
	m.key_env = far.key_env = "T_LM_KEY";
	far.base_url.text = "http://model.invalid/v1";
	setenv("T_LM_KEY", KEY "\n", 1);
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &m, "w-key"), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "401") && says(&a, "T_LM_KEY"));
	assert_true(says(&a, "bad key ***"));
	assert_int_equal(lmd_count(&lmd, "\"auth\":true"), 1);
	assert_int_equal(call(l, &a, &m, "w-echo"), MIP_OK);
	assert_string_equal(a.c.text, "you sent ***");
	lm_call_release(&a.c);
	lm_free(l);
	unsetenv("T_LM_KEY");
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &far, "x"), MIP_USAGE);
	assert_true(says(&a, "set the environment variable T_LM_KEY"));
	assert_int_equal(a.c.attempts, 0);
	assert_int_equal(call(l, &a, &m, "no key"), MIP_OK);    /* loopback */
	lm_call_release(&a.c);
	lm_free(l);
}

static void
asked_to_wait(void **state)
{
	struct ask a;
	double t;

	(void)state;
	assert_int_equal(once("w-long", &a), MIP_QUOTA);
	assert_true(says(&a, "3600 s"));
	assert_int_equal(lmd_count(&lmd, "w-long"), 1);
	t = clock_now();
	assert_int_equal(once("w-short", &a), MIP_OK);
	assert_true(clock_now() - t >= 1);
	assert_int_equal(a.c.attempts, 2);
	lm_call_release(&a.c);
}

/* Others are not sent either, and those of another model are. */
static void
spent(void **state)
{
	struct mip_model m = model("m"), other = model("m");
	const struct mip_model *const both[] = { &m, &other };
	struct mip_model back = { .name = "back", .to = both, .nto = 2,
	    .route = MIP_FALLBACK };
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;

	(void)state;
	assert_int_equal(call(l, &a, &m, "w-quota"), MIP_QUOTA);
	assert_true(says(&a, "no money: ") || says(&a, "no money; "));
	assert_true(says(&a, "quota is spent"));
	assert_int_equal(call(l, &a, &m, "w-after-quota"), MIP_QUOTA);
	assert_true(says(&a, "quota is spent"));
	assert_int_equal(a.c.attempts, 0);
	assert_int_equal(lmd_count(&lmd, "w-after-quota"), 0);
	assert_int_equal(call(l, &a, &back, "w-after-quota"), MIP_OK);
	lm_call_release(&a.c);
	lm_free(l);
}

/* A key that is refused again and again is not tried for ever; refusals
 * between answers are of what was asked. */
static void
denied(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;
	char word[24];
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		assert_int_equal(call(l, &a, &m, "w-403"),
		    MIP_INFRASTRUCTURE);
		assert_int_equal(call(l, &a, &m, "w-401"),
		    MIP_INFRASTRUCTURE);
		snprintf(word, sizeof word, "fine %d", i);
		if (i % 2 == 0)
			continue;
		assert_int_equal(call(l, &a, &m, word), MIP_OK);
		lm_call_release(&a.c);
	}
	for (i = 0; i < 6; i++)
		assert_int_equal(call(l, &a, &m, "w-403"),
		    MIP_INFRASTRUCTURE);
	assert_int_equal(call(l, &a, &m, "w-401"), MIP_DENIED);
	assert_true(says(&a, "401") && says(&a, "in a row"));
	lm_call_release(&a.c);
	i = (int)lmd_count(&lmd, "");
	assert_int_equal(call(l, &a, &m, "not sent"), MIP_DENIED);
	assert_int_equal(a.c.attempts, 0);
	assert_int_equal(lmd_count(&lmd, ""), i);
	lm_call_release(&a.c);
	lm_free(l);
	l = CLIENT(.seed = 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(call(l, &a, &m, "w-403"),
		    MIP_INFRASTRUCTURE);
	assert_int_equal(call(l, &a, &m, "w-403"), MIP_DENIED);
	lm_call_release(&a.c);
	lm_free(l);
}

static void
deadlines(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;
	double t = clock_now();

	(void)state;
	m.sending.attempts = 100;
	m.sending.deadline_ms = 300;
	assert_int_equal(call(l, &a, &m, "w-always"), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "the deadline of 0.3 s"));
	assert_true(a.c.attempts > 1 && a.c.attempts < 100);
	/* Of one attempt, too. */
	assert_int_equal(call(l, &a, &m, "w-hang"), MIP_INFRASTRUCTURE);
	assert_true(clock_now() - t < slow(3));
	lm_free(l);
}

static void
nobody_there(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.timeout_ms = 300);
	struct ask a;
	unsigned i;

	(void)state;
	m.sending.attempts = 2;
	assert_int_equal(call(l, &a, &m, "w-hang"), MIP_INFRASTRUCTURE);
	assert_int_equal(a.c.attempts, 2);
	lm_free(l);
	m.base_url.text = "http://127.0.0.1:1/v1";
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &m, "x"), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "http://127.0.0.1:1/v1"));
	for (i = 0; i < 5; i++) {       /* the third of all is the last one
	                                 * that is waited for */
		lm_call_release(&a.c);
		assert_int_equal(call(l, &a, &m, "x"), MIP_INFRASTRUCTURE);
		assert_int_equal(a.c.attempts, i < 2 ? 2 : 1);
	}
	lm_call_release(&a.c);
	lm_free(l);
}

static void
bad_models(void **state)
{
	static const char *const odd[] = { "small=nobody:x", NULL };
	static const struct mip_pair stream = { "stream", "true" };
	struct mip_model m = model("m");
	struct mip_options o = { .no_cache = true, .model = odd };
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;
	char why[320];

	(void)state;
	m.provider = "carrier pigeon";
	assert_int_equal(call(l, &a, &m, "x"), MIP_USAGE);
	assert_true(says(&a, "openai, azure, anthropic"));
	lm_free(l);
	m = model("m");
	m.option = &stream;
	m.noption = 1;
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &m, "x"), MIP_USAGE);
	lm_free(l);
	assert_int_equal(lm_new(&o, &l, why), MIP_USAGE);
	assert_null(l);
	assert_non_null(strstr(why, "small=nobody:x"));
}

/* ---- the ladder ---- */

static enum mip_status
shaped(struct lm *l, struct ask *a, const struct mip_model *m,
    const char *word, enum mip_structure s)
{
	struct lm_group g;

	assert_true(lm_group_init(&g));
	ask(a, m, &g, word);
	a->c.schema = SCHEMA;
	a->c.structure = s;
	lm_start(l, &a->c);
	lm_wait(&g);
	lm_group_release(&g);
	return a->c.status;
}

static void
count_warning(void *arg, const char *text)
{
	assert_non_null(strstr(text, "ignores the schema"));
	++*(unsigned *)arg;
}

/* A server that takes a schema and goes its own way is asked in words. */
static void
ignored(void **state)
{
	struct mip_model m = model("m-ignores");
	struct lm *l = CLIENT(.no_cache = true);
	unsigned told = 0, i;
	struct ask a;

	(void)state;
	lm_observe(l, count_warning, &told);
	for (i = 0; i < 4; i++) {
		assert_int_equal(shaped(l, &a, &m, "w-think", 0), MIP_OK);
		assert_int_equal(a.c.rung, i < 2 ? MIP_STRUCTURE_NATIVE :
		    MIP_STRUCTURE_JSON_OBJECT);
		lm_unshaped(l, &a.c);
		lm_call_release(&a.c);
	}
	assert_int_equal(told, 1);
	/* What was asked for in so many words is not changed. */
	for (i = 0; i < 3; i++) {
		assert_int_equal(shaped(l, &a, &m, "w-think",
		    MIP_STRUCTURE_NATIVE), MIP_OK);
		assert_int_equal(a.c.rung, MIP_STRUCTURE_NATIVE);
		lm_unshaped(l, &a.c);
		lm_call_release(&a.c);
	}
	lm_free(l);
}

static void
ladder(void **state)
{
	struct mip_model m = model("m-ladder");
	struct lm *l = CLIENT(.cache_dir = lmd_path("ladder"));
	struct ask a;

	(void)state;
	assert_int_equal(shaped(l, &a, &m, "w-step1", 0), MIP_OK);
	assert_int_equal(a.c.rung, MIP_STRUCTURE_JSON_OBJECT);
	assert_int_equal(a.c.attempts, 1);
	lm_call_release(&a.c);
	assert_int_equal(lmd_count(&lmd, "w-step1"), 2);
	/* It is remembered. */
	assert_int_equal(shaped(l, &a, &m, "w-step2", 0), MIP_OK);
	assert_int_equal(a.c.rung, MIP_STRUCTURE_JSON_OBJECT);
	lm_call_release(&a.c);
	assert_int_equal(lmd_count(&lmd, "w-step2"), 1);
	/* What was asked for in so many words is not changed. */
	assert_int_equal(shaped(l, &a, &m, "w-step3", MIP_STRUCTURE_NATIVE),
	    MIP_INFRASTRUCTURE);
	assert_true(says(&a, "response_format"));
	lm_free(l);
	/* Another process finds the reply by what it would ask first. */
	l = CLIENT(.cache_dir = lmd_path("ladder"), .offline = true);
	assert_int_equal(shaped(l, &a, &m, "w-step1", 0), MIP_OK);
	assert_true(a.c.cached);
	assert_int_equal(a.c.rung, MIP_STRUCTURE_JSON_OBJECT);
	lm_call_release(&a.c);
	lm_free(l);
}

/* A call for a layout that is no JSON. */
static enum mip_status
ruled(struct lm *l, struct ask *a, const struct mip_model *m,
    const char *word, enum mip_structure s)
{
	struct lm_group g;

	assert_true(lm_group_init(&g));
	ask(a, m, &g, word);
	a->c.grammar = "root ::= \"yes\" | \"no\"\n";
	a->c.structure = s;
	lm_start(l, &a->c);
	lm_wait(&g);
	lm_group_release(&g);
	return a->c.status;
}

static void
check_rung(struct lm *l, const struct mip_model *m, const char *word,
    enum mip_structure asked, enum mip_structure got, int requests)
{
	static const char sent[] =
	    "\"grammar\":\"root ::= \\\"yes\\\" | \\\"no\\\"\\n\"";
	char with[120];
	struct ask a;

	assert_int_equal(ruled(l, &a, m, word, asked), MIP_OK);
	assert_int_equal(a.c.rung, got);
	assert_int_equal(a.c.attempts, 1);
	lm_call_release(&a.c);
	assert_int_equal(lmd_count(&lmd, word), requests);
	snprintf(with, sizeof with, "%s\"}],\"temperature\":0.0,"
	    "\"max_tokens\":100,%s", word, sent);
	assert_int_equal(lmd_count(&lmd, with),
	    got == MIP_STRUCTURE_GRAMMAR || requests == 2);
}

static void
grammars(void **state)
{
	struct mip_model m = model("m-ruled");
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;

	(void)state;
	check_rung(l, &m, "w-rule1", 0, MIP_STRUCTURE_PROMPT, 1);
	check_rung(l, &m, "w-rule2", MIP_STRUCTURE_GRAMMAR,
	    MIP_STRUCTURE_PROMPT, 1);
	lm_free(l);
	l = CLIENT(.cache_dir = lmd_path("ruled"));
	m.provider = "llamacpp";
	check_rung(l, &m, "w-rule3", 0, MIP_STRUCTURE_GRAMMAR, 1);
	check_rung(l, &m, "w-rule4", MIP_STRUCTURE_GRAMMAR,
	    MIP_STRUCTURE_GRAMMAR, 1);
	check_rung(l, &m, "w-rule5", MIP_STRUCTURE_NATIVE,
	    MIP_STRUCTURE_PROMPT, 1);
	/* A server that takes none is asked for none again, but for JSON. */
	check_rung(l, &m, "w-nogbnf1", 0, MIP_STRUCTURE_PROMPT, 2);
	check_rung(l, &m, "w-rule6", 0, MIP_STRUCTURE_PROMPT, 1);
	assert_int_equal(ruled(l, &a, &m, "w-nogbnf2",
	    MIP_STRUCTURE_GRAMMAR), MIP_INFRASTRUCTURE);
	assert_true(says(&a, "grammar"));
	assert_int_equal(shaped(l, &a, &m, "w-rule7", MIP_STRUCTURE_GRAMMAR),
	    MIP_OK);
	lm_call_release(&a.c);
	lm_free(l);
}

/* ---- routes ---- */

static void
routes(void **state)
{
	struct mip_model dead = model("m-dead"), one = model("m-one"),
	    two = model("m-two");
	const struct mip_model *const first[] = { &dead, &one };
	const struct mip_model *const both[] = { &one, &two };
	struct mip_model back = { .name = "back", .to = first, .nto = 2,
	    .route = MIP_FALLBACK };
	struct mip_model turn = { .name = "turn", .to = both, .nto = 2,
	    .route = MIP_ROUND_ROBIN };
	struct lm *l = CLIENT(.seed = 1);
	struct ask a;
	char word[32];
	int i, n = 0;

	(void)state;
	one.name = "one";
	two.name = "two";
	dead.sending.attempts = 1;
	assert_int_equal(call(l, &a, &back, "r-1"), MIP_OK);
	assert_string_equal(a.c.text, "from one");
	lm_call_release(&a.c);
	for (i = 0; i < 40; i++) {
		snprintf(word, sizeof word, "r-turn %d", i);
		assert_int_equal(call(l, &a, &turn, word), MIP_OK);
		n += strcmp(a.c.text, "from one") == 0;
		lm_call_release(&a.c);
	}
	assert_true(n >= 10 && n <= 30);
	turn.sticky = true;
	for (i = n = 0; i < 10; i++) {
		snprintf(word, sizeof word, "r-stick %d", i);
		assert_int_equal(call(l, &a, &turn, word), MIP_OK);
		n += strcmp(a.c.text, "from one") == 0;
		lm_call_release(&a.c);
	}
	assert_true(n == 0 || n == 10);
	lm_free(l);
}

static void
replicas(void **state)
{
	struct mip_model dead = model("m-dead"), one = model("m-one"),
	    two = model("m-two"), here = model("x.gguf");
	const struct mip_model *const both[] = { &dead, &one };
	const struct mip_model *const odd[] = { &one, &here };
	struct mip_model pool = { .name = "pool", .to = both, .nto = 2,
	    .route = MIP_LEAST_LOADED, .sticky = true };
	const struct mip_model *const next[] = { &pool, &two };
	struct mip_model back = { .name = "back", .to = next, .nto = 2,
	    .route = MIP_FALLBACK };
	struct lm *l = CLIENT(.cache_dir = lmd_path("replicas"));
	struct ask a;
	char word[32];
	int i;

	(void)state;
	dead.name = "dead";
	two.name = "two";
	dead.identity = "the model";
	for (i = 0; i < 40; i++) {
		snprintf(word, sizeof word, "r-pool %d", i);
		assert_int_equal(call(l, &a, &pool, word), MIP_OK);
		assert_string_equal(a.c.text, "from one");
		lm_call_release(&a.c);
	}
	assert_true(lmd_count(&lmd, "m-dead") < 20);
	/* What one of them said, the first would have said. */
	assert_int_equal(call(l, &a, &dead, "r-pool 7"), MIP_OK);
	assert_true(a.c.cached);
	assert_string_equal(a.c.text, "from one");
	lm_call_release(&a.c);
	lm_free(l);
	/* A fallback goes on when none is well. */
	l = CLIENT(.seed = 1);
	pool.nto = 1;
	assert_int_equal(call(l, &a, &back, "r-back"), MIP_OK);
	assert_string_equal(a.c.text, "from two");
	lm_call_release(&a.c);
	lm_free(l);
	l = CLIENT(.seed = 1);
	here.provider = "llamacpp";
	here.base_url.text = NULL;
	pool.to = odd;
	pool.nto = 2;
	assert_int_equal(call(l, &a, &pool, "x"), MIP_USAGE);
	assert_true(says(&a, "no replica of the others") || says(&a, "file"));
	lm_free(l);
}

static void
overrides(void **state)
{
	static const char *const two[] = { "small=openai:m-two", NULL };
	struct mip_model m = model("m-one");
	struct lm *l = CLIENT(.model = two);
	struct ask a;

	(void)state;
	assert_int_equal(call(l, &a, &m, "o-1"), MIP_OK);
	assert_string_equal(a.c.text, "from two");
	lm_call_release(&a.c);
	lm_free(l);
	m.base_url.text = "http://127.0.0.1:1/v1";
	l = CLIENT(.base_url = lmd.url);
	assert_int_equal(call(l, &a, &m, "o-2"), MIP_OK);
	lm_call_release(&a.c);
	lm_free(l);
	m.base_url.env = "T_LM_URL";
	setenv("T_LM_URL", lmd.url, 1);
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &m, "o-3"), MIP_OK);
	lm_call_release(&a.c);
	lm_free(l);
	unsetenv("T_LM_URL");
}

/* ---- requests and traces ---- */

static void
request(void **state)
{
	static const char *const stop[] = { "END", NULL };
	static const struct mip_pair option[] = {
		{ "top_k", "40" }, { "mode", "quick" }
	};
	struct mip_model m = model("m-req");
	struct lm *l = CLIENT(.seed = 1);
	struct buf b = BUF_INIT;
	struct ask a;
	char why[320];

	(void)state;
	m.top_p = 0.9;
	m.seed = 5;
	m.stop = stop;
	m.effort = "low";
	m.option = option;
	m.noption = 2;
	ask(&a, &m, NULL, "w-req");
	a.c.schema = SCHEMA;
	a.c.schema_name = "out";
	a.c.structure = MIP_STRUCTURE_JSON_OBJECT;
	a.c.temperature = 0.5;
	assert_int_equal(lm_request(l, &a.c, &b, why), MIP_OK);
	assert_string_equal(b.s, "{\"model\":\"m-req\",\"messages\":[{\"role\":"
	    "\"user\",\"content\":\"w-req\"}],\"temperature\":0.5,\"top_p\":"
	    "0.9,\"max_tokens\":100,\"seed\":5,\"stop\":[\"END\"],"
	    "\"reasoning_effort\":\"low\",\"response_format\":{\"type\":"
	    "\"json_object\"},\"top_k\":40,\"mode\":\"quick\"}");
	assert_int_equal(shaped(l, &a, &m, "w-req", MIP_STRUCTURE_JSON_OBJECT),
	    MIP_OK);
	lm_call_release(&a.c);
	assert_int_equal(lmd_count(&lmd, "\"user\",\"content\":\"w-req\"}],"
	    "\"temperature\":0.0,\"top_p\":0.9,\"max_tokens\":100,\"seed\":5,"
	    "\"stop\":[\"END\"],\"reasoning_effort\":\"low\","
	    "\"response_format\":{\"type\":\"json_object\"},\"top_k\":40,"
	    "\"mode\":\"quick\"}"), 1);
	buf_release(&b);
	lm_free(l);
}

static int
lines_with(const char *file, const char *word)
{
	struct lmd d;

	snprintf(d.log, sizeof d.log, "%s", file);
	return lmd_count(&d, word);
}

static void
traces(void **state)
{
	const char *file = lmd_path("trace.jsonl");
	struct mip_model m = model("m");
	struct lm *l;
	struct ask a;

	(void)state;
	setenv("T_LM_KEY", KEY, 1);
	m.key_env = "T_LM_KEY";
	l = CLIENT(.trace = file, .trace_content = true);
	assert_int_equal(call(l, &a, &m, "t-1 " KEY), MIP_OK);
	lm_call_release(&a.c);
	call(l, &a, &m, "t-2 w-bad");
	lm_free(l);
	unsetenv("T_LM_KEY");
	assert_int_equal(lines_with(file, "\"leaf\":\"leaf\""), 2);
	assert_int_equal(lines_with(file, "\"status\":\"ok\""), 1);
	assert_int_equal(lines_with(file, "t-1 ***"), 1);
	assert_int_equal(lines_with(file, KEY), 0);
	l = CLIENT(.trace = file);
	call(l, &a, &m, "t-3");
	lm_call_release(&a.c);
	lm_free(l);
	assert_int_equal(lines_with(file, "\"leaf\":\"leaf\""), 3);
	assert_int_equal(lines_with(file, "t-3"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(finishes),
		cmocka_unit_test(passing),
		cmocka_unit_test(lasting),
		cmocka_unit_test(never_again),
		cmocka_unit_test(keys),
		cmocka_unit_test(asked_to_wait),
		cmocka_unit_test(spent),
		cmocka_unit_test(denied),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(bad_models),
		cmocka_unit_test(ladder),
		cmocka_unit_test(ignored),
		cmocka_unit_test(grammars),
		cmocka_unit_test(routes),
		cmocka_unit_test(replicas),
		cmocka_unit_test(overrides),
		cmocka_unit_test(request),
		cmocka_unit_test(traces),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
