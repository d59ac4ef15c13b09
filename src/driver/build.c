/* From generated C to object files, executables and workers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sha256.h"
#include "driver/file.h"
#include "emit/emit.h"
#include "store/store.h"

extern char **environ;

/* What emitted programs are linked with: see the Makefile. */
#ifndef MIP_LINK_LIBS
#define MIP_LINK_LIBS "-lcurl -lcjson -lsqlite3 -lpcre2-8 -lutf8proc -lcrypto"
#endif

/* What generated code and the programs around it include: likewise. */
static const char *const headers[] = { MIP_HEADERS };
enum { NHEADER = sizeof headers / sizeof headers[0] };

/* ---- where things are ---- */

static bool
exists(const char *path)
{
	return access(path, R_OK) == 0;
}

static const char *
header_path(const struct build *b, const char *dir, size_t i)
{
	return arena_printf(b->a, "%s/%s", dir, headers[i]);
}

static bool
have_headers(const struct build *b)
{
	size_t i;

	for (i = 0; i < NHEADER; i++)
		if (!exists(header_path(b, b->include, i)))
			return false;
	return true;
}

static const char *
own_dir(struct arena *a)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return ".";
	path[n] = '\0';
	return file_dir(a, path);
}

bool
build_init(struct build *b, struct arena *a, const struct options *o)
{
	const char *dir = own_dir(a);
	struct buf cache = BASE_BUF_INIT;

	b->a = a;
	b->o = o;
	b->library = arena_printf(a, "%s/libmiproc.a", dir);
	b->include = arena_printf(a, "%s/include", dir);
	b->amalgam = arena_printf(a, "%s/share/miproc.c", dir);
	if (!exists(b->library)) {
		b->library = arena_printf(a, "%s/../lib/libmiproc.a", dir);
		b->include = arena_printf(a, "%s/../include", dir);
		b->amalgam = arena_printf(a, "%s/../share/miproc/miproc.c",
		    dir);
	}
	if (!exists(b->library) || !have_headers(b)) {
		fprintf(stderr, "miproc: the runtime (libmiproc.a, miproc.h) "
		    "is neither beside miproc in %s nor installed; run make, "
		    "or make install\n", dir);
		return false;
	}
	store_cache_dir(&cache, o->cache_dir);
	b->cache = arena_printf(a, "%s/build", buf_str(&cache));
	buf_release(&cache);
	return true;
}

/* ---- running the C compiler ---- */

static int
spawn(const char *const *argv, const char *in, const char *out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int e, status;

	posix_spawn_file_actions_init(&files);
	if (in != NULL)
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in,
		    O_RDONLY, 0);
	if (out != NULL)
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out,
		    O_WRONLY | O_CREAT | O_TRUNC, 0600);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	/* posix_spawnp promises not to write to argv. */
	e = posix_spawnp(&pid, argv[0], &files, &attr,
	    (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	if (e != 0) {
		fprintf(stderr, "miproc: cannot run %s: %s\n", argv[0],
		    strerror(e));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
build_spawn(const char *const *argv)
{
	int status = spawn(argv, NULL, NULL);

	return status < 0 ? 127 : status;
}

bool
build_filter(const char *const *argv, const char *in, const char *out)
{
	int status = spawn(argv, in, out);

	if (status > 0)
		fprintf(stderr, "miproc: %s ended with status %d\n", argv[0],
		    status);
	return status == 0;
}

/* A command line being put together. */
struct command {
	struct arena *a;
	const char **arg;
	size_t n, cap;
};

static void
add(struct command *c, const char *s)
{
	c->arg = arena_grow(c->a, c->arg, &c->cap, c->n + 2, sizeof *c->arg);
	c->arg[c->n++] = s;
	c->arg[c->n] = NULL;
}

/* Adds the words of `s`. */
static void
add_words(struct command *c, const char *s)
{
	while (*s != '\0') {
		size_t n;

		s += strspn(s, " ");
		n = strcspn(s, " ");
		if (n != 0)
			add(c, arena_strndup(c->a, s, n));
		s += n;
	}
}

static void
add_compiler(struct command *c, struct build *b)
{
	const char *cc = getenv("CC"), *flags = getenv("CFLAGS");

	add_words(c, cc != NULL && *cc != '\0' ? cc : "cc");
	add(c, "-std=c11");
	add_words(c, flags != NULL ? flags : "-O1");
	add(c, "-I");
	add(c, b->include);
}

static bool
run(struct build *b, struct command *c)
{
	int status;

	if (b->o->verbose) {
		fputs("miproc:", stderr);
		for (size_t i = 0; i < c->n; i++)
			fprintf(stderr, " %s", c->arg[i]);
		fputs("\n", stderr);
	}
	status = spawn(c->arg, NULL, NULL);
	if (status < 0)
		fprintf(stderr, "miproc: programs are made with the C "
		    "compiler %s; CC names another\n", c->arg[0]);
	else if (status != 0)
		fprintf(stderr, "miproc: %s ended with status %d\n",
		    c->arg[0], status);
	return status == 0;
}

/* ---- writing the C ---- */

typedef void emitter(struct buf *b, const struct mod *m, const char *stem);

static void
emit_main_plain(struct buf *b, const struct mod *m, const char *stem)
{
	emit_main(b, m, stem, false);
}

static void
emit_main_eval(struct buf *b, const struct mod *m, const char *stem)
{
	emit_main(b, m, stem, true);
}

static bool
write_with(const struct mod *m, const char *stem, const char *path,
    emitter *emit)
{
	struct buf text = BASE_BUF_INIT;
	bool ok;

	emit(&text, m, stem);
	ok = file_write(path, &text);
	if (!ok)
		file_error("write", path);
	buf_release(&text);
	return ok;
}

/* All the files of the program into `dir`. */
static bool
write_files(struct build *b, const struct mod *m, const char *dir,
    const char *stem, bool eval)
{
	const char *base = arena_printf(b->a, "%s/%s", dir, stem);
	struct arena *a = b->a;

	if (!file_mkdirs(dir)) {
		file_error("make the directory", dir);
		return false;
	}
	return write_with(m, stem, arena_printf(a, "%s.c", base), emit_c) &&
	    write_with(m, stem, arena_printf(a, "%s.h", base), emit_header) &&
	    (!eval || write_with(m, stem, arena_printf(a, "%s_eval.c", base),
	    emit_eval)) &&
	    write_with(m, stem, arena_printf(a, "%s_main.c", base),
	    eval ? emit_main_eval : emit_main_plain);
}

const char *
build_scratch(struct build *b)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(b->a, "%s/miproc-XXXXXX",
	    tmp != NULL && *tmp != '\0' ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL) {
		file_error("make the directory", dir);
		return NULL;
	}
	return dir;
}

static void
remove_scratch(struct build *b, const char *dir, const char *stem)
{
	static const char *const end[] = { ".c", ".h", "_eval.c", "_main.c" };

	for (size_t i = 0; i < COUNTOF(end); i++)
		unlink(arena_printf(b->a, "%s/%s%s", dir, stem, end[i]));
	rmdir(dir);
}

/* ---- a source tree that stands alone ---- */

static bool
copy(const char *from, const char *to)
{
	struct buf text = BASE_BUF_INIT;
	bool ok = file_read(from, &text);

	if (!ok)
		file_error("read", from);
	else if (!file_write(to, &text))
		ok = file_error("write", to) == 0;
	buf_release(&text);
	return ok;
}

static void
emit_makefile(struct buf *b, const struct mod *m, const char *stem)
{
	size_t i;

	(void)m;
	buf_printf(b, "# Builds %s: the program and the runtime, no more.\n"
	    "CFLAGS ?= -O1\n"
	    "LIBS = %s -lpthread -lm\n"
	    "OBJ = %s.o %s_main.o miproc.o\n\n"
	    "%s: $(OBJ)\n"
	    "\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) -Wl,--as-needed "
	    "$(LIBS)\n\n"
	    "$(OBJ): %s.h", stem, MIP_LINK_LIBS, stem, stem, stem, stem);
	for (i = 0; i < NHEADER; i++)
		buf_printf(b, " %s", headers[i]);
	buf_printf(b, "\n\n.c.o:\n"
	    "\t$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -I. $(CFLAGS) -c -o $@ "
	    "$<\n\n"
	    "clean:\n\trm -f %s $(OBJ)\n", stem);
}

static bool
copy_headers(struct build *b, const char *dir)
{
	size_t i;

	for (i = 0; i < NHEADER; i++)
		if (!copy(header_path(b, b->include, i),
		    header_path(b, dir, i)))
			return false;
	return true;
}

static bool
write_tree(struct build *b, const struct mod *m, const char *dir)
{
	const char *stem = file_stem(b->a, m->path);

	return write_files(b, m, dir, stem, false) &&
	    copy(b->amalgam, arena_printf(b->a, "%s/miproc.c", dir)) &&
	    copy_headers(b, dir) &&
	    write_with(m, stem, arena_printf(b->a, "%s/Makefile", dir),
	    emit_makefile);
}

/* ---- the products ---- */

bool
build_source(struct build *b, const struct mod *m, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_with(m, file_stem(b->a, m->path), path, emit_c);
	if (base_ends(path, "/") || (stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode))) {
		size_t n = strlen(path);

		while (n > 1 && path[n - 1] == '/')
			n--;
		return write_tree(b, m, arena_strndup(b->a, path, n));
	}
	return write_with(m, file_stem(b->a, path), path, emit_c) &&
	    write_with(m, file_stem(b->a, path), file_ending(b->a, path, ".h"),
	    emit_header);
}

static void
add_libraries(struct command *c, struct build *b)
{
	add(c, b->library);
	add(c, "-Wl,--gc-sections");
	add(c, "-Wl,--as-needed");
	add_words(c, MIP_LINK_LIBS);
	add(c, "-lpthread");
	add(c, "-lm");
}

bool
build_probe(struct build *b)
{
	const char *dir = build_scratch(b), *source, *program;
	struct command c = { .a = b->a };
	struct buf text = BASE_BUF_INIT;
	bool ok;

	if (dir == NULL)
		return false;
	source = arena_printf(b->a, "%s/probe.c", dir);
	program = arena_printf(b->a, "%s/probe", dir);
	buf_puts(&text, "#include <miproc.h>\n\nint\nmain(void)\n{\n"
	    "\tmip_env_free(NULL);\n\treturn 0;\n}\n");
	add_compiler(&c, b);
	add(&c, "-o");
	add(&c, program);
	add(&c, source);
	add_libraries(&c, b);
	ok = file_write(source, &text) && run(b, &c);
	buf_release(&text);
	unlink(program);
	unlink(source);
	rmdir(dir);
	return ok;
}

/* Compiles the program's C in a scratch directory to `tmp`, then renames. */
static bool
compile_in(struct build *b, const struct mod *m, const char *dir,
    const char *stem, const char *path, bool object, bool eval)
{
	const char *tmp = arena_printf(b->a, "%s.%ld.tmp", path,
	    (long)getpid());
	const char *base = arena_printf(b->a, "%s/%s", dir, stem);
	struct command c = { .a = b->a };
	char cwd[4096];

	if (!write_files(b, m, dir, stem, eval))
		return false;
	add_compiler(&c, b);
	/* The same source is to give the same bytes, with -g, too: neither
	 * directory is to be in them. */
	if (getcwd(cwd, sizeof cwd) != NULL)
		add(&c, arena_printf(b->a, "-ffile-prefix-map=%s=.", cwd));
	add(&c, arena_printf(b->a, "-ffile-prefix-map=%s=.", dir));
	add(&c, "-o");
	add(&c, tmp);
	if (object)
		add(&c, "-c");
	add(&c, arena_printf(b->a, eval ? "%s_eval.c" : "%s.c", base));
	if (!object) {
		add(&c, arena_printf(b->a, "%s_main.c", base));
		add_libraries(&c, b);
	}
	if (!run(b, &c)) {
		unlink(tmp);
		return false;
	}
	if (rename(tmp, path) != 0) {
		file_error("write", path);
		unlink(tmp);
		return false;
	}
	return true;
}

static bool
compile(struct build *b, const struct mod *m, const char *path, bool object,
    bool eval)
{
	const char *dir = build_scratch(b);
	const char *stem = file_stem(b->a, object ? path : m->path);
	bool ok;

	if (dir == NULL)
		return false;
	ok = compile_in(b, m, dir, stem, path, object, eval);
	remove_scratch(b, dir, stem);
	return ok;
}

bool
build_object(struct build *b, const struct mod *m, const char *path)
{
	return compile(b, m, path, true, false) &&
	    write_with(m, file_stem(b->a, path),
	    file_ending(b->a, path, ".h"), emit_header);
}

bool
build_program(struct build *b, const struct mod *m, const char *path,
    bool eval)
{
	return compile(b, m, path, false, eval);
}

/* The name of a build: a hash of the C, the runtime and the compiler. */
static const char *
build_key(struct build *b, const struct mod *m)
{
	struct buf text = BASE_BUF_INIT;
	struct stat st;
	char hex[SHA256_HEX];
	const char *cc = getenv("CC"), *flags = getenv("CFLAGS");

	emit_c(&text, m, "worker");
	emit_header(&text, m, "worker");
	emit_eval(&text, m, "worker");
	if (stat(b->library, &st) == 0)
		buf_printf(&text, "\n%s %lld %lld.%09ld", b->library,
		    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec);
	buf_printf(&text, "\n%s %s", cc != NULL ? cc : "",
	    flags != NULL ? flags : "");
	sha256_hex(buf_str(&text), text.len, hex);
	buf_release(&text);
	return arena_strndup(b->a, hex, 24);
}

const char *
build_worker(struct build *b, const struct mod *m)
{
	const char *dir = arena_printf(b->a, "%s/%s", b->cache,
	    build_key(b, m));
	const char *path = arena_printf(b->a, "%s/%s", dir,
	    file_stem(b->a, m->path));

	if (access(path, X_OK) == 0)
		return path;
	if (!file_mkdirs(dir)) {
		file_error("make the directory", dir);
		return NULL;
	}
	return build_program(b, m, path, true) ? path : NULL;
}
