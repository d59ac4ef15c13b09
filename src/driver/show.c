/* miproc show, diff and explain: what is read and not made.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "ir/plan.h"

/* Every leaf's prompt for the row of --row, asking no model. */
static int
show_prompt(struct compilation *c)
{
	struct build b;
	const char **argv = arena_array(c->a, COMPILE_ARGS +
	    2 * c->o->nallow + 4, sizeof *argv);
	int status = compile_mod(c);
	unsigned n;

	if (status == 0 && c->o->level != 0)
		status = compile_tuned(c, false);
	if (status != 0)
		return status;
	if (!build_init(&b, c->a, c->o))
		return 2;
	argv[0] = build_worker(&b, c->mod);
	argv[1] = "--prompts";
	n = 2 + compile_args(c, argv + 2);
	if (c->o->row != NULL)
		argv[n] = arena_printf(c->a, "--row=%s", c->o->row);
	return argv[0] == NULL ? 2 : build_spawn(argv);
}

static int
show_plan(struct compilation *c)
{
	struct buf b = BASE_BUF_INIT;
	int status = compile_mod(c);

	if (status != 0)
		return status;
	ir_plan_print(&b, c->mod);
	fputs(buf_str(&b), stdout);
	buf_release(&b);
	return 0;
}

int
cmd_show(struct compilation *c)
{
	static const struct {
		const char *what;
		int (*show)(struct compilation *);
	} all[] = {
		{ "prompt", show_prompt }, { "plan", show_plan },
		{ "trials", show_trials }, { "demos", show_demos }
	};
	const char *what = c->o->arg[0];

	for (size_t i = 0; i < COUNTOF(all); i++) {
		if (strcmp(what, all[i].what) != 0)
			continue;
		if (c->o->narg != 2) {
			fprintf(stderr, "miproc: show %s wants a file\n",
			    what);
			return 2;
		}
		c->path = c->o->arg[1];
		return all[i].show(c);
	}
	fprintf(stderr, "miproc: show wants prompt, plan, trials or demos, "
	    "and a file; not '%s'\n", what);
	return 2;
}

/* ---- diff ---- */
int
cmd_diff(struct compilation *c)
{
	struct buf b = BASE_BUF_INIT;
	struct tuned t[2];

	if (c->o->narg != 2) {
		fprintf(stderr, "miproc: diff wants two tuned files\n");
		return 2;
	}
	for (unsigned i = 0; i < 2; i++)
		if (!compile_read_tuned(c, c->o->arg[i], &t[i]))
			return 2;
	tuned_diff(&b, t[0].root, t[1].root);
	fputs(buf_str(&b), stdout);
	buf_release(&b);
	return 0;
}

/* ---- explain ---- */

int
cmd_explain(struct compilation *c)
{
	const char *code = c->o->arg[0], *explain = diag_explain(code);

	if (explain != NULL) {
		printf("%s: %s\n", code, explain);
		return 0;
	}
	fprintf(stderr, "miproc: there is no message %s; they look like "
	    "MP0201\n", code);
	return 2;
}
