/* Tests of allow.c: grants of commands and of hosts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/allow.h"

static bool
exec(const char *grant, const char *command)
{
	const char *const v[] = { "net:x", "none", grant, NULL };

	return allow_exec(v, command);
}

static bool
net(const char *grant, const char *url)
{
	const char *const v[] = { "exec:x", grant, NULL };

	return allow_net(v, url);
}

static void
test_exec(void **state)
{
	const char *const none[] = { NULL };

	(void)state;
	assert_true(exec("exec:./tools/calc", "./tools/calc"));
	assert_true(exec("exec:tools/calc", "./tools/calc"));
	assert_true(exec("exec:./tools/calc", "tools//./calc"));
	assert_true(exec("exec:././/tools/./calc", "tools/calc"));
	assert_true(exec("exec:/bin/x", "/bin//./x"));
	assert_true(exec("exec:python3", "python3"));
	assert_false(exec("exec:python3", "./python3"));
	assert_false(exec("exec:./python3", "python3"));
	assert_false(exec("exec:bin/x", "/bin/x"));
	assert_false(exec("exec:/bin/x", "bin/x"));
	assert_false(exec("exec:./tools/calc", "./tools/calc2"));
	assert_false(exec("exec:./tools/calc", "./tools"));
	assert_false(exec("exec:./tools", "./tools/calc"));
	assert_false(exec("exec:a/b", "a/../a/b"));
	assert_false(exec("exec:a/b", "a/.b"));
	assert_false(exec("exec:../a/b", "a/b"));
	assert_false(exec("net:python3", "python3"));
	assert_false(exec("python3", "python3"));
	assert_false(allow_exec(none, "python3"));
}

static void
test_net(void **state)
{
	(void)state;
	assert_true(net("net:api.x.com", "https://api.x.com/v1"));
	assert_true(net("net:API.x.com", "HTTPS://api.X.com:8443?q"));
	assert_true(net("net:api.x.com:443", "https://api.x.com"));
	assert_true(net("net:api.x.com:80", "http://api.x.com#f"));
	assert_true(net("net:127.0.0.1", "http://127.0.0.1:9/x"));
	assert_true(net("net:[::1]:8080", "http://[::1]:8080/"));
	assert_true(net("net:[::1]", "http://[::1]/"));
	assert_false(net("net:api.x.com:443", "http://api.x.com"));
	assert_false(net("net:api.x.com:443", "https://api.x.com:444"));
	assert_false(net("net:x.com", "https://api.x.com"));
	assert_false(net("net:x.com", "http://me:word@x.com/"));
	assert_false(net("net:api.x.com", "https://api.x.com.evil.org"));
	assert_false(net("net:api.x.com", "https://evil.org/api.x.com"));
	assert_false(net("net:api.x.com", "https://api.x.com@evil.org/"));
	assert_false(net("net:api.x.com", "https://evil.org\\@api.x.com/"));
	assert_false(net("net:api.x.com", "https://evil.org#@api.x.com/"));
	assert_false(net("net:api.x.com", "https://evil.org?@api.x.com/"));
	assert_false(net("net:api.x.com", "https://api.x.com:/"));
	assert_false(net("net:api.x.com", "https://api.x.com:99999/"));
	assert_false(net("net:api.x.com", "https://api.x.com:443x/"));
	assert_false(net("net:api.x.com", "https://api.x.com evil/"));
	assert_false(net("net:api.x.com", "https://api.x.com%2eevil.org/"));
	assert_false(net("net:api.x.com", "ftp://api.x.com/"));
	assert_false(net("net:api.x.com", "https:/api.x.com/"));
	assert_false(net("net:api.x.com", "file:///api.x.com"));
	assert_false(net("net:api.x.com", ""));
	assert_false(net("net:", "https:///"));
	assert_false(net("exec:api.x.com", "https://api.x.com/"));
}

static void
test_valid(void **state)
{
	static const char *const bad[] = { "", "exec", "exec:", "net:", "net",
		"net:a b", "net:a:", "net:a:0", "net:a:65536", "net:a:1x",
		"net:http://a", "net:a/b", "net:*", "net:[::1", "net:[::g]",
		"net:[]", "none ", "all", "EXEC:x" };
	static const char *const good[] = { "exec:./x", "exec:x y", "net:a",
		"net:a-b.c_d:65535", "net:[::1]", "net:[fe80::1]:1", "none" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (allow_valid(bad[i]))
			fail_msg("%s", bad[i]);
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!allow_valid(good[i]))
			fail_msg("%s", good[i]);
}

static void
host(const char *url, const char *want)
{
	struct buf b = BUF_INIT;

	assert_true(allow_host(&b, url));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_host(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	host("https://api.x.com/v1", "api.x.com");
	host("https://api.x.com:443/", "api.x.com");
	host("http://api.x.com:443/", "api.x.com:443");
	host("http://[::1]:81", "[::1]:81");
	assert_false(allow_host(&b, "mailto:x"));
	assert_string_equal(buf_str(&b), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec), cmocka_unit_test(test_net),
		cmocka_unit_test(test_valid), cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
