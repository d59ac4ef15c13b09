/* Runs cases of the reply reader: a type, a reply, its value or its error.
 *
 *     vectors [-t] FILE...
 *
 * A case is a line of JSON:
 *     type    a type, which may have the attributes of a field
 *     defs    declarations that the type needs
 *     in      the reply
 *     out     its value; or error: the class, with ":" and the path, the item
 *             or the label (of an @assert: its hint) where it has one
 *     flags   of the repairs, in any order; reasoning_cut, which is none, is
 *             looked for only where a case names it
 *     cost    what they sum up to
 *     finish  stop, length, content_filter
 *     mode    partial: the reply is still being written;
 *             grows: so it is after each of its bytes, and what is known only
 *             grows, up to the value
 *     format  the layout that was asked for: json (else), markers, labels,
 *             xml; plain: the type is that of the one output of a module
 *     option  words of NAME=VALUE: bad_items, bad_optional, on_truncation,
 *             parse, max_repair
 * Other members are remarks.
 *
 * The declarations go through the compiler: one program that has the types of
 * all files is compiled, by the miproc in the directory above this program's,
 * and loaded.  Prints what failed and "N passed, N failed"; with -t, TAP.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700              /* realpath */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"
#include "reply/reply.h"
#include "type/type.h"

struct vector {
	const char *file;
	unsigned line;
	struct json v;
	size_t type;                    /* index in types */
	struct vector *next;
};

struct target {                         /* a type with its declarations */
	const char *defs, *type;
	const struct mip_field *field;  /* NULL: it does not compile */
	const char *why;
	const struct mip_type *record;  /* struct of that field alone */
};

static struct arena mem;
static struct vector *first, **last = &first;
static struct target *target;
static size_t ntarget, cap;
static char dir[] = "/tmp/miproc-vectors-XXXXXX";
static char *build;                     /* with miproc and include/ */
static struct mip *mip;
static bool tap;

static void
die(const char *what, const char *which)
{
	fprintf(stderr, "vectors: %s%s%s\n", which ? which : "",
	    which ? ": " : "", what);
	exit(2);
}

static void *
need(const void *p)
{
	if (!p)
		die("out of memory", NULL);
	return (void *)(uintptr_t)p;
}

/* ---- cases ---- */

static const char *
text(struct json v, const char *key)
{
	struct json m = json_get(v, key);

	return json_kind(m) == JSON_STRING ? json_string(&mem, m) : NULL;
}

static size_t
find_target(const char *defs, const char *type)
{
	size_t i;

	for (i = 0; i < ntarget; i++)
		if (strcmp(target[i].defs, defs) == 0 &&
		    strcmp(target[i].type, type) == 0)
			return i;
	target = need(arena_grow(&mem, target, &cap, ntarget + 1,
	    sizeof *target));
	target[ntarget] = (struct target){ .defs = defs, .type = type };
	return ntarget++;
}

static void
add(const char *file, unsigned line, const char *s, size_t n)
{
	struct vector *v = need(arena_alloc(&mem, sizeof *v));
	const char *type, *defs, *why;
	char where[512];

	snprintf(where, sizeof where, "%s:%u", file, line);
	s = need(arena_strndup(&mem, s, n));
	if (!json_parse(s, n, &v->v, NULL, &why))
		die(why, where);
	type = text(v->v, "type");
	defs = text(v->v, "defs");
	if (!type || json_kind(json_get(v->v, "in")) != JSON_STRING)
		die("a case needs a type and in", where);
	v->file = file;
	v->line = line;
	v->type = find_target(defs ? defs : "", type);
	*last = v;
	last = &v->next;
}

static void
read_cases(const char *file)
{
	FILE *f = fopen(file, "r");
	char *s = NULL;
	size_t size = 0;
	ssize_t n;
	unsigned line = 0;

	if (!f) {
		perror(file);
		exit(2);
	}
	while ((n = getline(&s, &size, f)) > 0) {
		line++;
		while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
			n--;
		if (n > 0)
			add(file, line, s, (size_t)n);
	}
	free(s);
	fclose(f);
}

/* ---- types ---- */

/* Runs a command with its output in `log`; true if it exits with 0. */
static bool
command(const char *const *argv, const char *log)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();

	if (pid < 0)
		die("cannot fork", NULL);
	if (pid == 0) {
		if (!freopen(log, "w", stdout) || dup2(1, 2) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static const char *
path(const char *name)
{
	return need(arena_printf(&mem, "%s/%s", dir, name));
}

static char *
whole_file(const char *file)
{
	FILE *f = fopen(file, "r");
	struct buf b = BUF_INIT;
	char piece[4096], *s;
	size_t n;

	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_put(&b, piece, n);
	if (f)
		fclose(f);
	s = need(arena_strdup(&mem, buf_str(&b)));
	buf_release(&b);
	return s;
}

/* The declarations of a type as a file of its own, if they are right. */
static bool
write_target(struct target *t, size_t i)
{
	const char *file = need(arena_printf(&mem, "%s/t%zu.mp", dir, i)),
	    *log = path("log");
	const char *argv[] = { need(arena_printf(&mem, "%s/miproc", build)),
	    "-w", "-fsyntax-only", file, NULL };
	FILE *f = fopen(file, "w");

	if (!f || fprintf(f, "%s\nstruct Vector_case { value: %s; }\n",
	    t->defs, t->type) < 0 || fclose(f) != 0)
		die("cannot be written", file);
	if (command(argv, log))
		return true;
	t->why = whole_file(log);
	return false;
}

static void
write_program(const char *file)
{
	FILE *f = fopen(file, "w");
	bool any = false;
	size_t i;

	if (!f)
		die("cannot be written", file);
	for (i = 0; i < ntarget; i++)
		if (!target[i].why)
			fprintf(f, "import \"t%zu.mp\" as t%zu;\n", i, i);
	fputs("program vectors(x: string) -> (", f);
	for (i = 0; i < ntarget; i++)
		if (!target[i].why) {
			fprintf(f, "%s\n    c%zu: t%zu.Vector_case",
			    any ? "," : "", i, i);
			any = true;
		}
	fputs(") { fail \"there is nothing to run\"; }\n", f);
	if (!any || fclose(f) != 0)
		die("no case has a type", NULL);
}

static const struct mip_program *
load_program(void)
{
	const char *mp = path("vectors.mp"), *o = path("vectors.o"),
	    *so = path("vectors.so"), *log = path("log");
	const char *cc = getenv("CC");
	const char *compile[] = { need(arena_printf(&mem, "%s/miproc",
	    build)), "-w", "-q", "-O0", "-c", mp, "-o", o, NULL };
	const char *link[] = { "/bin/sh", "-c", need(arena_printf(&mem,
	    "%s -shared -o %s %s", cc && *cc ? cc : "cc", so, o)), NULL };
	const struct mip_program *p;
	void *lib;

	write_program(mp);
	setenv("CFLAGS", "-O0 -fPIC", true);
	if (!command(compile, log) || !command(link, log))
		die(whole_file(log), "the types do not compile");
	lib = dlopen(so, RTLD_NOW);
	if (!lib || !(p = dlsym(lib, "vectors_program")))
		die(dlerror(), NULL);
	return p;
}

static void
make_types(void)
{
	const struct mip_program *p;
	size_t i, n = 0;

	for (i = 0; i < ntarget; i++)
		write_target(&target[i], i);
	p = load_program();
	for (i = 0; i < ntarget; i++) {
		if (target[i].why)
			continue;
		target[i].record = p->out->field[n++].type;
		target[i].field = &target[i].record->field[0];
	}
}

/* ---- running a case ---- */

/* One word NAME=VALUE; false if it means nothing. */
static bool
take_option(struct reply_options *o, const char *s)
{
	if (strcmp(s, "bad_items=drop") == 0)
		o->drop_bad_items = true;
	else if (strcmp(s, "bad_optional=null") == 0)
		o->null_bad_optional = true;
	else if (strcmp(s, "on_truncation=error") == 0)
		o->cut_is_error = true;
	else if (strcmp(s, "parse=strict") == 0)
		o->parse = MIP_STRICT;
	else if (strcmp(s, "parse=native") == 0)
		o->parse = MIP_NATIVE;
	else if (strncmp(s, "max_repair=", 11) == 0)
		o->max_repair = (int)strtol(s + 11, NULL, 10);
	else
		return strcmp(s, "parse=tolerant") == 0 ||
		    strcmp(s, "on_truncation=keep") == 0;
	return true;
}

static bool
take_words(struct json v, struct reply_options *o)
{
	static const char *const finish[] = { "stop", "length",
	    "content_filter" };
	static const char *const format[] = { [MIP_JSON] = "json",
	    [MIP_MARKERS] = "markers", [MIP_LABELS] = "labels",
	    [MIP_XML] = "xml", [MIP_PLAIN] = "plain" };
	const char *s;
	char *words, *w, *rest;
	size_t i;

	if ((s = text(v, "finish"))) {
		for (i = 0; i < 3 && strcmp(s, finish[i]) != 0; i++)
			continue;
		if (i == 3)
			return false;
		o->finish = (enum reply_finish)i;
	}
	if ((s = text(v, "format"))) {
		for (i = 0; i < 5 && strcmp(s, format[i]) != 0; i++)
			continue;
		if (i == 5)
			return false;
		o->format = (enum mip_format)i;
	}
	if (!(s = text(v, "option")))
		return true;
	words = need(arena_strdup(&mem, s));
	for (w = strtok_r(words, " ,;", &rest); w;
	    w = strtok_r(NULL, " ,;", &rest))
		if (!take_option(o, w))
			return false;
	return true;
}

/* "class", or "class:" and what it is about. */
static void
put_error(struct buf *b, const struct reply_note *note, bool field)
{
	const char *p = note->path, *item;

	if (field && strncmp(p, "value", 5) == 0)
		p += p[5] == '.' ? 6 : 5;
	buf_puts(b, reply_error_word(note->error));
	if (note->error == REPLY_E_ASSERT)
		p = note->label;
	else if (note->error == REPLY_E_ITEM && (item = strrchr(p, '['))) {
		buf_printf(b, ":%.*s", (int)strcspn(item + 1, "]"), item + 1);
		return;
	}
	if (*p)
		buf_printf(b, ":%s", p);
}

/* A class alone in the case stands for it with anything. */
static bool
same_error(const char *got, const char *want)
{
	size_t n = strlen(want);

	return strncmp(got, want, n) == 0 && (got[n] == '\0' ||
	    (got[n] == ':' && !strchr(want, ':')));
}

static void
put_flags(struct buf *b, const struct reply_note *note)
{
	int i;

	for (i = 0; i < REPLY_NFLAG; i++)
		if (note->flags >> i & 1)
			buf_printf(b, "%s ",
			    reply_flag_word((enum reply_flag)i));
}

/* Is the word in the list? */
static bool
names(struct json list, const char *word)
{
	struct json_walk w = json_walk(list);
	struct json s;

	while (json_next(&w, NULL, &s))
		if (json_string_is(s, word))
			return true;
	return false;
}

static bool
same_flags(struct json want, const char *got)
{
	struct json_walk w = json_walk(want);
	struct json flag;
	const char *s, *at;
	size_t n = 0;

	at = strstr(got, "reasoning_cut ");
	if (at && !names(want, "reasoning_cut"))
		got = need(arena_printf(&mem, "%.*s%s", (int)(at - got), got,
		    at + strlen("reasoning_cut ")));
	while (json_next(&w, NULL, &flag)) {
		s = need(json_string(&mem, flag));
		at = strstr(got, need(arena_printf(&mem, "%s ", s)));
		if (!at || (at != got && at[-1] != ' '))
			return false;
		n += strlen(s) + 1;
	}
	return n == strlen(got);
}

static bool
same_value(struct json want, const char *got)
{
	const char *s = need(arena_strndup(&mem, want.s, want.n));

	return mip_json_equal(mip, s, got) == 1;
}

/* The bytes of a JSON string, which may hold U+0000, as no C string can. */
static void
put_text(struct buf *b, struct json v)
{
	const char *s = v.s + 1, *end = v.s + v.n - 1, *at, *part;
	struct json piece;

	for (at = s; at <= end; at++) {
		if (at < end && (*at != '\\' || end - at < 6 ||
		    memcmp(at, "\\u0000", 6) != 0)) {
			at += *at == '\\';
			continue;
		}
		part = need(arena_printf(&mem, "\"%.*s\"", (int)(at - s), s));
		if (json_parse(part, strlen(part), &piece, NULL, NULL))
			buf_puts(b, need(json_string(&mem, piece)));
		if (at < end)
			buf_putc(b, '\0');
		at += 5;
		s = at + 1;
	}
}

struct got {
	struct buf value, flags, error;
	unsigned cost;
};

/* What is known of a reply that is still being written. */
static void
read_partial(const struct mip_type *type, const struct reply_options *o,
    const struct buf *in, struct got *g)
{
	struct buf b = BUF_INIT;
	struct json v;

	buf_puts(&g->flags, "partial ");
	if (reply_partial(type, o, in->s, in->len, &b) != MIP_OK ||
	    !json_parse(buf_str(&b), b.len, &v, NULL, NULL)) {
		buf_puts(&g->error, "partial");
	} else {
		if (!o->single)
			v = json_get(v, "value");
		buf_put(&g->value, v.s, v.n);
	}
	buf_release(&b);
}

/* Is all that `a` says still said by `b`? */
static bool
grown(struct json a, struct json b)
{
	enum json_kind kind = json_kind(a);
	struct json_walk x = json_walk(a), y;
	struct json key, i, k;
	const char *s, *more;

	if (kind == JSON_NULL)
		return true;
	if (kind != json_kind(b))
		return false;
	if (kind == JSON_STRING) {
		s = need(json_string(&mem, a));
		more = need(json_string(&mem, b));
		return strncmp(s, more, strlen(s)) == 0;
	}
	if (kind != JSON_ARRAY && kind != JSON_OBJECT)
		return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
	y = json_walk(b);
	while (json_next(&x, &key, &i)) {
		if (kind == JSON_OBJECT)
			k = json_get(b, need(json_string(&mem, key)));
		else if (!json_next(&y, NULL, &k))
			return false;
		if (json_kind(k) == JSON_NONE || !grown(i, k))
			return false;
	}
	return true;
}

/* Does the whole reply, where it is one, still say what was known of it? */
static void
read_whole(const struct mip_type *type, const struct reply_options *o,
    const struct buf *in, struct json known, struct got *g)
{
	struct reply_note note;
	struct buf b = BUF_INIT;
	char *out = need(arena_alloc(&mem, type->size));
	struct json v;

	if (reply_read(&mem, type, o, in->s, in->len, out, &note) == MIP_OK) {
		type_write(&b, type, out, true);
		if (!json_parse(buf_str(&b), b.len, &v, NULL, NULL))
			die("no JSON", buf_str(&b));
		if (!grown(known, o->single ? v : json_get(v, "value")))
			buf_printf(&g->error, "%.*s, then %.*s in the end",
			    (int)known.n, known.s, (int)b.len, buf_str(&b));
	}
	buf_release(&b);
}

/* What is known after each byte of the reply. */
static void
read_growing(const struct mip_type *type, const struct reply_options *o,
    const struct buf *in, struct got *g)
{
	struct buf piece = BUF_INIT;
	struct json before = { "null", 4 }, now;
	size_t n;

	for (n = 0; n <= in->len; n++) {
		buf_reset(&g->value);
		buf_reset(&g->flags);
		buf_reset(&piece);
		buf_put(&piece, in->s, n);
		read_partial(type, o, &piece, g);
		if (g->error.len > 0 || !json_parse(need(arena_strndup(&mem,
		    buf_str(&g->value), g->value.len)), g->value.len, &now,
		    NULL, NULL))
			break;
		if (!grown(before, now)) {
			buf_printf(&g->error, "%.*s, then %.*s behind %.*s",
			    (int)before.n, before.s, (int)now.n, now.s, (int)n,
			    in->s);
			break;
		}
		before = now;
	}
	if (g->error.len == 0)
		read_whole(type, o, in, before, g);
	buf_release(&piece);
}

static void
read_reply(const struct vector *v, const struct target *t,
    const struct reply_options *o, struct got *g)
{
	const struct mip_type *type = o->single ? t->field->type : t->record;
	struct json in = json_get(v->v, "in");
	const char *mode = text(v->v, "mode");
	struct reply_note note;
	struct buf b = BUF_INIT;
	char *out = need(arena_alloc(&mem, type->size));
	enum mip_status s;

	put_text(&b, in);
	if (mode && strcmp(mode, "partial") == 0) {
		read_partial(type, o, &b, g);
	} else if (mode && strcmp(mode, "grows") == 0) {
		read_growing(type, o, &b, g);
	} else {
		s = reply_read(&mem, type, o, b.s, b.len, out, &note);
		if (s != MIP_OK)
			put_error(&g->error, &note, !o->single);
		else
			type_write(&g->value, t->field->type, out +
			    (o->single ? 0 : t->field->offset), true);
		put_flags(&g->flags, &note);
		g->cost = note.cost;
	}
	buf_release(&b);
}

static bool
right(const struct vector *v, const struct got *g)
{
	struct json out = json_get(v->v, "out"), cost = json_get(v->v, "cost");
	const char *error = text(v->v, "error");
	int64_t n;

	if (error)
		return same_error(buf_str(&g->error), error);
	if (json_kind(cost) != JSON_NONE && (!json_int(cost, &n) ||
	    n != (int64_t)g->cost))
		return false;
	return g->error.len == 0 && json_kind(out) != JSON_NONE &&
	    same_value(out, buf_str(&g->value)) &&
	    same_flags(json_get(v->v, "flags"), buf_str(&g->flags));
}

/* A condition that cannot be computed does not hold. */
static bool
holds(void *arg, const struct mip_check *c, const void *record)
{
	bool ok = c->holds(arg, record);

	return !mip_caught(arg) && ok;
}

static bool
run(const struct vector *v, struct got *g)
{
	const struct target *t = &target[v->type];
	struct reply_options o = { .format = MIP_JSON, .max_repair = -1,
		.holds = holds, .holds_arg = mip };

	if (t->why) {
		buf_puts(&g->error, t->why);
		return false;
	}
	if (t->field->flags != 0 || t->field->regex || t->field->ncheck > 0)
		o.format = MIP_PLAIN;
	if (!take_words(v->v, &o)) {
		buf_puts(&g->error, "this case has words that mean nothing");
		return false;
	}
	o.single = o.format != MIP_PLAIN;
	read_reply(v, t, &o, g);
	return right(v, g);
}

static void
report(const struct vector *v, struct got *g)
{
	printf("%s%s:%u: %.*s\n", tap ? "# " : "", v->file, v->line,
	    (int)v->v.n, v->v.s);
	printf("%s    is %s%s, flags: %s, cost: %u\n", tap ? "# " : "",
	    g->error.len > 0 ? "error " : "", g->error.len > 0 ?
	    buf_str(&g->error) : buf_str(&g->value), buf_str(&g->flags),
	    g->cost);
}

static unsigned
run_all(unsigned *passed)
{
	const struct vector *v;
	unsigned failed = 0, n = 0;
	bool ok;

	for (v = first; v; v = v->next) {
		struct got g = { BUF_INIT, BUF_INIT, BUF_INIT, 0 };

		ok = run(v, &g);
		*passed += ok;
		failed += !ok;
		if (tap)
			printf("%sok %u - %s:%u\n", ok ? "" : "not ", ++n,
			    v->file, v->line);
		if (!ok)
			report(v, &g);
		buf_release(&g.value);
		buf_release(&g.flags);
		buf_release(&g.error);
	}
	return failed;
}

static void
find_build(const char *argv0)
{
	char *slash, *s = need(realpath(argv0, NULL));
	int up;

	for (up = 0; up < 2; up++)
		if ((slash = strrchr(s, '/')))
			*slash = '\0';
	build = s;
}

int
main(int argc, char **argv)
{
	const char *rm[] = { "rm", "-r", dir, NULL };
	unsigned passed = 0, failed;
	struct mip_env *env;
	int i;

	tap = argc > 1 && strcmp(argv[1], "-t") == 0;
	if (argc < 2 + tap)
		die("usage: vectors [-t] FILE...", NULL);
	find_build(argv[0]);
	for (i = 1 + tap; i < argc; i++)
		read_cases(argv[i]);
	if (!mkdtemp(dir))
		die("cannot make a directory", dir);
	if (mip_env_new(NULL, &env) != MIP_OK || !(mip = mip_new(env)))
		die("out of memory", NULL);
	make_types();
	failed = run_all(&passed);
	if (tap)
		printf("1..%u\n", passed + failed);
	else
		printf("%u passed, %u failed\n", passed, failed);
	mip_free(mip);
	mip_env_free(env);
	arena_release(&mem);
	free(build);
	command(rm, "/dev/null");
	return failed > 0;
}
