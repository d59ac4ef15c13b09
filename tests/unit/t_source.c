/* Tests of sources: places, files, imports.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/names.h"
#include "base/source.h"

static void
is_at(const struct sources *s, unsigned off, unsigned line, unsigned col,
    const char *text)
{
	struct place p = sources_place(s, off);

	assert_non_null(p.source);
	assert_int_equal(p.line, line);
	assert_int_equal(p.col, col);
	assert_int_equal(p.len, strlen(text));
	assert_memory_equal(p.text, text, p.len);
}

static void
places(void **state)
{
	static const char one[] = "ab\r\n\n\tc\xc3\xa9" "d\n", two[] = "x";
	struct arena a;
	struct sources s;
	struct source *x, *y, *z;

	(void)state;
	base_arena_init(&a);
	sources_init(&s, &a);
	assert_null(sources_place(&s, 0).source);
	x = sources_add(&s, "one", one, sizeof one - 1);
	y = sources_add(&s, "two", two, sizeof two - 1);
	z = sources_add(&s, "empty", "", 0);
	assert_null(sources_place(&s, 0).source);
	is_at(&s, x->base, 1, 1, "ab");
	is_at(&s, x->base + 2, 1, 3, "ab");
	is_at(&s, x->base + 4, 2, 1, "");
	is_at(&s, x->base + 5, 3, 1, "\tc\xc3\xa9" "d");
	is_at(&s, x->base + 9, 3, 4, "\tc\xc3\xa9" "d");
	is_at(&s, x->base + (unsigned)x->len, 4, 1, "");
	is_at(&s, y->base, 1, 1, "x");
	is_at(&s, y->base + 1, 1, 2, "x");
	is_at(&s, z->base, 1, 1, "");
	assert_null(sources_place(&s, z->base + 1).source);
	assert_string_equal(sources_place(&s, y->base).source->path, "two");
	arena_release(&a);
}

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
files(void **state)
{
	char dir[] = "/tmp/t_source.XXXXXX";
	struct arena a;
	struct sources s;
	struct source *x;
	const char *path, *more[1];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("sub", 0700), 0);
	put_file("a.mp", "const A = 1;\n");
	put_file("sub/b.mp", "");
	base_arena_init(&a);
	sources_init(&s, &a);
	assert_null(sources_read(&s, "none.mp"));
	assert_int_equal(errno, ENOENT);
	assert_null(sources_read(&s, "sub"));
	assert_int_equal(errno, EISDIR);
	x = sources_read(&s, "a.mp");
	assert_non_null(x);
	assert_string_equal(x->text, "const A = 1;\n");
	assert_int_equal(x->len, 13);
	/* The same file by another path. */
	assert_ptr_equal(sources_read(&s, "sub/../a.mp"), x);
	assert_null(sources_find(&a, x, "b.mp", NULL, 0));
	more[0] = "sub";
	assert_string_equal(sources_find(&a, x, "b.mp", more, 1),
	    "sub/b.mp");
	path = sources_find(&a, x, "sub/b.mp", NULL, 0);
	assert_string_equal(path, "sub/b.mp");
	x = sources_read(&s, path);
	assert_non_null(x);
	assert_int_equal(x->len, 0);
	/* Beside the file that imports. */
	assert_string_equal(sources_find(&a, x, "b.mp", NULL, 0),
	    "sub/b.mp");
	assert_string_equal(sources_find(&a, x, "../a.mp", NULL, 0),
	    "sub/../a.mp");
	assert_null(sources_find(&a, x, "..", NULL, 0));
	arena_release(&a);
	assert_int_equal(remove("a.mp"), 0);
	assert_int_equal(remove("sub/b.mp"), 0);
	assert_int_equal(remove("sub"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(remove(dir), 0);
}

/* Where `name` in the file `from` is, seen from `main`. */
static void
seen(struct arena *a, const char *main, const char *from, const char *name,
    const char *want)
{
	const struct source m = { .path = main }, f = { .path = from };

	assert_string_equal(sources_relative(a, &m, &f, name), want);
}

static void
relative(void **state)
{
	struct arena a;
	char *cwd;

	(void)state;
	base_arena_init(&a);
	cwd = arena_alloc(&a, 4096);
	assert_int_equal(chdir("/tmp"), 0);
	assert_non_null(getcwd(cwd, 4000));
	seen(&a, "a.mp", "a.mp", "./x", "./x");
	seen(&a, "a.mp", "b.mp", "./x", "./x");
	seen(&a, "a.mp", "/lib/b.mp", "/abs/x", "/abs/x");
	seen(&a, "a.mp", "lib/b.mp", "./x", "./lib/x");
	seen(&a, "a.mp", "lib/b.mp", ".//./x", "./lib/x");
	seen(&a, "a.mp", "lib/b.mp", "../x", "lib/../x");
	seen(&a, "d/a.mp", "d/lib/b.mp", "x/y", "lib/x/y");
	seen(&a, "./d/a.mp", "d//lib/./b.mp", "./x", "./lib/x");
	seen(&a, "d/e/a.mp", "d/f/b.mp", "./x", "../f/x");
	seen(&a, "d/e/a.mp", "b.mp", "./x", "../../x");
	seen(&a, "d/e/a.mp", "d/e/../b.mp", "./x", "../x");
	seen(&a, "../a.mp", "../lib/b.mp", "./x", "./lib/x");
	seen(&a, "/p/a.mp", "/q/r/b.mp", "./x", "../q/r/x");
	seen(&a, "a.mp", "/q/b.mp", "./x", "/q/x");
	seen(&a, "/q/a.mp", "b.mp", "./x", arena_printf(&a, "%s/x", cwd));
	/* What cannot be told from the names alone is absolute. */
	seen(&a, "../a.mp", "lib/b.mp", "./x",
	    arena_printf(&a, "%s/lib/x", cwd));
	arena_release(&a);
}

static void
names(void **state)
{
	struct arena a;
	struct names t;
	const char *first[1000];
	char text[32];
	int i;

	(void)state;
	base_arena_init(&a);
	names_init(&t, &a);
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "name%d", i);
		first[i] = names_intern(&t, text, strlen(text));
		assert_string_equal(first[i], text);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "name%d and more", i);
		assert_ptr_equal(names_intern(&t, text,
		    strcspn(text, " ")), first[i]);
	}
	assert_int_equal(t.n, 1000);
	assert_string_equal(names_intern(&t, "", 0), "");
	assert_ptr_not_equal(names_intern(&t, "name", 4), first[0]);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(files),
		cmocka_unit_test(relative),
		cmocka_unit_test(names)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
