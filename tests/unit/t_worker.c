/* Tests of worker*.c: the protocol over pipes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/lines.h"
#include "fake_lm.c"
#include "run/mip.h"
#include "sample.c"
#include "worker/worker.h"

#define RECALL { .match = "bear on the question", .text = "sky" }
#define JUDGE "from the facts alone"
#define GOOD \
	"{\"answer\":\"blue\",\"confidence\":90,\"mood\":\"not sure\"}"
#define ROW "\"row\":{\"question\":\"Why?\",\"answer\":\"light blue\"}"

/* A worker on its own thread, and our ends of its pipes. */
struct stage {
	struct worker_options o;
	int in[2], out[2];
	pthread_t thread;
	enum mip_status status;
	struct lines answers;
	struct arena arena;
};

static void *
serve(void *arg)
{
	struct stage *s = arg;

	s->status = worker_serve(&s->o);
	close(s->out[1]);
	return NULL;
}

/* The next line out, parsed; borrowed. */
static struct json
get(struct stage *s)
{
	struct json v = { NULL, 0 };
	const char *why = "";
	char *line;
	size_t n;

	if (lines_next(&s->answers, &line, &n) != LINES_LINE)
		fail_msg("no line");
	line = arena_strndup(&s->arena, line, n);
	if (!json_parse(line, n, &v, NULL, &why))
		fail_msg("%s: %s", why, line);
	return v;
}

static void
put(struct stage *s, const char *line)
{
	assert_true(lines_write(s->in[1], line, strlen(line)));
	assert_true(lines_write(s->in[1], "\n", 1));
}

static int
up(void **state)
{
	static const struct json nothing;
	struct stage *s = calloc(1, sizeof *s);
	char why[320];

	if (!s || mip_env_new(NULL, &s->o.env) != MIP_OK)
		return -1;
	if (slots_new(&qa_program, nothing, &s->o.slots, why, sizeof why) !=
	    MIP_OK)
		return -1;
	if (pipe(s->in) != 0 || pipe(s->out) != 0)
		return -1;
	s->o.program = &qa_program;
	s->o.eval = &qa_eval;
	s->o.jobs = 2;
	s->o.in = s->in[0];
	s->o.out = s->out[1];
	lines_init(&s->answers, s->out[0], -1);
	*state = s;
	return pthread_create(&s->thread, NULL, serve, s);
}

static void
leave(struct stage *s)
{
	if (s->in[1] >= 0) {
		close(s->in[1]);
		s->in[1] = -1;
		pthread_join(s->thread, NULL);
	}
}

static int
down(void **state)
{
	struct stage *s = *state;

	leave(s);
	close(s->in[0]);
	close(s->out[0]);
	lines_release(&s->answers);
	arena_release(&s->arena);
	slots_drop(s->o.slots);
	mip_env_free(s->o.env);
	free(s);
	return 0;
}

/* The member at a path of names: "usage.calls". */
static struct json
at(struct json v, const char *path)
{
	char name[40];
	size_t n;

	for (; *path; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		memcpy(name, path, n);
		name[n] = '\0';
		v = json_get(v, name);
	}
	return v;
}

static void
assert_at(struct json v, const char *path, const char *want)
{
	struct json got = at(v, path);

	if (got.n != strlen(want) || (got.n > 0 &&
	    memcmp(got.s, want, got.n) != 0))
		fail_msg("%s: %.*s, not %s, in %.*s", path, (int)got.n,
		    got.s ? got.s : "", want, (int)v.n, v.s);
}

static struct json
item(struct json v, size_t i)
{
	struct json_walk w = json_walk(v);
	struct json it = { NULL, 0 };

	do {
		if (!json_next(&w, NULL, &it))
			fail_msg("no item");
	} while (i-- > 0);
	return it;
}

static void
test_hello(void **state)
{
	struct json v = get(*state), leaf;

	assert_at(v, "hello", "1");
	assert_at(v, "abi", "2");
	assert_at(v, "program", "\"qa\"");
	assert_at(v, "hash", "\"33cc\"");
	assert_at(v, "inputs", "[\"question\",\"brief\",\"hints\"]");
	assert_at(v, "calls", "[2,9]");
	leaf = item(at(v, "leaves"), 0);
	assert_at(leaf, "name", "\"recall\"");
	assert_at(leaf, "instruction", "\"List the facts that bear on the "
	    "question, one on each line.\"");
	assert_at(leaf, "format", "\"plain\"");
	assert_at(leaf, "model", "\"small\"");
	assert_at(leaf, "demos", "0");
	leaf = item(at(v, "leaves"), 1);
	assert_at(leaf, "formats",
	    "[\"json\",\"markers\",\"labels\",\"xml\"]");
	assert_at(leaf, "outputs", "[\"answer\",\"confidence\",\"mood\"]");
	assert_at(item(at(v, "params"), 0), "name", "\"K\"");
	assert_at(item(at(v, "params"), 0), "type", "\"int\"");
	assert_at(item(at(v, "params"), 0), "value", "1");
	assert_at(item(at(v, "metrics"), 0), "on_fail", "0.25");
	assert_at(item(at(v, "metrics"), 1), "minimize", "true");
	assert_at(item(at(v, "models"), 1), "name", "\"big\"");
}

static void
test_run(void **state)
{
	struct stage *s = *state;
	struct json v, step;

	RULES(RECALL, { .match = JUDGE, .text = GOOD },
	    { .match = "Grade", .text = "{\"grade\":0.5}" });
	get(s);
	put(s, "{\"run\":101," ROW ",\"metrics\":[\"score\",\"graded\"],"
	    "\"trace\":true}");
	v = get(s);
	assert_at(v, "run", "101");
	assert_at(v, "ok", "true");
	assert_at(v, "class", "\"ok\"");
	assert_at(v, "out", "{\"answer\":\"blue\",\"confidence\":90,"
	    "\"mood\":\"UNSURE\"}");
	assert_at(v, "scores.score", "0.6666666666666666");
	assert_at(v, "scores.graded", "0.5");
	assert_at(v, "feedback", "{\"score\":\"expected light blue\"}");
	assert_at(v, "credits", "[{\"leaf\":\"recall\",\"value\":"
	    "0.6666666666666666,\"why\":\"too short\"},"
	    "{\"leaf\":\"m.judge\",\"value\":1.0}]");
	assert_int_equal(json_count(at(v, "steps")), 2);
	step = item(at(v, "steps"), 0);
	assert_at(step, "leaf", "\"recall\"");
	assert_at(step, "in", "{\"question\":\"Why?\"}");
	assert_at(step, "out", "{\"facts\":\"sky\"}");
	assert_at(step, "flags", "[]");
	assert_at(step, "cost", "0");
	assert_at(step, "status", "\"ok\"");
	assert_at(v, "usage.calls", "2");
	assert_at(v, "usage.usd", "1.0");
	assert_at(v, "judge.calls", "1");
	assert_int_equal(json_count(at(v, "leaves")), 3);
	step = item(at(v, "leaves"), 0);
	assert_at(step, "leaf", "\"recall\"");
	assert_at(step, "calls", "1");
	assert_at(step, "tokens_in", "10");
	assert_at(step, "usd", "0.5");
	assert_at(step, "seconds", "[0.25]");
	assert_at(item(at(v, "leaves"), 2), "leaf", "\"grade\"");
	put(s, "{\"run\":102," ROW "}");
	v = get(s);
	assert_at(v, "scores", "{}");
	assert_at(v, "steps", "");
	assert_at(v, "credits", "");
	assert_at(v, "judge", "");
}

static void
test_slots(void **state)
{
	struct stage *s = *state;
	struct json v;

	RULES({ .match = "Say it", .text = "sky", .model = "big" }, RECALL,
	    { .match = JUDGE, .text = GOOD });
	get(s);
	put(s, "{\"slots\":7,\"set\":{\"K\":2,"
	    "\"recall.instruction\":\"Say it.\"}}");
	v = get(s);
	assert_at(v, "slots", "7");
	assert_at(v, "ok", "true");
	put(s, "{\"slots\":8,\"set\":{\"nothing\":2}}");
	v = get(s);
	assert_at(v, "slots", "8");
	assert_at(v, "ok", "false");
	assert_true(at(v, "why").n > 2);
	put(s, "{\"run\":1,\"slots\":7,\"sample\":3,"
	    "\"model\":{\"small\":\"big\"}," ROW "}");
	v = get(s);
	assert_at(v, "ok", "true");
	assert_at(v, "usage.calls", "3");
	assert_string_equal(fake_call(0)->model, "big");
	assert_string_equal(fake_call(0)->sample, "3");
	assert_string_equal(fake_call(1)->sample, "3.1");
	/* What a run left behind does not reach the next one. */
	put(s, "{\"run\":2," ROW "}");
	v = get(s);
	assert_at(v, "usage.calls", "2");
	assert_string_equal(fake_call(3)->model, "small");
	assert_string_equal(fake_call(3)->sample, "");
	put(s, "{\"drop\":7}");
	put(s, "{\"run\":3,\"slots\":7," ROW "}");
	v = get(s);
	assert_at(v, "run", "3");
	assert_at(v, "class", "\"usage\"");
}

static void
test_failures(void **state)
{
	struct stage *s = *state;
	struct json v;

	RULES(RECALL, { .match = "Grade", .status = MIP_BUDGET },
	    { .match = "Why-1", .text = "?" },
	    { .match = "Why-2", .status = MIP_INFRASTRUCTURE },
	    { .match = "Why-3", .text = GOOD });
	get(s);
	put(s, "{\"run\":1,\"row\":{\"question\":\"Why-1\",\"answer\":\"\"},"
	    "\"metrics\":[\"score\"],\"trace\":true}");
	v = get(s);
	assert_at(v, "ok", "false");
	assert_at(v, "class", "\"format\"");
	assert_at(v, "scores.score", "0.25");
	assert_at(v, "usage.calls", "3");
	assert_at(v, "usage.reasked", "1");
	assert_at(item(at(v, "steps"), 1), "reply", "\"?\"");
	assert_at(item(at(v, "steps"), 1), "out", "null");
	put(s, "{\"run\":2,\"row\":{\"question\":\"Why-2\",\"answer\":\"\"},"
	    "\"metrics\":[\"score\"]}");
	v = get(s);
	assert_at(v, "class", "\"infrastructure\"");
	assert_at(v, "why", "\"m.judge: so says the rule\"");
	assert_at(v, "scores", "");
	put(s, "{\"run\":3,\"row\":{\"question\":\"Why-3\",\"answer\":\"\"},"
	    "\"metrics\":[\"score\",\"graded\"]}");
	v = get(s);
	assert_at(v, "ok", "false");
	assert_at(v, "class", "\"budget\"");
	assert_at(v, "metric", "\"graded\"");
}

static void
test_bad_rows(void **state)
{
	static const struct {
		const char *message, *why;
	} row[] = {
		{ "{\"run\":5}", "row" },
		{ "{\"run\":5,\"row\":[]}", "row" },
		{ "{\"run\":5,\"row\":{\"answer\":\"x\"}}", "question" },
		{ "{\"run\":5,\"row\":{\"question\":\"x\"},"
		    "\"metrics\":[\"score\"]}", "answer" },
		{ "{\"run\":5," ROW ",\"metrics\":[\"none\"]}", "none" },
		{ "{\"run\":5," ROW ",\"model\":{\"small\":\"none\"}}",
		    "none" },
		{ "{\"run\":5,\"slots\":9," ROW "}", "slots" },
	};
	struct stage *s = *state;
	struct json v;
	size_t i;

	RULES(RECALL);
	get(s);
	for (i = 0; i < sizeof row / sizeof row[0]; i++) {
		put(s, row[i].message);
		v = get(s);
		assert_at(v, "run", "5");
		assert_at(v, "ok", "false");
		assert_at(v, "class", "\"usage\"");
		if (!strstr(at(v, "why").s, row[i].why))
			fail_msg("%.*s", (int)v.n, v.s);
	}
	assert_int_equal(fake_calls(), 0);
}

static void
test_no_messages(void **state)
{
	static const char *const line[] = { "{", "[1]", "{\"what\":1}",
		"{\"run\":\"x\"}", "{\"slots\":0,\"set\":{}}" };
	struct stage *s = *state;
	struct json v;
	size_t i;

	get(s);
	put(s, "");
	for (i = 0; i < sizeof line / sizeof line[0]; i++) {
		put(s, line[i]);
		v = get(s);
		assert_at(v, "ok", "false");
		assert_at(v, "class", "\"usage\"");
	}
	assert_non_null(strstr(at(v, "why").s, "line 6"));
}

/* One that waits and one that is under way. */
static void
test_cancel(void **state)
{
	struct stage *s = *state;
	struct json v;
	int i, seen = 0;

	RULES({ .match = "bear on the question", .text = "sky",
	    .hold = true }, { .match = JUDGE, .text = GOOD });
	get(s);
	put(s, "{\"run\":1," ROW "}");
	fake_wait_held(1);
	put(s, "{\"run\":2," ROW "}");
	fake_wait_held(2);
	put(s, "{\"run\":3," ROW "}");
	put(s, "{\"cancel\":3}");
	v = get(s);
	assert_at(v, "run", "3");
	assert_at(v, "class", "\"cancelled\"");
	put(s, "{\"cancel\":1}");
	put(s, "{\"cancel\":77}");
	/* Once this is answered, the cancel before it has been seen. */
	put(s, "{\"slots\":4,\"set\":{}}");
	assert_at(get(s), "slots", "4");
	fake_release();
	for (i = 0; i < 2; i++) {
		v = get(s);
		if (at(v, "run").s[0] == '1')
			assert_at(v, "class", "\"cancelled\"");
		else
			assert_at(v, "class", "\"ok\"");
		seen += at(v, "run").s[0] - '0';
	}
	assert_int_equal(seen, 3);
}

/* What was accepted is finished, then it is over. */
static void
test_end(void **state)
{
	struct stage *s = *state;
	char *line;
	size_t n;
	int i;

	RULES(RECALL, { .match = JUDGE, .text = GOOD });
	get(s);
	for (i = 0; i < 5; i++)
		put(s, "{\"run\":1," ROW "}");
	put(s, "{\"quit\":1}");
	put(s, "{\"run\":2," ROW "}");
	for (i = 0; i < 5; i++)
		assert_at(get(s), "run", "1");
	assert_int_equal(lines_next(&s->answers, &line, &n), LINES_END);
	leave(s);
	assert_int_equal(s->status, MIP_OK);
}

/* Nobody reads: it ends though its input stays open. */
static void
test_broken(void **state)
{
	struct stage *s = *state;

	RULES(RECALL, { .match = JUDGE, .text = GOOD });
	get(s);
	close(s->out[0]);
	put(s, "{\"run\":1," ROW "}");
	pthread_join(s->thread, NULL);
	assert_int_equal(s->status, MIP_OK);
	close(s->in[1]);
	s->in[1] = -1;
	s->out[0] = dup(s->in[0]);
}

/* Tests: claims are counted, the first failure is shown. */
static void
test_test(void **state)
{
	struct stage *s = *state;
	struct json v, c;

	RULES({ .match = "bear on", .sample = "7", .text = "sea" }, RECALL);
	get(s);
	put(s, "{\"run\":1,\"test\":\"capital\",\"trace\":true}");
	v = get(s);
	assert_at(v, "ok", "true");
	assert_at(v, "class", "\"ok\"");
	assert_at(v, "out", "");
	assert_at(v, "scores", "");
	assert_int_equal(json_count(at(v, "steps")), 1);
	assert_int_equal(json_kind(at(v, "seconds")), JSON_NUMBER);
	assert_int_equal(json_count(at(v, "claims")), 3);
	c = item(at(v, "claims"), 0);
	assert_at(c, "line", "12");
	assert_at(c, "text", "\"n > 2\"");
	assert_at(c, "must", "false");
	assert_at(c, "met", "1");
	assert_at(c, "unmet", "2");
	assert_at(c, "said", "\"too few\"");
	assert_at(c, "shown", "{\"n\":1,\"out\":{\"facts\":\"sky\"}}");
	c = item(at(v, "claims"), 1);
	assert_at(c, "unmet", "0");
	assert_at(c, "shown", "");
	put(s, "{\"run\":2,\"test\":\"capital\",\"sample\":7}");
	v = get(s);
	assert_at(v, "ok", "false");
	assert_at(v, "class", "\"assert\"");
	assert_at(item(at(v, "claims"), 2), "unmet", "1");
	put(s, "{\"run\":3,\"test\":\"none\"}");
	v = get(s);
	assert_at(v, "class", "\"usage\"");
	assert_at(v, "why", "\"test: \\\"none\\\": there is no such\"");
	put(s, "{\"run\":4," ROW "}");
	v = get(s);
	assert_at(v, "claims", "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello), TEST(test_run), TEST(test_slots),
		TEST(test_failures), TEST(test_bad_rows),
		TEST(test_no_messages), TEST(test_cancel), TEST(test_end),
		TEST(test_broken), TEST(test_test),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
