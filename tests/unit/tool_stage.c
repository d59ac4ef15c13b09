/* The stage of the tests of tools.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool_stage.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "slow.h"

static const struct mip_field calc_in_fields[] = {
	{ MIP_FIELD(struct calc_in, expr, &mip_string, NULL) },
	{ MIP_FIELD(struct calc_in, n, &mip_int, NULL),
	  .flags = MIP_HAS_MAX, .max = 9 },
};
const struct mip_type calc_in_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct calc_in), .name = "calc_in",
	.field = calc_in_fields, .n = 2 };
const struct mip_type text_in_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct calc_in), .name = "text_in",
	.field = calc_in_fields, .n = 1 };

int
stage_up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	struct mip_options o = { .no_cache = true };

	if (!s)
		return -1;
	snprintf(s->dir, sizeof s->dir, "/tmp/t_tool.XX" "XX" "XX");
	if (!mkdtemp(s->dir))
		return -1;
	o.cache_dir = o.root = s->dir;
	if (mip_env_new(&o, &s->env) != MIP_OK)
		return -1;
	s->m = mip_new(s->env);
	s->argv[0] = "./tool";
	s->tool = (struct mip_tool){ .name = "calc", .argv = s->argv,
		.in = &calc_in_type, .out = &mip_int,
		.timeout_ms = slow(10000) };
	*state = s;
	return s->m ? 0 : -1;
}

void
stage_path(const struct stage *s, const char *name, char path[120])
{
	snprintf(path, 120, "%s/%s", s->dir, name);
}

int
stage_down(void **state)
{
	struct stage *s = *state;
	char path[600];
	struct dirent *e;
	DIR *d;

	mip_free(s->m);
	mip_env_free(s->env);
	d = opendir(s->dir);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", s->dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(s->dir);
	free(s);
	return 0;
}

void
stage_script(const struct stage *s, const char *text)
{
	char path[120];
	int fd;

	stage_path(s, "tool", path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

const char *
stage_held(const struct stage *s, const char *name)
{
	static char text[4096];
	char path[120];
	ssize_t n;
	int fd;

	stage_path(s, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

enum mip_status
stage_call(struct stage *s, const char *expr, int64_t n, void *out)
{
	const struct calc_in in = { expr, n };

	mip_begin(s->m);
	return mip_call(s->m, &s->tool, &in, out);
}

void
stage_fails(struct stage *s, enum mip_status want, const char *says)
{
	char out[64];
	enum mip_status got = stage_call(s, "1+1", 2, out);

	if (got != want)
		fail_msg("%s: %s, not %s", mip_message(s->m),
		    mip_status_word(got), mip_status_word(want));
	if (!strstr(mip_message(s->m), says))
		fail_msg("not \"%s\": %s", says, mip_message(s->m));
	assert_int_equal(mip_status(s->m), want);
}

const char *
stage_text(struct stage *s, const char *in)
{
	const char *out = NULL;

	s->tool.in = &text_in_type;
	s->tool.out = &mip_string;
	s->tool.text_in = s->tool.text_out = true;
	if (stage_call(s, in, 0, &out) != MIP_OK)
		fail_msg("%s", mip_message(s->m));
	return out;
}

bool
stage_alive(const char *text)
{
	long pid = strtol(text, NULL, 10);
	char path[64], state[200] = "";
	int fd;

	assert_true(pid > 1);
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, state, sizeof state - 1) < 0)
		state[0] = '\0';
	close(fd);
	return state[0] && !strstr(state, ") Z");
}

bool
stage_gone(const struct stage *s)
{
	return !stage_alive(stage_held(s, "child")) &&
	    !stage_alive(stage_held(s, "far")) &&
	    !stage_alive(stage_held(s, "farther"));
}
