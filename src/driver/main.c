/* miproc: a compiler for language-model programs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/lines.h"
#include "driver/compile.h"
#include "driver/file.h"

/* Signal handlers can reach nothing else. */
static volatile sig_atomic_t caught;
static volatile bool stopped;

static void
on_signal(int sig)
{
	if (stopped)
		signal(sig, SIG_DFL);   /* a second one ends it at once */
	caught = sig;
	stopped = true;
}

static void
catch_signals(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof act);
	sigemptyset(&act.sa_mask);
	act.sa_handler = on_signal;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* What was printed is there, or somebody is told. */
static int
close_out(int status)
{
	bool ok = !ferror(stdout);

	ok = fflush(stdout) == 0 && ok;
	if (ok || status != 0)
		return status;
	if (errno == EPIPE)
		return 2;
	return file_error("write", "-");
}

static int
run(struct compilation *c)
{
	switch (c->o->verb) {
	case VERB_COMPILE: return cmd_compile(c);
	case VERB_CHECK:   return cmd_check(c);
	case VERB_TUNE:    return cmd_tune(c);
	case VERB_EVAL:    return cmd_eval(c);
	case VERB_TEST:    return cmd_test(c);
	case VERB_RUN:     return cmd_run(c);
	case VERB_DIFF:    return cmd_diff(c);
	case VERB_SHOW:    return cmd_show(c);
	case VERB_FMT:     return cmd_fmt(c);
	case VERB_CACHE:   return cmd_cache(c);
	case VERB_DOCTOR:  return cmd_doctor(c);
	case VERB_EXPLAIN: return cmd_explain(c);
	case VERB_COUNT:   break;
	}
	BUG("verb");
}

int
main(int argc, char **argv)
{
	struct compilation c = { .stop = &stopped, .catch = catch_signals };
	struct options o;
	struct arena a;
	int status;

	lines_hold_std();
	signal(SIGPIPE, SIG_IGN);
	base_arena_init(&a);
	if (!options_read(&o, &a, argc, argv, &status)) {
		arena_release(&a);
		return close_out(status);
	}
	c.a = &a;
	c.o = &o;
	c.path = o.narg > 0 ? o.arg[0] : NULL;
	status = run(&c);
	if (c.diag.sources != NULL)
		diag_finish(&c.diag);
	status = close_out(status);
	arena_release(&a);
	return caught != 0 && status != 0 ? 128 + caught : status;
}
