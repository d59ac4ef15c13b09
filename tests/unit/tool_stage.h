/* A directory with a tool in it that is a shell script, and an environment
 * whose root it is: for the tests of tools.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOOL_STAGE_H
#define TOOL_STAGE_H

#include "run/mip.h"

/* calc(expr: string, n: int @range(0, 9)) -> int */
struct calc_in {
	const char *expr;
	int64_t n;
};

extern const struct mip_type calc_in_type;
extern const struct mip_type text_in_type;      /* without n */

struct stage {
	char dir[40];
	struct mip_env *env;
	struct mip *m;
	const char *argv[8];
	struct mip_tool tool;           /* "calc", ./tool, ten seconds */
};

int stage_up(void **state);
int stage_down(void **state);

void stage_path(const struct stage *s, const char *name, char path[120]);
/* The tool is this shell script. */
void stage_script(const struct stage *s, const char *text);
/* What a file in the directory holds, "" if there is none; until the next. */
const char *stage_held(const struct stage *s, const char *name);

enum mip_status stage_call(struct stage *s, const char *expr, int64_t n,
    void *out);
/* The call fails so, and says this. */
void stage_fails(struct stage *s, enum mip_status want, const char *says);
/* The tool takes and gives text, and answers. */
const char *stage_text(struct stage *s, const char *in);

/* Is the process whose number this is alive? */
bool stage_alive(const char *pid);

/* A child, one in another session that shrugs off what can be shrugged off,
 * and one whose parent is not ours; all of them hold the output open. */
#define STAGE_FAMILY \
	"sleep 100 & echo $! >child\n" \
	"setsid sh -c 'trap \"\" TERM HUP; echo $$ >far; sleep 99;" \
	" sleep 98' &\n" \
	"setsid setsid sh -c 'sleep 97 & echo $! >farther; wait' &\n" \
	"until [ -s far ] && [ -s farther ]; do sleep 0.01; done\n"

/* Are all of them gone? */
bool stage_gone(const struct stage *s);

#endif
