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

#include "driver/completion.h"
#include "miproc.h"

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
	const char **arg;
	size_t caparg;
	bool failed;
};

/* Takes the option's argument; on a mistake sets r->failed. */
typedef void take(struct reader *r, const char *value);

struct option {
	const char *name;
	const char *arg;                /* NULL: it takes none */
	take *take;
	const char *help;               /* NULL: not in --help */
};

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
	if (end != s && (*end == 'k' || *end == 'K' || *end == 'M')) {
		long long unit = *end == 'M' ? 1000000 : 1000;

		n = n > max / unit ? -1 : n * unit;
		end++;
	}
	if (end == s || *end != '\0' || errno != 0 || n < 0 || n > max) {
		mistake(r, "%s wants a whole number up to %lld, not '%s'",
		    what, (long long)max, s);
		return false;
	}
	*out = n;
	return true;
}

/* "90", "90s", "5min", "2h" in seconds. */
static bool
seconds(struct reader *r, const char *s, double *out)
{
	char *end;
	double v, unit = 0.0;

	errno = 0;
	v = strtod(s, &end);
	if (strcmp(end, "") == 0 || strcmp(end, "s") == 0)
		unit = 1.0;
	else if (strcmp(end, "min") == 0)
		unit = 60.0;
	else if (strcmp(end, "h") == 0)
		unit = 3600.0;
	if (end == s || errno != 0 || !(unit > 0.0) || !(v > 0.0)) {
		mistake(r, "--time-limit wants a time like 90s, 5min or 2h, "
		    "not '%s'", s);
		return false;
	}
	*out = v * unit;
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

static void
take_warning(struct reader *r, const char *v)
{
	if (strcmp(v, "error") == 0)
		r->o->werror = true;
	else if (strncmp(v, "error=", 6) == 0)
		add_warning(r->o, v + 6, true, true);
	else if (strncmp(v, "no-", 3) == 0)
		add_warning(r->o, v + 3, false, false);
	else
		add_warning(r->o, v, true, false);
}

/* ---- one taker for each option ---- */

static void take_o(struct reader *r, const char *v) { r->o->output = v; }
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
static void take_syntax(struct reader *r, const char *v)
{
	(void)v;
	r->o->stop = STOP_SYNTAX;
}
static void take_locked(struct reader *r, const char *v)
{
	(void)v;
	r->o->locked = true;
}
static void take_offline(struct reader *r, const char *v)
{
	(void)v;
	r->o->offline = true;
}
static void take_dry(struct reader *r, const char *v)
{
	(void)v;
	r->o->dry_run = true;
}
static void take_verbose(struct reader *r, const char *v)
{
	(void)v;
	r->o->verbose = true;
}
static void take_quiet(struct reader *r, const char *v)
{
	(void)v;
	r->o->quiet = true;
}
static void take_resume(struct reader *r, const char *v)
{
	(void)v;
	r->o->resume = true;
}
static void take_no_cache(struct reader *r, const char *v)
{
	(void)v;
	r->o->no_cache = true;
}
static void take_refresh(struct reader *r, const char *v)
{
	(void)v;
	r->o->refresh = true;
}
static void take_improve(struct reader *r, const char *v)
{
	(void)v;
	r->o->require_improvement = true;
}
static void take_md(struct reader *r, const char *v)
{
	(void)v;
	r->o->depfile = true;
}
static void take_m(struct reader *r, const char *v)
{
	(void)v;
	r->o->only_depfile = true;
}
static void take_mp(struct reader *r, const char *v)
{
	(void)v;
	r->o->phony = true;
}
static void take_w(struct reader *r, const char *v)
{
	(void)v;
	r->o->no_warnings = true;
}
static void take_mf(struct reader *r, const char *v)
{
	r->o->depfile_path = v;
}
static void take_mt(struct reader *r, const char *v) { r->o->dep_target = v; }
static void take_tuned(struct reader *r, const char *v) { r->o->tuned = v; }
static void take_program(struct reader *r, const char *v)
{
	r->o->program = v;
}
static void take_metric(struct reader *r, const char *v) { r->o->metric = v; }
static void take_row(struct reader *r, const char *v) { r->o->row = v; }
static void take_cache(struct reader *r, const char *v)
{
	r->o->cache_dir = v;
}
static void take_url(struct reader *r, const char *v) { r->o->base_url = v; }
static void take_trace(struct reader *r, const char *v) { r->o->trace = v; }

static void take_check(struct reader *r, const char *v)
{
	(void)v;
	r->o->check = true;
}
static void take_completion(struct reader *r, const char *v)
{
	r->o->completion = v;
}

static void
take_size(struct reader *r, const char *v)
{
	count(r, "--max-size", v, INT64_MAX, &r->o->max_size);
}

static void
take_split(struct reader *r, const char *v)
{
	if (strcmp(v, "train") != 0 && strcmp(v, "dev") != 0 &&
	    strcmp(v, "test") != 0)
		mistake(r, "--split is train, dev or test, not '%s'", v);
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
take_seed(struct reader *r, const char *v)
{
	int64_t n;

	if (count(r, "--seed", v, INT64_MAX, &n))
		r->o->seed = (uint64_t)n;
	r->o->seeded = true;
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
	seconds(r, v, &r->o->time_limit_s);
}

static void
take_model(struct reader *r, const char *v)
{
	if (strchr(v, '=') == NULL)
		mistake(r, "--model wants NAME=PROVIDER:ID, not '%s'", v);
	r->o->model = push(r->o, r->o->model, &r->o->nmodel, v);
}

static void
take_dir(struct reader *r, const char *v)
{
	r->o->dir = push(r->o, r->o->dir, &r->o->ndir, v);
}

static void
take_off(struct reader *r, const char *v)
{
	int p = pass_find(v);

	if (p < 0)
		mistake(r, "-X names a pass (fold, share, dead, par), not "
		    "'%s'", v);
	else
		r->o->pass.off[p] = true;
}

static void
take_pass(struct reader *r, const char *v)
{
	int p = pass_find(v);

	if (p < 0)
		mistake(r, "--pass names a pass, not '%s'", v);
	for (int i = 0; i < PASS_COUNT; i++)
		r->o->pass.off[i] = i != p;
}

static void
take_emit(struct reader *r, const char *v)
{
	static const char *const kind[] = { "", "ast", "ir", "plan",
	    "eval", "prompts", "schema" };

	for (unsigned i = 1; i < COUNTOF(kind); i++)
		if (strcmp(v, kind[i]) == 0)
			r->o->emit = (enum emit_kind)i;
	if (r->o->emit == EMIT_NONE)
		mistake(r, "--emit is ast, ir, plan, eval, prompts or schema, "
		    "not '%s'", v);
}

static void
take_format(struct reader *r, const char *v)
{
	if (strcmp(v, "text") == 0)
		r->o->diag_format = DIAG_TEXT;
	else if (strcmp(v, "json") == 0)
		r->o->diag_format = DIAG_JSON;
	else if (strcmp(v, "sarif") == 0)
		r->o->diag_format = DIAG_SARIF;
	else
		mistake(r, "-fdiagnostics-format is text, json or sarif, not "
		    "'%s'", v);
}

static void
take_color(struct reader *r, const char *v)
{
	if (strcmp(v, "auto") == 0)
		r->o->color = 0;
	else if (strcmp(v, "always") == 0)
		r->o->color = 1;
	else if (strcmp(v, "never") == 0)
		r->o->color = -1;
	else
		mistake(r, "-fdiagnostics-color is auto, always or never, not "
		    "'%s'", v);
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
	int p = pass_find(v);

	if (p < 0)
		mistake(r, "-fdump- names a pass, not '%s'", v);
	else
		r->o->pass.dump[p] = true;
}

/* ---- the table ---- */

/* An option that ends in `=`, `-f...` or is one letter long takes its
 * argument attached, too. */
static const struct option options[] = {
	{ "-o", "FILE", take_o, "write FILE" },
	{ "-S", NULL, take_s, "stop after C: -o x.c, or a directory" },
	{ "-c", NULL, take_c, "stop after the object file and its header" },
	{ "-fsyntax-only", NULL, take_syntax, "only report mistakes" },
	{ "-O", "[0-3]", take_level,
	    "-O0 as written; -O1, -O2, -O3 tune lightly to heavily" },
	{ "--locked", NULL, take_locked,
	    "use FILE.tuned as it is; no network, no key" },
	{ "--offline", NULL, take_offline, "cached replies only" },
	{ "-n", NULL, take_dry, "say what it would cost, and stop" },
	{ "--dry-run", NULL, take_dry, NULL },
	{ "--resume", NULL, take_resume, "go on with an interrupted study" },
	{ "--seed", "N", take_seed, "seed of the search" },
	{ "-j", "N", take_jobs, "runs under way at once (4)" },
	{ "--max-cost", "USD", take_cost, "stop before it costs more" },
	{ "--max-calls", "N", take_calls, "stop before more LM calls" },
	{ "--max-tokens", "N", take_tokens, "stop before more tokens" },
	{ "--time-limit", "TIME", take_time, "stop after 90s, 5min, 2h" },
	{ "--tuned", "FILE", take_tuned, "instead of FILE.tuned" },
	{ "--program", "NAME", take_program, "which program, if several" },
	{ "--metric", "NAME", take_metric, "which metric (eval)" },
	{ "--split", "PART", take_split, "train, dev or test (eval)" },
	{ "--row", "FILE", take_row, "a row as JSON (show prompt)" },
	{ "--model", "NAME=PROVIDER:ID", take_model, "replace a model" },
	{ "--base-url", "URL", take_url, "of every model" },
	{ "--require-improvement", NULL, take_improve,
	    "status 6 if tuning does not help" },
	{ "-D", "NAME=VALUE", take_define, "fix a param or a const" },
	{ "-I", "DIR", take_dir, "look for imports there" },
	{ "-X", "PASS", take_off, "switch a pass off" },
	{ "--pass", "PASS", take_pass, "that pass alone" },
	{ "--emit", "KIND", take_emit, "ast, ir, plan, eval, prompts, schema" },
	{ "-M", NULL, take_m, "print dependencies, and stop" },
	{ "-MD", NULL, take_md, "write dependencies beside the output" },
	{ "-MF", "FILE", take_mf, "where" },
	{ "-MT", "TARGET", take_mt, "of what" },
	{ "-MP", NULL, take_mp, "with a rule for each file" },
	{ "-W", "[no-]NAME", take_warning, "warnings; -Werror[=NAME]" },
	{ "-w", NULL, take_w, "no warnings" },
	{ "-fmax-errors", "N", take_max_errors, "stop after so many" },
	{ "-fdiagnostics-format", "KIND", take_format, "text, json, sarif" },
	{ "-fdiagnostics-color", "WHEN", take_color, "auto, always, never" },
	{ "-fdump-", "PASS", take_dump, "print the IR after a pass" },
	{ "--cache-dir", "DIR", take_cache, "of replies and builds" },
	{ "--no-cache", NULL, take_no_cache, "ask afresh, keep nothing" },
	{ "--refresh", NULL, take_refresh, "ask afresh, keep the replies" },
	{ "--trace", "FILE", take_trace, "a JSON line for each LM call" },
	{ "--check", NULL, take_check, "name files that would change (fmt)" },
	{ "--max-size", "N", take_size, "bytes that may stay (cache gc)" },
	{ "--completion", "SHELL", take_completion, "for bash, zsh or fish" },
	{ "-v", NULL, take_verbose, "say more" },
	{ "-q", NULL, take_quiet, "say less" },
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
		printf("  miproc %-8s %-24s %s\n", verbs[i].word,
		    verbs[i].args, verbs[i].what);
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
		printf("  %-28s %s\n", left, p->help);
	}
	printf("\nSee miproc(1), and mp(5) for the language.\n");
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
	p->take(r, value);
}

/* --compare takes two files. */
static bool
read_compare(struct reader *r, const char *arg)
{
	if (strcmp(arg, "--compare") != 0)
		return false;
	if (r->at + 2 >= r->argc) {
		mistake(r, "--compare wants two tuned files behind it");
		return true;
	}
	r->o->compare[0] = r->argv[++r->at];
	r->o->compare[1] = r->argv[++r->at];
	return true;
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
	struct buf b = BUF_INIT;

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
	unsigned most = o->verb == VERB_DIFF || o->verb == VERB_SHOW ? 2 : 1;

	if (o->narg == 0)
		mistake(r, o->verb == VERB_COMPILE ?
		    "no input file; see miproc --help" : "%s wants %s",
		    verbs[o->verb].word, verbs[o->verb].args);
	else if (o->narg > most && o->verb != VERB_FMT)
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

		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
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
		else if (!read_compare(&r, arg))
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
	d->max_errors = o->max_errors;
	d->quiet = o->no_warnings;
	d->werror = o->werror;
	d->color = o->color > 0 || (o->color == 0 && isatty(2) &&
	    getenv("NO_COLOR") == NULL);
	if (o->color == 0 && getenv("CLICOLOR_FORCE") != NULL)
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
