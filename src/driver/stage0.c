/* Stage 0: miproc without tuning, which compiles the proposer's programs to
 * C for miproc itself.
 *
 *     miproc0 -S -o X.c X.mp
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "driver/file.h"
#include "emit/emit.h"
#include "front/check.h"
#include "ir/lower.h"
#include "ir/pass.h"
#include "ir/plan.h"

static struct mod *
front(struct arena *a, const char *path, struct diag *d,
    struct sources *sources)
{
	struct check_options options = { .need_program = true };
	struct names names;
	struct source *s;
	struct checked *c;

	sources_init(sources, a);
	names_init(&names, a);
	diag_init(d, sources, stderr);
	s = sources_read(sources, path);
	if (s == NULL) {
		file_error("read", path);
		return NULL;
	}
	c = check(a, &names, sources, parse(a, &names, s, d), &options, d);
	return d->nerror == 0 ? lower(a, c, d) : NULL;
}

static int
write_with(const struct mod *m, const char *stem, const char *path,
    void (*emit)(struct buf *, const struct mod *, const char *))
{
	struct buf b = BASE_BUF_INIT;
	bool ok;

	emit(&b, m, stem);
	ok = file_write(path, &b);
	buf_release(&b);
	return ok ? 0 : file_error("write", path);
}

int
main(int argc, char **argv)
{
	struct pass_options passes;
	struct sources sources;
	struct diag diag;
	struct arena a;
	struct mod *m;
	const char *stem;
	int status = 1;

	if (argc != 5 || strcmp(argv[1], "-S") != 0 ||
	    strcmp(argv[2], "-o") != 0) {
		fprintf(stderr, "usage: miproc0 -S -o X.c X.mp\n");
		return 2;
	}
	base_arena_init(&a);
	m = front(&a, argv[4], &diag, &sources);
	if (m != NULL) {
		memset(&passes, 0, sizeof passes);
		ir_hash(m);
		passes_run(m, &passes);
		ir_plan(m);
		stem = file_stem(&a, argv[3]);
		status = write_with(m, stem, argv[3], emit_c);
		if (status == 0)
			status = write_with(m, stem, file_ending(&a, argv[3],
			    ".h"), emit_header);
	}
	arena_release(&a);
	return status;
}
