/* The command line of miproc.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/allow.h"
#include "core/duration.h"
#include "driver/completion.h"
#include "miproc_gen.h"

static const struct { const char *word, *args, *what; } verbs[] = {
#define VERB(name, word, args, what) { word, args, what },
#include "driver/verb.def"
#undef VERB
};

/* The command line being read. */
struct reader {
	struct options *o;
	int argc, at;
	char **argv;
	const struct option *option;    /* whose argument is taken */
	const char **arg;
	bool failed;
};

/* Takes the option's argument; on a mistake sets r->failed. */
typedef void take(struct reader *r, const char *value);

struct option {
	const char *name;
	const char *arg;                /* NULL: it takes none; a|b|c: one of
	                                 * these words */
	take *take;                     /* NULL: sets the member of struct
	                                 * options at this place, to true or to
	                                 * its argument */
	size_t at;
	const char *help;               /* NULL: not in --help */
};
#define TAKE(f) f, 0
#define FLAG(member) NULL, offsetof(struct options, member)
#define TEXT(member) FLAG(member)

BASE_PRINTF(2, 3)
static void
mistake(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("miproc: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputs("\n", stderr);
	va_end(ap);
	r->failed = true;
}

/* ---- numbers ---- */

static bool
number(struct reader *r, const char *what, const char *s, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(s, &end);
	if (end == s || errno != 0 || *end != '\0' || !(*out >= 0.0)) {
		mistake(r, "%s wants a number, not '%s'", what, s);
		return false;
	}
	return true;
}

static bool
count(struct reader *r, const char *what, const char *s, int64_t max,
    int64_t *out)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(s, &end, 10);
	if (end != s && *end != '\0' && strchr("kKMG", *end) != NULL) {
		long long unit = *end == 'G' ? 1000000000 : *end == 'M' ?
		    1000000 : 1000;

		n = n > max / unit ? -1 : n * unit;
		end++;
	}
	if (end == s || *end != '\0' || errno != 0 || n < 0 || n > max) {
		if (max > 1000000000)
			mistake(r, "%s wants a whole number, as 500, 20k or "
			    "20M, not '%s'", what, s);
		else
			mistake(r, "%s wants a whole number up to %lld, not "
			    "'%s'", what, (long long)max, s);
		return false;
	}
	*out = n;
	return true;
}

/* ---- lists ---- */

static const char **
push(struct options *o, const char **list, unsigned *n, const char *s)
{
	const char **grown = arena_array(o->a, *n + 2, sizeof *grown);

	if (*n != 0)
		memcpy(grown, list, *n * sizeof *grown);
	grown[(*n)++] = s;
	return grown;
}

static void
take_define(struct reader *r, const char *v)
{
	struct options *o = r->o;
	const char *eq = strchr(v, '=');
	struct define *d = arena_array(o->a, o->ndefine + 1, sizeof *d);

	if (eq == NULL || eq == v) {
		mistake(r, "-D wants NAME=VALUE, not '%s'", v);
		return;
	}
	if (o->ndefine != 0)
		memcpy(d, o->define, o->ndefine * sizeof *d);
	d[o->ndefine].name = arena_strndup(o->a, v, (size_t)(eq - v));
	d[o->ndefine++].value = eq + 1;
	o->define = d;
}

static void
add_warning(struct options *o, const char *name, bool on, bool error)
{
	void *grown = arena_array(o->a, o->nwarn + 1, sizeof *o->warn);

	if (o->nwarn != 0)
		memcpy(grown, o->warn, o->nwarn * sizeof *o->warn);
	o->warn = grown;
	o->warn[o->nwarn].name = name;
	o->warn[o->nwarn].on = on;
	o->warn[o->nwarn++].error = error;
}

static bool
is_warning(const char *v)
{
	const char *name, *text;

	for (unsigned i = 0; diag_warning(i, &name, &text); i++)
		if (strcmp(name, v) == 0)
			return true;
	return false;
}

/* -Wno-price is on: it is the name of one. */
static void
take_warning(struct reader *r, const char *v)
{
	if (is_warning(v))
		add_warning(r->o, v, true, false);
	else if (strcmp(v, "error") == 0)
		r->o->werror = true;
	else if (strncmp(v, "error=", 6) == 0)
		add_warning(r->o, v + 6, true, true);
	else if (strncmp(v, "no-", 3) == 0)
		add_warning(r->o, v + 3, false, false);
	else
		add_warning(r->o, v, true, false);
}

/* ---- one taker for each option ---- */

static void take_s(struct reader *r, const char *v)
{
	(void)v;
	r->o->stop = STOP_C;
}
static void take_c(struct reader *r, const char *v)
{
	(void)v;
	r->o->stop = STOP_OBJECT;
}
static void take_e(struct reader *r, const char *v)
{
	(void)v;
	r->o->stop = STOP_EXPAND;
}
static void take_syntax(struct reader *r, const char *v)
{
	(void)v;
	r->o->stop = STOP_SYNTAX;
}


static void
take_size(struct reader *r, const char *v)
{
	count(r, "--max-size", v, INT64_MAX, &r->o->max_size);
}

/* The number of the word among those that the option takes, from 0; the
 * first one after a mistake. */
static unsigned
choose(struct reader *r, const char *v)
{
	const char *w = r->option->arg;
	size_t n, len = strlen(v);

	for (unsigned i = 0;; i++) {
		n = strcspn(w, "|");
		if (n == len && strncmp(w, v, n) == 0)
			return i;
		if (w[n] == '\0')
			break;
		w += n + 1;
	}
	mistake(r, "%s is one of %s, not '%s'", r->option->name,
	    r->option->arg, v);
	return 0;
}

static void
take_split(struct reader *r, const char *v)
{
	choose(r, v);
	r->o->split = v;
}

static void
take_level(struct reader *r, const char *v)
{
	if (*v == '\0')
		r->o->level = 2;
	else if (v[0] >= '0' && v[0] <= '3' && v[1] == '\0')
		r->o->level = v[0] - '0';
	else
		mistake(r, "-O is followed by 0, 1, 2 or 3, not '%s'", v);
}

static void
take_jobs(struct reader *r, const char *v)
{
	int64_t n;

	if (count(r, "-j", v, 4096, &n) && n > 0)
		r->o->jobs = (unsigned)n;
	else if (!r->failed)
		mistake(r, "-j wants at least 1");
}

static void
take_repeat(struct reader *r, const char *v)
{
	int64_t n;

	if (count(r, "--repeat", v, 10000, &n) && n > 0)
		r->o->repeat = (unsigned)n;
	else if (!r->failed)
		mistake(r, "--repeat wants at least 1");
}

static void
take_seed(struct reader *r, const char *v)
{
	int64_t n;

	if (count(r, "--seed", v, INT64_MAX, &n))
		r->o->seed = (uint64_t)n;
	r->o->seeded = true;
}

/* Takes the word behind its own, too. */
static void
take_compare(struct reader *r, const char *v)
{
	if (r->at + 1 >= r->argc) {
		mistake(r, "--compare wants two tuned files behind it");
		return;
	}
	r->o->compare[0] = v;
	r->o->compare[1] = r->argv[++r->at];
}

static void
take_cost(struct reader *r, const char *v)
{
	number(r, "--max-cost", v, &r->o->max_cost);
}

static void
take_calls(struct reader *r, const char *v)
{
	count(r, "--max-calls", v, INT64_MAX / 1000000, &r->o->max_calls);
}

static void
take_tokens(struct reader *r, const char *v)
{
	count(r, "--max-tokens", v, INT64_MAX / 1000000, &r->o->max_tokens);
}

static void
take_time(struct reader *r, const char *v)
{
	if (!duration_read(v, &r->o->time_limit_s))
		mistake(r, "--time-limit wants a time like 90s, 5min or 2h, "
		    "not '%s'", v);
}

static void
take_model(struct reader *r, const char *v)
{
	if (strchr(v, '=') == NULL)
		mistake(r, "--model wants NAME=PROVIDER:ID, not '%s'", v);
	r->o->model = push(r->o, r->o->model, &r->o->nmodel, v);
}

static void
take_allow(struct reader *r, const char *v)
{
	if (!allow_valid(v))
		mistake(r, "--allow wants exec:COMMAND, net:HOST, "
		    "net:HOST:PORT or none, not '%s'", v);
	r->o->allow = push(r->o, r->o->allow, &r->o->nallow, v);
}

static void
take_dir(struct reader *r, const char *v)
{
	r->o->dir = push(r->o, r->o->dir, &r->o->ndir, v);
}

static int
pass_named(struct reader *r, const char *v)
{
	struct buf b = BASE_BUF_INIT;
	int p = pass_find(v);

	for (int i = 0; p < 0 && i < PASS_COUNT; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", pass_name(i));
	if (p < 0)
		mistake(r, "%s names a pass (%s), not '%s'", r->option->name,
		    buf_str(&b), v);
	buf_release(&b);
	return p;
}

static void
take_off(struct reader *r, const char *v)
{
	int p = pass_named(r, v);

	if (p >= 0)
		r->o->pass.off[p] = true;
}

static void
take_pass(struct reader *r, const char *v)
{
	int p = pass_named(r, v);

	for (int i = 0; i < PASS_COUNT; i++)
		r->o->pass.off[i] = i != p;
}

static void
take_emit(struct reader *r, const char *v)
{
	r->o->emit = (enum emit_kind)(choose(r, v) + 1);
}

static void
take_format(struct reader *r, const char *v)
{
	r->o->diag_format = (enum diag_format)choose(r, v);
}

static void
take_color(struct reader *r, const char *v)
{
	r->o->color = (enum color)choose(r, v);
}

static void
take_max_errors(struct reader *r, const char *v)
{
	int64_t n;

	if (count(r, "-fmax-errors", v, 1000000, &n))
		r->o->max_errors = (unsigned)n;
}

static void
take_dump(struct reader *r, const char *v)
{
	int p = pass_named(r, v);

	if (p >= 0)
		r->o->pass.dump[p] = true;
}

/* ---- the table ---- */

/* An option that ends in `=`, `-f...` or is one letter long takes its
 * argument attached, too. */
static const struct option options[] = {
	{ "-o", "FILE", TEXT(output), "write FILE" },
	{ "-E", NULL, TAKE(take_e), "write one .mp, with its imports" },
	{ "-S", NULL, TAKE(take_s), "stop after C: -o x.c, or a directory" },
	{ "-c", NULL, TAKE(take_c),
	    "stop after the object file and its header" },
	{ "-fsyntax-only", NULL, TAKE(take_syntax), "only report mistakes" },
	{ "-O", "[0-3]", TAKE(take_level),
	    "-O0 as written; -O1, -O2, -O3 tune lightly to heavily" },
	{ "--locked", NULL, FLAG(locked),
	    "use FILE.tuned as it is; no network, no key" },
	{ "--offline", NULL, FLAG(offline), "cached replies only" },
	{ "-n", NULL, FLAG(dry_run), "say what it would cost, and stop" },
	{ "--dry-run", NULL, FLAG(dry_run), NULL },
	{ "--resume", NULL, FLAG(resume), "go on with an interrupted study" },
	{ "--seed", "N", TAKE(take_seed), "seed of the search" },
	{ "-j", "N", TAKE(take_jobs), "runs under way at once (4)" },
	{ "--max-cost", "USD", TAKE(take_cost), "stop before it costs more" },
	{ "--max-calls", "N", TAKE(take_calls), "stop before more LM calls" },
	{ "--max-tokens", "N", TAKE(take_tokens), "stop before more tokens" },
	{ "--time-limit", "TIME", TAKE(take_time), "stop after 90s, 5min, 2h" },
	{ "--tuned", "FILE", TEXT(tuned), "instead of FILE.tuned" },
	{ "--program", "NAME", TEXT(program), "which program, if several" },
	{ "--metric", "NAME", TEXT(metric), "which metric (eval)" },
	{ "--split", "train|dev|test", TAKE(take_split),
	    "part of the data (eval)" },
	{ "--compare", "A.tuned B.tuned", TAKE(take_compare),
	    "score both, and the difference (eval)" },
	{ "--rows", "FILE", TEXT(rows), "write each row's result (eval)" },
	{ "--repeat", "N", TAKE(take_repeat), "runs of each test (test)" },
	{ "--junit", "FILE", TEXT(junit), "write a report as XML (test)" },
	{ "--allow-empty", NULL, FLAG(allow_empty),
	    "no test is no failure (test)" },
	{ "--row", "FILE", TEXT(row), "a row as JSON (show prompt)" },
	{ "--model", "NAME=PROVIDER:ID", TAKE(take_model), "replace a model" },
	{ "--base-url", "URL", TEXT(base_url), "of every model" },
	{ "--require-improvement", NULL, FLAG(require_improvement),
	    "status 6 if tuning does not help" },
	{ "-D", "NAME=VALUE", TAKE(take_define), "fix a param, const or slot" },
	{ "-I", "DIR", TAKE(take_dir), "look for imports there" },
	{ "-X", "PASS", TAKE(take_off), "switch a pass off" },
	{ "--pass", "PASS", TAKE(take_pass), "that pass alone" },
	{ "--emit", "ast|ir|plan|dot|eval|prompts|schema|gbnf",
	    TAKE(take_emit), "write that instead" },
	{ "-M", NULL, FLAG(only_depfile), "print dependencies, and stop" },
	{ "-MD", NULL, FLAG(depfile), "write dependencies beside the output" },
	{ "-MF", "FILE", TEXT(depfile_path), "where" },
	{ "-MT", "TARGET", TEXT(dep_target), "of what" },
	{ "-MP", NULL, FLAG(phony), "with a rule for each file" },
	{ "-W", "[no-]NAME", TAKE(take_warning), "warnings; -Werror[=NAME]" },
	{ "-w", NULL, FLAG(no_warnings), "no warnings" },
	{ "-fmax-errors", "N", TAKE(take_max_errors), "stop after so many" },
	{ "-fdiagnostics-format", "text|json|sarif", TAKE(take_format),
	    "of messages" },
	{ "-fdiagnostics-color", "auto|always|never", TAKE(take_color),
	    "of messages" },
	{ "-fdump-", "PASS", TAKE(take_dump), "print the IR after a pass" },
	{ "--allow", "GRANT", TAKE(take_allow),
	    "exec:COMMAND, net:HOST, none: no more is reached" },
	{ "--root", "DIR", TEXT(root),
	    "where commands are found; that of FILE.mp" },
	{ "--cache-dir", "DIR", TEXT(cache_dir), "of replies and builds" },
	{ "--no-cache", NULL, FLAG(no_cache), "ask afresh, keep nothing" },
	{ "--refresh", NULL, FLAG(refresh), "ask afresh, keep the replies" },
	{ "--record", "FILE", TEXT(record), "keep every reply that is used" },
	{ "--replay", "FILE", TEXT(replay), "the replies of such a file" },
	{ "--usage-file", "FILE", TEXT(usage), "what each leaf took, as JSON" },
	{ "--trace", "FILE", TEXT(trace), "a JSON line for each LM call" },
	{ "--check", NULL, FLAG(check), "name files that would change (fmt)" },
	{ "--max-size", "N", TAKE(take_size), "bytes that stay (cache gc)" },
	{ "--completion", "bash|zsh|fish", TEXT(completion),
	    "print what makes a shell complete" },
	{ "-v", NULL, FLAG(verbose), "say more" },
	{ "-q", NULL, FLAG(quiet), "say less" },
};

bool
options_option(unsigned i, struct options_word *w)
{
	if (i >= COUNTOF(options))
		return false;
	*w = (struct options_word){ options[i].name, options[i].arg,
	    options[i].help };
	return true;
}

bool
options_verb(unsigned i, struct options_word *w)
{
	if (++i >= COUNTOF(verbs))
		return false;
	*w = (struct options_word){ verbs[i].word, verbs[i].args,
	    verbs[i].what };
	return true;
}

static void
help(void)
{
	printf("usage: miproc FILE.mp -o OUT [options]\n"
	    "       miproc VERB ... [options]\n\n"
	    "Compiles a language-model program, tuning its prompts on its "
	    "data.\n\n");
	for (unsigned i = 1; i < VERB_COUNT; i++)
		printf(strlen(verbs[i].args) > 24 ?
		    "  miproc %-8s %s\n%43s%s\n" :
		    "  miproc %-8s %-24s%1s%s\n", verbs[i].word,
		    verbs[i].args, "", verbs[i].what);
	printf("\n");
	for (size_t i = 0; i < COUNTOF(options); i++) {
		const struct option *p = &options[i];
		char left[64];

		if (p->help == NULL)
			continue;
		snprintf(left, sizeof left, "%s%s%s", p->name,
		    p->arg != NULL && p->name[1] != 'O' &&
		    p->name[strlen(p->name) - 1] != '-' ? " " : "",
		    p->arg != NULL ? p->arg : "");
		printf(strlen(left) > 28 ? "  %s\n%31s%s\n" :
		    "  %-28s%1s%s\n", left, "", p->help);
	}
	printf("  %-28s %s\n", "--help=warnings", "which there are");
	printf("\nSee miproc(1), and mp(5) for the language.\n");
}

/* The warnings there are, and which are on to begin with. */
static void
help_warnings(struct arena *a)
{
	struct sources none;
	struct diag d;
	const char *name, *text;

	sources_init(&none, a);
	diag_init(&d, &none, stderr);
	for (unsigned i = 0; diag_warning(i, &name, &text); i++)
		printf("  -W%-26s %s%s\n", name, text,
		    diag_is_on(&d, name) ? "" : " (off)");
	printf("\n-Wno-NAME switches one off, -Werror=NAME makes it a mistake; "
	    "-w and -Werror are for all.\nmiproc explain CODE says more.\n");
}

/* ---- reading ---- */

/* Does `arg` spell the option?  *value is what is attached to it, or NULL. */
static bool
spells(const struct option *p, const char *arg, const char **value)
{
	size_t n = strlen(p->name);

	*value = NULL;
	if (strncmp(arg, p->name, n) != 0)
		return false;
	if (arg[n] == '\0') {
		if (p->name[1] == 'O')
			*value = "";
		return true;
	}
	if (p->arg == NULL)
		return false;
	if (arg[n] == '=' && n > 2) {
		*value = arg + n + 1;
		return true;
	}
	*value = arg + n;
	return (n == 2 && p->name[1] != '-') || p->name[n - 1] == '-';
}

static const struct option *
find(const char *arg, const char **value)
{
	const struct option *best = NULL;

	for (size_t i = 0; i < COUNTOF(options); i++) {
		const char *v;

		if (spells(&options[i], arg, &v) && (best == NULL ||
		    strlen(options[i].name) > strlen(best->name))) {
			best = &options[i];
			*value = v;
		}
	}
	return best;
}

static void
unknown(struct reader *r, const char *arg)
{
	const char *names[COUNTOF(options)], *near;

	for (size_t i = 0; i < COUNTOF(options); i++)
		names[i] = options[i].name;
	near = diag_nearest(arg, names, COUNTOF(options));
	if (near != NULL)
		mistake(r, "there is no option %s; did you mean %s?", arg,
		    near);
	else
		mistake(r, "there is no option %s; see miproc --help", arg);
}

static void
read_option(struct reader *r, const char *arg)
{
	const char *value = NULL;
	const struct option *p = find(arg, &value);

	if (p == NULL) {
		unknown(r, arg);
		return;
	}
	if (p->arg != NULL && value == NULL) {
		if (r->at + 1 >= r->argc) {
			mistake(r, "%s wants %s behind it", arg, p->arg);
			return;
		}
		value = r->argv[++r->at];
	}
	r->option = p;
	if (p->take != NULL)
		p->take(r, value);
	else if (p->arg != NULL)
		*(const char **)((char *)r->o + p->at) = value;
	else
		*(bool *)((char *)r->o + p->at) = true;
}

/* Something is there that could be compiled. */
static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static void
read_word(struct reader *r, const char *arg)
{
	struct options *o = r->o;

	if (o->narg == 0 && o->verb == VERB_COMPILE && !is_file(arg))
		for (unsigned i = 1; i < VERB_COUNT; i++)
			if (strcmp(arg, verbs[i].word) == 0) {
				o->verb = (enum verb)i;
				return;
			}
	r->arg = push(o, r->arg, &o->narg, arg);
}

static void
environment(struct reader *r)
{
	const char *cost = getenv("MIPROC_MAX_COST");
	const char *off = getenv("MIPROC_OFFLINE");

	if (cost != NULL && *cost != '\0')
		number(r, "MIPROC_MAX_COST", cost, &r->o->max_cost);
	if (off != NULL && *off != '\0' && strcmp(off, "0") != 0)
		r->o->offline = true;
}

static void
print_completion(struct reader *r, int *status)
{
	struct buf b = BASE_BUF_INIT;

	if (completion(&b, r->o->completion)) {
		fwrite(buf_str(&b), 1, b.len, stdout);
		*status = 0;
	} else {
		mistake(r, "--completion is bash, zsh or fish, not '%s'",
		    r->o->completion);
	}
	buf_release(&b);
}

/* As many words as the verb takes. */
static void
check_words(struct reader *r)
{
	const struct options *o = r->o;
	unsigned most = o->verb == VERB_DIFF || o->verb == VERB_SHOW ||
	    o->verb == VERB_CACHE ? 2 : 1;

	if (o->narg == 0 && o->verb != VERB_DOCTOR)
		mistake(r, o->verb == VERB_COMPILE ?
		    "no input file; see miproc --help" : "%s wants %s",
		    verbs[o->verb].word, verbs[o->verb].args);
	else if (o->narg > most && o->verb != VERB_FMT &&
	    o->verb != VERB_TEST)
		mistake(r, "'%s' is one argument too many%s", o->arg[most],
		    o->verb == VERB_RUN ? "; the program's own stand behind "
		    "--" : "");
}

bool
options_read(struct options *o, struct arena *a, int argc, char **argv,
    int *status)
{
	struct reader r = { .o = o, .argc = argc, .argv = argv };

	memset(o, 0, sizeof *o);
	o->a = a;
	o->level = -1;
	o->max_cost = MIP_UNSET;
	o->max_errors = 20;
	o->max_size = -1;
	environment(&r);
	for (r.at = 1; r.at < argc && !r.failed; r.at++) {
		const char *arg = argv[r.at];

		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 ||
		    strcmp(arg, "--help=warnings") == 0) {
			if (strchr(arg, '=') != NULL)
				help_warnings(a);
			else
				help();
			*status = 0;
			return false;
		}
		if (strcmp(arg, "--version") == 0) {
			printf("miproc %s\n", MIP_VERSION);
			*status = 0;
			return false;
		}
		if (strcmp(arg, "--") == 0) {
			o->rest = (const char *const *)(argv + r.at + 1);
			o->nrest = (unsigned)(argc - r.at - 1);
			break;
		}
		if (arg[0] != '-' || arg[1] == '\0')
			read_word(&r, arg);
		else
			read_option(&r, arg);
	}
	o->arg = r.arg;
	*status = 2;
	if (!r.failed && o->completion != NULL) {
		print_completion(&r, status);
		return false;
	}
	if (!r.failed)
		check_words(&r);
	return !r.failed;
}

bool
options_diag(const struct options *o, struct diag *d)
{
	d->format = o->diag_format;
	d->version = MIP_VERSION;
	d->max_errors = o->max_errors;
	d->quiet = o->no_warnings;
	d->werror = o->werror;
	d->color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO &&
	    isatty(2) && getenv("NO_COLOR") == NULL);
	if (o->color == COLOR_AUTO && getenv("CLICOLOR_FORCE") != NULL)
		d->color = true;
	for (unsigned i = 0; i < o->nwarn; i++)
		if (!diag_flag(d, o->warn[i].name, o->warn[i].on,
		    o->warn[i].error)) {
			fprintf(stderr, "miproc: there is no warning '%s'\n",
			    o->warn[i].name);
			return false;
		}
	return true;
}
