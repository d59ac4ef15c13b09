/* Tests of mip.c and env.c: asking, waiting, asking again, failing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_lm.c"
#include "run/mip.h"
#include "sample.c"

#define RECALL "bear on the question"
#define JUDGE "from the facts alone"
#define GOOD "{\"answer\":\"blue\",\"confidence\":90,\"mood\":\"SURE\"}"
#define BAD "what a day"

struct stage {
	struct mip_env *env;
	struct mip *m;
	struct qa_in in;
	struct qa_out out;
};

static int
up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	if (!s || mip_env_new(NULL, &s->env) != MIP_OK)
		return -1;
	s->m = mip_new(s->env);
	s->in.question = "Why?";
	*state = s;
	return s->m ? 0 : -1;
}

static int
down(void **state)
{
	struct stage *s = *state;

	mip_free(s->m);
	mip_env_free(s->env);
	free(s);
	return 0;
}

static void
set_slots(struct mip *m, const char *text)
{
	char why[320] = "";
	struct slots *slots;
	struct json set;

	assert_true(json_parse(text, strlen(text), &set, NULL, NULL));
	if (slots_new(&qa_program, set, &slots, why, sizeof why) != MIP_OK)
		fail_msg("%s", why);
	mip_set_slots(m, slots);
	slots_drop(slots);
}

static void
test_run(void **state)
{
	struct stage *s = *state;
	struct mip_usage u;

	RULES({ .match = RECALL, .text = "sky", .cached = true },
	    { .match = JUDGE, .text = GOOD });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_string_equal(s->out.answer, "blue");
	assert_int_equal(s->out.confidence, 90);
	assert_int_equal(s->out.mood, MOOD_SURE);
	assert_string_equal(mip_message(s->m), "");
	assert_false(mip_repaired(s->m));
	assert_int_equal(fake_calls(), 2);
	assert_string_equal(fake_call(0)->sample, "");
	assert_false(fake_call(0)->schema);
	assert_true(fake_call(1)->schema);
	assert_string_equal(fake_call(1)->schema_name, "m_judge");
	assert_non_null(strstr(fake_call(1)->messages, "sky"));
	u = mip_used(s->m);
	assert_int_equal(u.calls, 2);
	assert_int_equal(u.cached, 1);
	assert_int_equal(u.in, 20);
	assert_int_equal(u.out, 10);
	assert_true(u.usd == 0.5 && u.nominal_usd == 1);
}

/* Identical requests of a run are different samples, the same in each run. */
static void
test_samples(void **state)
{
	struct stage *s = *state;
	int i;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = GOOD });
	set_slots(s->m, "{\"K\":3}");
	for (i = 0; i < 2; i++)
		assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_int_equal(fake_calls(), 8);
	for (i = 0; i < 8; i += 4) {
		assert_string_equal(fake_call((size_t)i)->sample, "");
		assert_string_equal(fake_call((size_t)i + 1)->sample, "0.1");
		assert_string_equal(fake_call((size_t)i + 2)->sample, "0.2");
		assert_string_equal(fake_call((size_t)i + 3)->sample, "");
	}
	mip_set_sample(s->m, 7);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_string_equal(fake_call(8)->sample, "7");
	assert_string_equal(fake_call(9)->sample, "7.1");
	mip_set_slots(s->m, NULL);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_int_equal(fake_calls(), 14);
}

/* More requests than the table of those seen begins with. */
static void
test_many(void **state)
{
	enum { N = 300 };
	struct stage *s = *state;
	static struct recall_out out[N];
	struct recall_in in = { "same" };
	size_t i;

	RULES({ .match = RECALL, .text = "x", .sample = "0.299" },
	    { .match = RECALL, .text = "y" });
	mip_begin(s->m);
	for (i = 0; i < N; i++)
		mip_ask(s->m, &recall, &in, &out[i]);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_string_equal(out[N - 1].facts, "x");
	assert_string_equal(out[N - 2].facts, "y");
	assert_int_equal(mip_used(s->m).calls, N);
}

static void
test_reask(void **state)
{
	struct stage *s = *state;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = BAD, .times = 1 },
	    { .match = JUDGE, .text = GOOD, .sample = "0.0.1" });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_string_equal(s->out.answer, "blue");
	assert_int_equal(fake_calls(), 3);
	assert_non_null(strstr(fake_call(2)->messages, BAD));
	assert_true(mip_repaired(s->m));
	assert_int_equal(mip_used(s->m).reasked, 1);
	assert_int_equal(mip_used(s->m).calls, 3);
}

static void
test_format(void **state)
{
	struct stage *s = *state;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = BAD });
	s->out.answer = "old";
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_FORMAT);
	assert_int_equal(mip_status(s->m), MIP_FORMAT);
	assert_int_equal(strncmp(mip_message(s->m), "m.judge: ", 9), 0);
	assert_null(s->out.answer);
	assert_int_equal(fake_calls(), 3);
	/* The next run knows nothing of it. */
	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = GOOD });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_string_equal(mip_message(s->m), "");
}

static void
test_refusal(void **state)
{
	struct stage *s = *state;

	/* recall says what stands for a refusal, judge does not. */
	RULES({ .match = RECALL, .refused = true },
	    { .match = JUDGE, .status = MIP_REFUSAL });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_REFUSAL);
	assert_int_equal(fake_calls(), 2);
	assert_non_null(strstr(fake_call(1)->messages, "nothing"));
	assert_true(mip_repaired(s->m));
}

static void
test_truncated(void **state)
{
	struct stage *s = *state;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = "{\"answer\":\"bl",
	    .finish = REPLY_LENGTH });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_TRUNCATED);
	assert_int_equal(fake_calls(), 2);
}

/* Without the last demonstrations, as many as it takes; only if told. */
static void
test_too_long(void **state)
{
	static const char *const line[][2] = {
		{ "{\"question\":\"d-one\",\"facts\":\"1\"}", NULL },
		{ "{\"question\":\"d-two\",\"facts\":\"2\"}", NULL },
		{ "{\"question\":\"d-three\",\"facts\":\"3\"}", NULL }
	};
	static const mip_text shown[] = { line[0], line[1], line[2] };
	static struct mip_prompt p;
	struct stage *s = *state;
	struct recall_in in = { "Why?" };
	struct recall_out out;

	p = recall;
	p.name = "long";
	p.demo = shown;
	p.ndemo = 3;
	RULES({ .match = "d-two", .status = MIP_TRUNCATED },
	    { .match = "Why?", .text = "sky" });
	mip_begin(s->m);
	mip_ask(s->m, &p, &in, &out);
	assert_int_equal(mip_wait(s->m), MIP_TRUNCATED);
	assert_int_equal(fake_calls(), 1);
	p.trim_demos = true;
	mip_begin(s->m);
	mip_ask(s->m, &p, &in, &out);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_string_equal(out.facts, "sky");
	assert_true(mip_repaired(s->m));
	assert_int_equal(fake_calls(), 4);
	assert_non_null(strstr(fake_call(2)->messages, "d-two"));
	assert_null(strstr(fake_call(2)->messages, "d-three"));
	assert_non_null(strstr(fake_call(3)->messages, "d-one"));
	assert_null(strstr(fake_call(3)->messages, "d-two"));
	/* There is an end to it. */
	RULES({ .match = "Why?", .status = MIP_TRUNCATED });
	mip_begin(s->m);
	mip_ask(s->m, &p, &in, &out);
	assert_int_equal(mip_wait(s->m), MIP_TRUNCATED);
	assert_int_equal(fake_calls(), 4);
}

/* Asks judge of three questions at once. */
static enum mip_status
ask_three(struct stage *s, struct qa_out out[3])
{
	static const struct judge_in in[3] = {
		{ "q-one", "f" }, { "q-two", "f" }, { "q-three", "f" }
	};
	int i;

	mip_begin(s->m);
	for (i = 0; i < 3; i++)
		mip_ask(s->m, &judge, &in[i], &out[i]);
	return mip_wait(s->m);
}

/* What stands before the failure is asked again, what follows is not; the
 * first in the order of asking sticks. */
static void
test_first_failure(void **state)
{
	struct stage *s = *state;
	struct qa_out out[3];

	RULES({ .match = "q-one", .text = BAD, .times = 1 },
	    { .match = "q-one", .text = GOOD },
	    { .match = "q-two", .refused = true },
	    { .match = "q-three", .text = BAD });
	assert_int_equal(ask_three(s, out), MIP_REFUSAL);
	assert_int_equal(fake_calls(), 4);
	assert_string_equal(out[0].answer, "blue");
	assert_null(out[1].answer);
	assert_null(out[2].answer);
	RULES({ .match = "q-one", .text = BAD },
	    { .match = "q-two", .refused = true },
	    { .match = "q-three", .text = GOOD });
	assert_int_equal(ask_three(s, out), MIP_FORMAT);
}

/* A failure of the world makes asking again senseless, and is no fault of
 * the program. */
static void
test_world_first(void **state)
{
	struct stage *s = *state;
	struct qa_out out[3];

	RULES({ .match = "q-one", .text = BAD },
	    { .match = "q-two", .text = GOOD },
	    { .match = "q-three", .status = MIP_INFRASTRUCTURE });
	assert_int_equal(ask_three(s, out), MIP_INFRASTRUCTURE);
	assert_string_equal(mip_message(s->m), "m.judge: so says the rule");
	assert_int_equal(fake_calls(), 3);
	/* A failure that is final and earlier still comes first. */
	RULES({ .match = "q-one", .refused = true },
	    { .match = "q-two", .text = GOOD },
	    { .match = "q-three", .status = MIP_BUDGET });
	assert_int_equal(ask_three(s, out), MIP_REFUSAL);
}

static void
test_sticky(void **state)
{
	struct stage *s = *state;
	struct qa_out out = { .answer = "old" };
	struct judge_in in = { "q", "f" };

	RULES({ .text = GOOD });
	mip_begin(s->m);
	assert_int_equal(mip_fail(s->m, MIP_ASSERT, "no %s", "way"),
	    MIP_ASSERT);
	assert_int_equal(mip_fail(s->m, MIP_FAIL, "later"), MIP_ASSERT);
	mip_ask(s->m, &judge, &in, &out);
	assert_null(out.answer);
	assert_int_equal(mip_wait(s->m), MIP_ASSERT);
	assert_string_equal(mip_message(s->m), "no way");
	assert_int_equal(fake_calls(), 0);
	/* Failing between ask and wait. */
	mip_begin(s->m);
	mip_ask(s->m, &judge, &in, &out);
	mip_fail(s->m, MIP_FAIL, "between");
	assert_int_equal(mip_wait(s->m), MIP_FAIL);
	/* Leaving without a wait. */
	mip_begin(s->m);
	mip_ask(s->m, &judge, &in, &out);
	mip_begin(s->m);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	mip_ask(s->m, &judge, &in, &out);
}

static void
test_long_message(void **state)
{
	struct stage *s = *state;
	char text[1200];
	size_t n;

	memset(text, 'x', sizeof text);
	for (n = 1; n + 2 < sizeof text; n += 2)
		memcpy(text + n, "\xc3\xa9", 2);
	text[n] = '\0';
	mip_begin(s->m);
	mip_fail(s->m, MIP_FAIL, "%s", text);
	n = strlen(mip_message(s->m));
	assert_true(n > 500);
	assert_int_equal((unsigned char)mip_message(s->m)[n - 1], 0xa9);
}

static void
test_memory(void **state)
{
	struct stage *s = *state;

	mip_begin(s->m);
	assert_null(mip_alloc(s->m, SIZE_MAX / 4, 8));
	assert_int_equal(mip_status(s->m), MIP_NOMEM);
	assert_null(mip_alloc(s->m, 1, (size_t)2 << 30));
	mip_begin(s->m);
	assert_int_equal(mip_status(s->m), MIP_OK);
	assert_non_null(mip_alloc(s->m, 0, 8));
	assert_non_null(mip_alloc(s->m, 10, 8));
}

static void
test_steps(void **state)
{
	struct stage *s = *state;
	const struct mip_step *v;
	size_t n;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = BAD });
	mip_record(s->m, true);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_FORMAT);
	v = mip_steps(s->m, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].leaf, "recall");
	assert_string_equal(v[0].in, "{\"question\":\"Why?\"}");
	assert_string_equal(v[0].out, "{\"facts\":\"sky\"}");
	assert_int_equal(v[0].status, MIP_OK);
	assert_null(v[0].why);
	assert_string_equal(v[1].leaf, "m.judge");
	assert_null(v[1].out);
	assert_string_equal(v[1].reply, BAD);
	assert_int_equal(v[1].status, MIP_FORMAT);
	assert_int_equal(v[1].reasked, 1);
	assert_int_equal(v[1].usage.calls, 2);
	assert_non_null(v[1].why);
	mip_record(s->m, false);
	qa(s->m, &s->in, &s->out);
	mip_steps(s->m, &n);
	assert_int_equal(n, 0);
}

static void
test_judging(void **state)
{
	struct stage *s = *state;
	const struct mip_credit *v;
	struct recall_in in = { "Why?" };
	struct recall_out out;
	size_t n;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = BAD, .sample = "" },
	    { .match = JUDGE, .text = GOOD });
	mip_record(s->m, true);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_true(mip_format_rate(s->m) == 0.5);
	mip_judge(s->m);
	/* What is asked from now on is no matter of the program. */
	mip_ask(s->m, &recall, &in, &out);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_true(mip_format_rate(s->m) == 0.5);
	mip_steps(s->m, &n);
	assert_int_equal(n, 2);
	mip_credits(s->m, &n);
	assert_int_equal(n, 0);
	mip_credit(s->m, "recall", 0.5, "why");
	mip_credit(s->m, "m.judge", -1, NULL);
	v = mip_credits(s->m, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].leaf, "recall");
	assert_string_equal(v[0].why, "why");
	assert_null(v[1].why);
	mip_credit(s->m, "recall", (double)NAN, NULL);
	assert_int_equal(mip_status(s->m), MIP_FAIL);
	assert_string_equal(mip_message(s->m),
	    "credit of recall is no number");
	mip_begin(s->m);
	mip_credits(s->m, &n);
	assert_int_equal(n, 0);
	assert_true(mip_format_rate(s->m) == 1);
}

/* A hint asks again with the earlier reply; the step it was for is no
 * example. */
static void
test_hint(void **state)
{
	struct stage *s = *state;
	struct mip_retry again = { 0 };
	struct recall_in in = { "Why?" };
	struct recall_out out;
	const struct mip_step *v;
	size_t n;

	RULES({ .match = "say more", .text = "sky", .sample = "0.0.0.1" },
	    { .match = "say all", .text = "sea", .sample = "0.0.0.2" },
	    { .match = RECALL, .text = "short", .sample = "" });
	mip_begin(s->m);
	mip_record(s->m, true);
	mip_ask_again(s->m, &recall, &in, &out, &again);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_string_equal(out.facts, "short");
	assert_false(mip_repaired(s->m));
	mip_hint(s->m, &again, "say more");
	mip_ask_again(s->m, &recall, &in, &out, &again);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_string_equal(out.facts, "sky");
	assert_non_null(strstr(fake_call(1)->messages, "short"));
	mip_hint(s->m, &again, "say less");
	assert_int_equal(again.n, 2);
	v = mip_steps(s->m, &n);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].status, MIP_ASSERT);
	assert_string_equal(v[0].why, "say more");
	assert_string_equal(v[0].reply, "short");
	assert_null(v[0].out);
	assert_string_equal(v[1].why, "say less");
	assert_true(mip_repaired(s->m));
	mip_record(s->m, false);
}

/* A failure of the program is caught, one of the world is not. */
static void
test_caught(void **state)
{
	struct stage *s = *state;
	struct recall_in in = { "Why?" };
	struct recall_out out;

	RULES({ .match = RECALL, .text = "sky" });
	mip_begin(s->m);
	assert_string_equal(mip_failure(s->m), "");
	assert_false(mip_caught(s->m));
	mip_ask(s->m, &recall, &in, &out);
	mip_fail(s->m, MIP_ASSERT, "no");
	assert_true(mip_caught(s->m));
	assert_int_equal(mip_status(s->m), MIP_OK);
	assert_string_equal(mip_message(s->m), "");
	assert_int_equal(mip_wait(s->m), MIP_OK);
	/* What it was can be said, and be the failure again. */
	assert_string_equal(mip_failure(s->m), "assert: no");
	assert_int_equal(mip_fail_again(s->m, mip_failure(s->m)), MIP_ASSERT);
	assert_string_equal(mip_message(s->m), "no");
	assert_true(mip_caught(s->m));
	assert_int_equal(mip_fail_again(s->m, "budget: none"), MIP_FAIL);
	assert_string_equal(mip_message(s->m), "budget: none");
	assert_true(mip_caught(s->m));
	assert_int_equal(mip_fail_again(s->m, "none"), MIP_FAIL);
	assert_true(mip_caught(s->m));
	mip_fail(s->m, MIP_BUDGET, "spent");
	assert_false(mip_caught(s->m));
	assert_int_equal(mip_status(s->m), MIP_BUDGET);
	mip_hint(s->m, &(struct mip_retry){ 0 }, "x");
	assert_string_equal(mip_message(s->m), "spent");
}

static void
test_models(void **state)
{
	struct stage *s = *state;
	const struct mip_override v[] = { { "small", &big } };

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = GOOD });
	mip_set_models(s->m, v, 1);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	mip_set_models(s->m, NULL, 0);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	assert_string_equal(fake_call(0)->model, "big");
	assert_string_equal(fake_call(3)->model, "small");
}

/* Slots that a context has, and those of a leaf that is none of them. */
static void
test_slots(void **state)
{
	struct stage *s = *state;
	struct judge_in in = { "q", "f" };
	struct grade_out g;

	RULES({ .match = "Say what you know", .text = "sky" },
	    { .match = JUDGE, .text = GOOD },
	    { .match = "Grade the facts", .text = "{\"grade\":0.5}" });
	set_slots(s->m, "{\"recall.instruction\":\"Say what you know.\"}");
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
	mip_ask(s->m, &grade, &in, &g);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_true(g.grade == 0.5);
	assert_int_equal(mip_param_int(s->m, &sample_k), 1);
	set_slots(s->m, "{\"K\":4}");
	assert_int_equal(mip_param_int(s->m, &sample_k), 4);
}

static void
test_stop(void **state)
{
	struct stage *s = *state;

	RULES({ .text = GOOD });
	mip_stop(s->m, true);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_CANCELLED);
	assert_int_equal(fake_calls(), 0);
	mip_stop(s->m, false);
	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = GOOD });
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
}

static void *
run_thread(void *arg)
{
	struct stage *s = arg;

	qa(s->m, &s->in, &s->out);
	return NULL;
}

static void
test_cancel(void **state)
{
	struct stage *s = *state;
	pthread_t t;

	RULES({ .match = RECALL, .text = "sky", .hold = true });
	assert_int_equal(pthread_create(&t, NULL, run_thread, s), 0);
	fake_wait_held(1);
	mip_env_cancel(s->env);
	pthread_join(t, NULL);
	assert_int_equal(mip_status(s->m), MIP_CANCELLED);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_CANCELLED);
}

static void
test_env(void **state)
{
	struct mip_options o = { .cache_dir = "/nowhere" };
	struct mip_env *env;

	(void)state;
	assert_int_equal(mip_env_new(&o, &env), MIP_IO);
	assert_string_equal(mip_env_message(env), "no such folder");
	mip_env_free(env);
	assert_string_equal(mip_env_message(NULL), "out of memory");
	mip_env_free(NULL);
	mip_free(NULL);
}

static void
wrong_option(const struct mip_options *o, const char *says)
{
	struct mip_env *env;

	assert_int_equal(mip_env_new(o, &env), MIP_USAGE);
	assert_non_null(strstr(mip_env_message(env), says));
	assert_null(mip_new(env));
	assert_int_equal(mip_env_usage(env, NULL, 0), 0);
	mip_env_free(env);
}

static void
test_misuse(void **state)
{
	static const char *const grant[] = { "exec:./calc", "bad:word", NULL };

	(void)state;
	wrong_option(&(struct mip_options){ .max_cost = -1 }, "max_cost is -1");
	wrong_option(&(struct mip_options){ .max_cost = NAN }, "max_cost");
	wrong_option(&(struct mip_options){ .max_calls = -3 }, "max_calls");
	wrong_option(&(struct mip_options){ .max_tokens = -3 }, "max_tokens");
	wrong_option(&(struct mip_options){ .timeout_ms = -3 }, "timeout_ms");
	wrong_option(&(struct mip_options){ .time_limit_ms = -3 },
	    "time_limit_ms");
	wrong_option(&(struct mip_options){ .cache_size = -3 }, "cache_size");
	wrong_option(&(struct mip_options){ .allow = grant }, "bad:word");
	assert_null(mip_new(NULL));
	assert_int_equal(mip_env_usage(NULL, NULL, 0), 0);
}

/* What a child of fork(2) has of it has no threads. */
static void
test_child(void **state)
{
	struct stage *s = *state;
	int status = -1;
	pid_t child;

	RULES({ .match = RECALL, .text = "sky" },
	    { .match = JUDGE, .text = GOOD });
	child = fork();
	if (child == 0) {
		alarm(10);
		status = qa(s->m, &s->in, &s->out) != MIP_USAGE ||
		    !strstr(mip_message(s->m), "before fork(2)");
		mip_free(s->m);
		mip_env_free(s->env);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(qa(s->m, &s->in, &s->out), MIP_OK);
}

static void
test_status(void **state)
{
	(void)state;
	assert_string_equal(mip_status_word(MIP_OK), "ok");
	assert_string_equal(mip_status_word(MIP_INFRASTRUCTURE),
	    "infrastructure");
	assert_int_equal(mip_status_exit(MIP_OK), 0);
	assert_int_equal(mip_status_exit(MIP_FORMAT), 8);
	assert_int_equal(mip_status_exit(MIP_OFFLINE), 7);
	assert_int_equal(mip_status_exit(MIP_CANCELLED), 130);
	assert_int_equal(mip_status_exit((enum mip_status)99), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_run), TEST(test_samples), TEST(test_many),
		TEST(test_reask), TEST(test_format), TEST(test_refusal),
		TEST(test_truncated), TEST(test_too_long),
		TEST(test_first_failure),
		TEST(test_world_first), TEST(test_sticky),
		TEST(test_long_message), TEST(test_memory), TEST(test_steps),
		TEST(test_judging),
		TEST(test_hint), TEST(test_caught),
		TEST(test_models), TEST(test_slots), TEST(test_stop),
		TEST(test_cancel), TEST(test_env), TEST(test_misuse),
		TEST(test_child), TEST(test_status),
	};

	return cmocka_run_group_tests_name("mip", tests, NULL, NULL);
}
