/* Tests of HTTP: replies, failures, faults on the way, keep-alive.
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
#include "lmd_run.h"
#include "net/http.h"
#include "slow.h"

/* A rule that asks to wait so. */
#define WAITS(what, value) \
	"{\"match\":\"wait " what "\",\"status\":429,\"headers\":" \
	    "{\"Retry-After\":\"" value "\"}}\n"

static const char rules[] =
	"{\"match\":\"plain\",\"reply\":\"hello\"}\n"
	"{\"match\":\"busy\",\"status\":429,"
	    "\"headers\":{\"Retry-After\":\"7\"}}\n"
	"{\"match\":\"brief\",\"status\":429,\"headers\":"
	    "{\"Retry-After\":\"1\",\"retry-after-ms\":\"250\"}}\n"
	WAITS("part", "1.5") WAITS("less", "-5")
	WAITS("long", "99999999999999999999999") WAITS("none", "0")
	WAITS("imf", "Mon, 21 Oct 2052 07:28:00 GMT")
	WAITS("850", "Monday, 21-Oct-52 07:28:00 GMT")
	WAITS("asctime", "Mon Oct 21 07:28:00 2052")
	WAITS("past", "Wed, 21 Oct 2015 07:28:00 GMT")
	WAITS("nonsense", "in a while")
	"{\"match\":\"wait zero ms\",\"status\":429,\"headers\":"
	    "{\"Retry-After\":\"2\",\"retry-after-ms\":\"0\"}}\n"
	"{\"match\":\"odd wait\",\"status\":429,\"headers\":"
	    "{\"Retry-After\":\"2\",\"retry-after-ms\":\"soon\"}}\n"
	"{\"match\":\"reset\",\"action\":\"reset\"}\n"
	"{\"match\":\"half\",\"action\":\"truncate\",\"reply\":\"xxxxxxxx\"}\n"
	"{\"match\":\"hang\",\"action\":\"hang\"}\n"
	"{\"match\":\"html\",\"action\":\"html\"}\n"
	"{\"match\":\"huge\",\"action\":\"huge\",\"mb\":70}\n"
	"{\"reply\":\"other\"}\n";


static void
done(struct http_request *r)
{
	++*(int *)r->arg;
}

struct shot {
	struct http *h;
	struct http_request r;
	char url[128], body[128];
	int ended;
};

static void
shoot(struct shot *s, struct http *h, const char *word)
{
	static const char *const header[] = {
		"Content-Type: application/json", NULL
	};

	memset(s, 0, sizeof *s);
	s->h = h;
	snprintf(s->url, sizeof s->url, "%s/chat/completions", lmd.url);
	snprintf(s->body, sizeof s->body, "{\"messages\":[{\"role\":\"user\","
	    "\"content\":\"%s\"}]}", word);
	s->r.url = s->url;
	s->r.header = header;
	s->r.body = s->body;
	s->r.body_len = strlen(s->body);
	s->r.timeout_ms = slow(5000);
	s->r.local = true;
	s->r.done = done;
	s->r.arg = &s->ended;
}

static void
end(struct shot *s)
{
	int i;

	http_submit(s->h, &s->r);
	for (i = 0; !s->ended && i < 2000; i++)
		http_run(s->h, 50);
	assert_int_equal(s->ended, 1);
	assert_int_equal(http_running(s->h), 0);
}

static void
one(const char *word, enum http_result want, int status, const char *text)
{
	struct http *h = http_new();
	struct shot s;

	assert_non_null(h);
	shoot(&s, h, word);
	end(&s);
	assert_int_equal(s.r.result, want);
	if (want == HTTP_OK)
		assert_int_equal(s.r.status, status);
	else
		assert_true(s.r.why[0] != '\0');
	if (text)
		assert_non_null(strstr(buf_str(&s.r.reply), text));
	http_release(&s.r);
	http_free(h);
}

static void
plain(void **state)
{
	(void)state;
	one("plain", HTTP_OK, 200, "hello");
	one("html", HTTP_OK, 200, "<");
}

static void
broken(void **state)
{
	(void)state;
	one("reset", HTTP_BROKEN, 0, NULL);
	one("half", HTTP_BROKEN, 0, NULL);
}

static void
too_large(void **state)
{
	(void)state;
	one("huge", HTTP_TOO_LARGE, 0, NULL);
}

static void
retry_after(void **state)
{
	static const struct {
		const char *match;
		double least, most;
	} waits[] = {
		{ "wait part", 1.5, 1.5 }, { "wait less", 0, 0 },
		{ "wait long", 1e9, 1e9 }, { "wait none", 0, 0 },
		{ "wait imf", 1e7, 1e9 }, { "wait 850", 1e7, 1e9 },
		{ "wait asctime", 1e7, 1e9 }, { "wait past", 0, 0 },
		{ "wait nonsense", 0, 0 }, { "wait zero ms", 2, 2 },
	};
	struct http *h = http_new();
	struct shot s;
	size_t i;

	(void)state;
	shoot(&s, h, "busy");
	end(&s);
	assert_int_equal(s.r.status, 429);
	assert_true(s.r.retry_after_s > 6.9 && s.r.retry_after_s < 7.1);
	http_release(&s.r);
	/* In milliseconds, which are finer; if they are a number. */
	shoot(&s, h, "brief");
	end(&s);
	assert_true(s.r.retry_after_s > 0.24 && s.r.retry_after_s < 0.26);
	http_release(&s.r);
	shoot(&s, h, "odd wait");
	end(&s);
	assert_true(s.r.retry_after_s > 1.9 && s.r.retry_after_s < 2.1);
	http_release(&s.r);
	for (i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		shoot(&s, h, waits[i].match);
		end(&s);
		assert_int_equal(s.r.status, 429);
		assert_true(s.r.retry_after_s >= waits[i].least &&
		    s.r.retry_after_s <= waits[i].most);
		http_release(&s.r);
	}
	http_free(h);
}

static void
timeout(void **state)
{
	struct http *h = http_new();
	struct shot s;

	(void)state;
	shoot(&s, h, "hang");
	s.r.timeout_ms = 300;
	end(&s);
	assert_int_equal(s.r.result, HTTP_TIMEOUT);
	assert_true(s.r.seconds > 0.25 && s.r.seconds < slow(3));
	http_release(&s.r);
	http_free(h);
}

static void
bad_address(const char *url, enum http_result want)
{
	struct http *h = http_new();
	struct shot s;

	shoot(&s, h, "plain");
	s.r.url = url;
	end(&s);
	assert_int_equal(s.r.result, want);
	http_release(&s.r);
	http_free(h);
}

static void
addresses(void **state)
{
	(void)state;
	bad_address("file:///etc/passwd", HTTP_BAD_URL);
	bad_address("http://[::1", HTTP_BAD_URL);
	bad_address("http://127.0.0.1:1/", HTTP_NO_CONNECTION);
}

/* Memory of one request serves the next, and so do connections. */
static void
again(void **state)
{
	struct http *h = http_new();
	struct shot s;
	int i;

	(void)state;
	shoot(&s, h, "plain");
	for (i = 0; i < 20; i++) {
		s.ended = 0;
		end(&s);
		assert_int_equal(s.r.status, 200);
	}
	http_release(&s.r);
	http_free(h);
}

static void
many(void **state)
{
	enum { N = 200 };
	static struct shot s[N];
	struct http *h = http_new();
	int i, sum = 0;

	(void)state;
	for (i = 0; i < N; i++) {
		shoot(&s[i], h, i % 10 == 3 ? "reset" : "plain");
		http_submit(h, &s[i].r);
	}
	for (i = 0; http_running(h) > 0 && i < 5000; i++)
		http_run(h, 50);
	for (i = 0; i < N; i++) {
		assert_int_equal(s[i].ended, 1);
		sum += s[i].r.result == HTTP_OK && s[i].r.status == 200;
		http_release(&s[i].r);
	}
	assert_int_equal(sum, N - N / 10);
	http_free(h);
}

static void
stopped(void **state)
{
	struct http *h = http_new();
	struct shot s, t;

	(void)state;
	shoot(&s, h, "hang");
	shoot(&t, h, "hang");
	http_submit(h, &s.r);
	http_submit(h, &t.r);
	http_run(h, 10);
	http_stop(h);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.r.result, HTTP_CANCELLED);
	assert_int_equal(http_running(h), 0);
	t.ended = 0;
	http_submit(h, &t.r);
	http_free(h);                   /* what is under way ends, too */
	assert_int_equal(t.ended, 1);
	http_release(&s.r);
	http_release(&t.r);
}

static void *
waker(void *arg)
{
	clock_nap(50);
	http_wake(arg);
	return NULL;
}

static void
woken(void **state)
{
	struct http *h = http_new();
	double began = clock_now();
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, waker, h), 0);
	http_run(h, 20000);
	pthread_join(t, NULL);
	assert_true(clock_now() - began < 10);
	http_free(h);
}

static int
up(void **state)
{
	(void)state;
	return lmd_start(&lmd, rules) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(broken),
		cmocka_unit_test(too_large),
		cmocka_unit_test(retry_after),
		cmocka_unit_test(timeout),
		cmocka_unit_test(addresses),
		cmocka_unit_test(again),
		cmocka_unit_test(many),
		cmocka_unit_test(stopped),
		cmocka_unit_test(woken),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
