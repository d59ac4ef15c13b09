/* Reads and checks any bytes: no crash, no endless loop, and the printed
 * tree of what was read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "front/ast.h"
#include "front/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct check_options o = { .need_program = true };
	struct sources sources;
	struct source *s;
	struct names names;
	struct arena a;
	struct diag d;
	struct unit *u;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return 0;
	base_arena_init(&a);
	names_init(&names, &a);
	sources_init(&sources, &a);
	diag_init(&d, &sources, f);
	d.format = n % 3 == 0 ? DIAG_JSON : n % 3 == 1 ? DIAG_SARIF :
	    DIAG_TEXT;
	s = sources_add(&sources, "fuzz.mp", (const char *)data, n);
	if (s) {
		u = parse(&a, &names, s, &d);
		ast_dump(f, u);
		check(&a, &names, &sources, u, &o, &d);
		diag_finish(&d);
	}
	fclose(f);
	free(text);
	arena_release(&a);
	return 0;
}
