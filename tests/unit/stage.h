/* A context to call the library in, and what a run in it has come to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STAGE_H
#define STAGE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_lm.c"
#include "run/mip.h"

struct stage {
	struct mip_env *env;
	struct mip *m;
};

static inline int
stage_with(void **state, struct mip_options o)
{
	struct stage *s = calloc(1, sizeof *s);

	if (!s || mip_env_new(&o, &s->env) != MIP_OK)
		return -1;
	s->m = mip_new(s->env);
	*state = s;
	return s->m ? 0 : -1;
}

static inline int
stage_up(void **state)
{
	return stage_with(state, (struct mip_options){ .threads = 0 });
}

static inline int
stage_down(void **state)
{
	struct stage *s = *state;

	mip_free(s->m);
	mip_env_free(s->env);
	free(s);
	return 0;
}

/* A new run. */
static inline struct mip *
begin(void **state)
{
	struct stage *s = *state;

	mip_begin(s->m);
	return s->m;
}

/* The run has failed as FAIL with `part` in its message; starts a new one. */
static inline void
assert_failed(struct mip *m, const char *part)
{
	assert_int_equal(mip_status(m), MIP_FAIL);
	if (!strstr(mip_message(m), part))
		fail_msg("'%s' is not in '%s'", part, mip_message(m));
	mip_begin(m);
}

static inline void
assert_fine(struct mip *m)
{
	assert_string_equal(mip_message(m), "");
	assert_int_equal(mip_status(m), MIP_OK);
}

static inline void
assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-12))
		fail_msg("%.17g is not %.17g", a, b);
}

static inline void
assert_strings(struct mip_strings v, const char *const *want)
{
	size_t i;

	for (i = 0; want[i]; i++) {
		if (i >= v.n)
			fail_msg("'%s' is missing", want[i]);
		assert_string_equal(v.v[i], want[i]);
	}
	assert_int_equal(v.n, i);
}

#define STRINGS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define NO_STRINGS ((const char *const[]){ NULL })

/* A list of texts. */
#define TEXTS(...) (struct mip_strings){ STRINGS(__VA_ARGS__), \
	sizeof(STRINGS(__VA_ARGS__)) / sizeof(char *) - 1 }
#define NO_TEXTS (struct mip_strings){ NULL, 0 }

#endif
