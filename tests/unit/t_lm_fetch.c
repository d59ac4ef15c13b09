/* Tests of lm: requests to servers that are no models.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "lm/lm.h"
#include "lm_run.h"

static const char fetch_rules[] =
	"{\"path\":\"/tool\",\"match\":\"f-busy\",\"status\":503,\"times\":2}\n"
	"{\"path\":\"/tool\",\"match\":\"f-sick\",\"status\":500,"
	    "\"error\":\"sick\"}\n"
	"{\"path\":\"/tool\",\"match\":\"f-bad\",\"status\":422,"
	    "\"error\":\"no such word\"}\n"
	"{\"path\":\"/tool\",\"match\":\"f-key\",\"status\":401}\n"
	"{\"path\":\"/tool\",\"match\":\"f-moved\",\"status\":301}\n"
	"{\"path\":\"/tool\",\"match\":\"f-wait\",\"status\":429,"
	    "\"times\":1,\"headers\":{\"Retry-After\":\"1\"}}\n"
	"{\"path\":\"/tool\",\"match\":\"f-hang\",\"action\":\"hang\"}\n"
	"{\"path\":\"/tool\",\"match\":\"f-slow\",\"delay_ms\":200,"
	    "\"reply\":\"slow\"}\n"
	"{\"path\":\"/tool\",\"match\":\"f-huge\",\"action\":\"huge\","
	    "\"mb\":2}\n"
	"{\"path\":\"/tool\",\"match\":\"f-echo\","
	    "\"reply\":\"key " KEY "\"}\n"
	"{\"path\":\"/tool\",\"json\":{\"n\":42}}\n"
	"{\"path\":\"/find\",\"match\":[\"\\\"q\\\":\\\"a b&c\\\"\"],"
	    "\"reply\":\"found\"}\n"
	"{\"reply\":\"hello\"}\n";

static char tool_url[96], find_url[96];

static struct mip_http
server(void)
{
	return (struct mip_http){
		.name = "tool lookup", .url = { .text = tool_url },
		.sending = { .attempts = 3, .backoff_ms = 20,
		    .max_wait_ms = 2000, .timeout_ms = slow(5000) },
	};
}

static struct lm_call
posted(const struct mip_http *h, const char *body)
{
	return (struct lm_call){
		.server = h, .messages = body,
		.messages_len = body ? strlen(body) : 0, .sample = "",
		.temperature = MIP_UNSET, .fresh = true,
	};
}

/* One request with a client of its own. */
static enum mip_status
fetch_once(struct lm_call *c, const char *body)
{
	static struct mip_http h;
	struct lm *l = CLIENT(.seed = 1);
	enum mip_status s;

	h = server();
	*c = posted(&h, body);
	s = lm_fetch(l, c);
	lm_free(l);
	assert_true(s == MIP_OK ? c->text != NULL : c->message[0] != '\0');
	return s;
}

static bool
tells(const struct lm_call *c, const char *text)
{
	return strstr(c->message, text) != NULL;
}

static void
post(void **state)
{
	struct mip_http h = server();
	struct lm *l = CLIENT(.seed = 1, .max_calls = 1, .max_cost = 1e-9);
	struct lm_call c = posted(&h, "{\"w\":\"f-1\"}");
	struct lm_totals t;

	(void)state;
	/* No budget of models counts. */
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	assert_string_equal(c.text, "{\"n\":42}");
	assert_int_equal(c.text_len, 8);
	assert_int_equal(c.attempts, 1);
	assert_true(c.latency_s > 0);
	lm_call_release(&c);
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	lm_call_release(&c);
	assert_int_equal(lmd_count(&lmd, "\"body\":{\"w\":\"f-1\"}"), 2);
	lm_totals(l, &t);
	assert_int_equal(t.calls, 0);
	assert_int_equal(t.fetched, 2);
	lm_free(l);
}

static void
get(void **state)
{
	struct mip_http h = server();
	struct lm *l = CLIENT(.seed = 1);
	struct lm_call c = posted(&h, NULL);
	char url[160];

	(void)state;
	snprintf(url, sizeof url, "%s?q=a%%20b%%26c", find_url);
	c.url = url;
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	assert_string_equal(c.text, "found");
	lm_call_release(&c);
	lm_free(l);
}

static void
attempts(void **state)
{
	struct lm_call c;
	double t = clock_now();

	(void)state;
	assert_int_equal(fetch_once(&c, "\"f-busy\""), MIP_OK);
	assert_int_equal(c.attempts, 3);
	lm_call_release(&c);
	assert_int_equal(fetch_once(&c, "\"f-sick\""), MIP_INFRASTRUCTURE);
	assert_true(tells(&c, "the tool lookup: the server at "));
	assert_true(tells(&c, "answered 500: sick (3 attempts)"));
	assert_int_equal(lmd_count(&lmd, "f-sick"), 3);
	assert_int_equal(fetch_once(&c, "\"f-wait\""), MIP_OK);
	assert_true(clock_now() - t >= 1);
	lm_call_release(&c);
}

static void
blame(void **state)
{
	struct mip_http h = server();
	struct lm *l;
	struct lm_call c;

	(void)state;
	assert_int_equal(fetch_once(&c, "\"f-bad\""), MIP_FAIL);
	assert_true(tells(&c, "422: no such word"));
	assert_int_equal(lmd_count(&lmd, "f-bad"), 1);
	assert_int_equal(fetch_once(&c, "\"f-key\""), MIP_INFRASTRUCTURE);
	assert_int_equal(fetch_once(&c, "\"f-moved\""), MIP_INFRASTRUCTURE);
	assert_true(tells(&c, "it has moved: mend the URL"));
	h.url.text = "gopher://127.0.0.1/";
	l = CLIENT(.seed = 1);
	c = posted(&h, "1");
	assert_int_equal(lm_fetch(l, &c), MIP_USAGE);
	assert_true(tells(&c, "the URL of the tool lookup, "));
	lm_free(l);
	h.url = (struct mip_setting){ .env = "T_NO_URL" };
	l = CLIENT(.seed = 1);
	assert_int_equal(lm_fetch(l, &c), MIP_USAGE);
	assert_true(tells(&c, "the tool lookup needs a URL in T_NO_URL"));
	lm_free(l);
	h = server();
	h.url.text = "http://127.0.0.1:1/x?key=1";
	l = CLIENT(.seed = 1);
	assert_int_equal(lm_fetch(l, &c), MIP_INFRASTRUCTURE);
	assert_true(tells(&c, "http://127.0.0.1:1/x: "));
	lm_free(l);
}

static void
sizes(void **state)
{
	struct mip_http h = server();
	struct lm *l = CLIENT(.seed = 1);
	struct lm_call c = posted(&h, "\"f-huge\"");

	(void)state;
	c.most = 100000;
	assert_int_equal(lm_fetch(l, &c), MIP_FAIL);
	assert_true(tells(&c, "larger than 100000 bytes"));
	assert_int_equal(c.attempts, 1);
	c.most = 0;
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	assert_true(c.text_len > 2000000);
	lm_call_release(&c);
	lm_free(l);
}

static void
secrets(void **state)
{
	struct mip_http h = server(), far = server();
	struct lm *l = CLIENT(.seed = 1);
	struct lm_call c = posted(&h, "\"f-echo\"");

	(void)state;
	h.key_env = far.key_env = "T_FETCH_KEY";
	far.url.text = "http://tool.invalid/";
	setenv("T_FETCH_KEY", KEY, 1);
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	assert_string_equal(c.text, "key ***");
	lm_call_release(&c);
	lm_free(l);
	h.key_header = "X-Key";
	l = CLIENT(.seed = 1);
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	lm_call_release(&c);
	lm_free(l);
	assert_int_equal(lmd_count(&lmd, "\"auth\":true,\"body\":\"f-echo\""),
	    2);
	assert_int_equal(lmd_count(&lmd, KEY), 0);
	unsetenv("T_FETCH_KEY");
	l = CLIENT(.seed = 1);
	c = posted(&far, "1");
	assert_int_equal(lm_fetch(l, &c), MIP_USAGE);
	assert_true(tells(&c, "set the environment variable T_FETCH_KEY"));
	lm_free(l);
}

/* What is fresh is neither kept nor shared; what is not, is. */
static void
kept(void **state)
{
	const char *dir = lmd_path("fetches");
	struct mip_http h = server();
	struct lm *l = CLIENT(.cache_dir = dir);
	struct lm_call c = posted(&h, "\"f-2\""), two[2];
	struct lm_group g;
	int i;

	(void)state;
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	lm_call_release(&c);
	c.fresh = false;
	for (i = 0; i < 2; i++) {
		assert_int_equal(lm_fetch(l, &c), MIP_OK);
		assert_int_equal(c.cached, i);
		assert_string_equal(c.text, "{\"n\":42}");
		lm_call_release(&c);
	}
	assert_int_equal(lmd_count(&lmd, "f-2"), 2);
	assert_true(lm_group_init(&g));
	for (i = 0; i < 4; i++) {
		two[i % 2] = posted(&h, "\"f-slow\"");
		two[i % 2].kind = LM_FETCH;
		two[i % 2].fresh = i < 2;
		two[i % 2].group = &g;
		lm_start(l, &two[i % 2]);
		if (i % 2 == 0)
			continue;
		lm_wait(&g);
		lm_call_release(&two[0]);
		lm_call_release(&two[1]);
		assert_int_equal(lmd_count(&lmd, "f-slow"), i < 2 ? 2 : 3);
	}
	lm_group_release(&g);
	lm_free(l);
	l = CLIENT(.cache_dir = dir, .offline = true);
	assert_int_equal(lm_fetch(l, &c), MIP_OK);
	lm_call_release(&c);
	/* A body is no address, and a GET no POST. */
	c.messages = NULL;
	assert_int_equal(lm_fetch(l, &c), MIP_OFFLINE);
	assert_true(tells(&c, "a reply of the tool lookup is not in the"));
	c = posted(&h, "\"f-2\"");
	assert_int_equal(lm_fetch(l, &c), MIP_OFFLINE);
	assert_true(tells(&c, "the tool lookup is on the network"));
	lm_free(l);
}

static void
ends(void **state)
{
	const char *file = lmd_path("fetch.jsonl");
	struct mip_http h = server();
	struct lm *l = CLIENT(.trace = file);
	struct lm_call c = posted(&h, "\"f-hang\"");
	struct lmd d;

	(void)state;
	h.sending.attempts = 1;
	h.sending.timeout_ms = 200;
	assert_int_equal(lm_fetch(l, &c), MIP_INFRASTRUCTURE);
	lm_cancel(l);
	assert_int_equal(lm_fetch(l, &c), MIP_CANCELLED);
	lm_free(l);
	snprintf(d.log, sizeof d.log, "%s", file);
	assert_int_equal(lmd_count(&d, "\"server\":\"tool lookup\""), 1);
	assert_int_equal(lmd_count(&d, "\"model\""), 0);
}

static int
fetch_up(void **state)
{
	char *end;

	(void)state;
	if (!lmd_start(&lmd, fetch_rules))
		return -1;
	end = strstr(lmd.url, "/v1");
	snprintf(tool_url, sizeof tool_url, "%.*s/tool",
	    (int)(end - lmd.url), lmd.url);
	snprintf(find_url, sizeof find_url, "%.*s/find",
	    (int)(end - lmd.url), lmd.url);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(post),
		cmocka_unit_test(get),
		cmocka_unit_test(attempts),
		cmocka_unit_test(blame),
		cmocka_unit_test(sizes),
		cmocka_unit_test(secrets),
		cmocka_unit_test(kept),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests(tests, fetch_up, lmd_down);
}
