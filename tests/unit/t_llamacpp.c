/* Tests of local servers: shared, found again, gone with their last user.
 * The fake model server stands in for llama-server.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/clock.h"
#include "lmd_run.h"
#include "local/llamacpp.h"
#include "net/http.h"
#include "slow.h"

static char model[96], program[96], locks[96];
static atomic_bool stop;

static struct llamacpp_spec
spec(void)
{
	return (struct llamacpp_spec){
		.model = model, .context = 4096, .parallel = 2, .dir = locks,
	};
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct llamacpp *
start(void)
{
	struct llamacpp_spec s = spec();
	struct llamacpp *l;
	char why[320] = "";

	if (llamacpp_start(&s, &stop, &l, why) != MIP_OK)
		fail_msg("%s", why);
	assert_string_equal(why, "");
	return l;
}

static void
ended(struct http_request *r)
{
	*(bool *)r->arg = true;
}

/* Whether a server answers at the address. */
static bool
answers(const char *url)
{
	struct http *h = http_new();
	bool done = false, ok;
	struct http_request r = {
		.url = url, .timeout_ms = slow(2000), .local = true,
		.done = ended, .arg = &done,
	};

	http_submit(h, &r);
	while (!done)
		http_run(h, 50);
	ok = r.result == HTTP_OK;
	http_release(&r);
	http_free(h);
	return ok;
}

static bool
goes_away(const char *url)
{
	int i;

	for (i = 0; i < 80 && answers(url); i++)
		clock_nap(100);
	return i < 80;
}

static void
shared(void **state)
{
	struct llamacpp *a = start(), *b = start();
	char url[64];

	(void)state;
	assert_string_equal(llamacpp_url(a), llamacpp_url(b));
	snprintf(url, sizeof url, "%s", llamacpp_url(a));
	assert_true(answers(url));
	llamacpp_stop(a);
	clock_nap(1500);
	assert_true(answers(url));      /* it is still used */
	llamacpp_stop(b);
	assert_true(goes_away(url));
	a = start();                    /* and comes again */
	assert_true(answers(llamacpp_url(a)));
	snprintf(url, sizeof url, "%s", llamacpp_url(a));
	llamacpp_stop(a);
	assert_true(goes_away(url));
}

static void
killed_user(void **state)
{
	char url[64] = "";
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct llamacpp *l = start();

		if (write(ends[1], llamacpp_url(l), sizeof url / 2) < 0)
			_exit(1);
		pause();
	}
	assert_true(read(ends[0], url, sizeof url / 2) > 0);
	url[sizeof url / 2 - 1] = '\0';
	assert_true(answers(url));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	assert_true(goes_away(url));
}

static void
refuse(enum mip_status want, const char *text)
{
	struct llamacpp_spec s = spec();
	struct llamacpp *l;
	char why[320];

	assert_int_equal(llamacpp_start(&s, &stop, &l, why), want);
	assert_null(l);
	if (!strstr(why, text))
		fail_msg("%s", why);
}

static void
failures(void **state)
{
	char *path = strdup(getenv("PATH"));

	(void)state;
	write_file(program, "#!/bin/sh\necho first\necho no such model >&2\n"
	    "exit 1\n", 0700);
	refuse(MIP_INFRASTRUCTURE, "did not start: no such model");
	setenv("MIPROC_LLAMA_SERVER", "/nonexistent/server", 1);
	refuse(MIP_USAGE, "/nonexistent/server, which cannot be executed");
	unsetenv("MIPROC_LLAMA_SERVER");
	setenv("PATH", lmd.dir, 1);
	write_file(program, "#!/bin/sh\nexec sleep 60\n", 0700);
	setenv("MIPROC_LLAMA_SERVER", program, 1);
	atomic_store(&stop, true);
	refuse(MIP_CANCELLED, "interrupted");
	atomic_store(&stop, false);
	unlink(model);
	refuse(MIP_USAGE, "cannot read the model");
	setenv("PATH", path, 1);
	free(path);
}

static int
up(void **state)
{
	char text[512];
	const char *server = getenv("LMD");

	(void)state;
	if (!lmd_start(&lmd, "{\"reply\":\"x\"}\n"))
		return -1;
	snprintf(model, sizeof model, "%s/m.gguf", lmd.dir);
	snprintf(program, sizeof program, "%s/llama", lmd.dir);
	snprintf(locks, sizeof locks, "%s/locks", lmd.dir);
	write_file(model, "GGUF", 0600);
	snprintf(text, sizeof text, "#!/bin/sh\n"
	    "while [ $# -gt 0 ]; do\n"
	    "case $1 in --port) port=$2 ;; esac\n"
	    "shift\ndone\n"
	    "exec %s --script %s/script --port $port\n",
	    server ? server : "build/lmd", lmd.dir);
	write_file(program, text, 0700);
	setenv("MIPROC_LLAMA_SERVER", program, 1);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared),
		cmocka_unit_test(killed_user),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
