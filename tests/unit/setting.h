/* A text, parsed, with the messages about it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTING_H
#define SETTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/ast.h"
#include "front/check.h"

struct setting {
	struct arena a;
	struct names names;
	struct sources s;
	struct diag d;
	struct unit *u;
	struct checked *c;              /* set by those who check it */
	char *said;
	size_t len;
	FILE *f;
};

static inline void
setting_parse(struct setting *t, const char *text, size_t n)
{
	base_arena_init(&t->a);
	names_init(&t->names, &t->a);
	sources_init(&t->s, &t->a);
	t->f = open_memstream(&t->said, &t->len);
	assert_non_null(t->f);
	diag_init(&t->d, &t->s, t->f);
	t->u = parse(&t->a, &t->names, sources_add(&t->s, "x.mp", text, n),
	    &t->d);
	t->c = NULL;
	fflush(t->f);
}

static inline void
setting_end(struct setting *t)
{
	fclose(t->f);
	free(t->said);
	arena_release(&t->a);
}

#endif
