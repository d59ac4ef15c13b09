/* A program's command line: flags, and what is done for them.
 *
 * SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/allow.h"
#include "core/child.h"
#include "core/duration.h"
#include "core/json.h"
#include "core/lines.h"
#include "lm/lm.h"

enum {
	FILE_LIMIT = 256 << 20,         /* inputs and tuned files are smaller */
	NEAR = 3,                       /* edits to a name that was meant */
	NAME_MAX_LEN = 64               /* longer names are like no other */
};

const struct cli_flag_row cli_flags[CLI_NFLAG] = {
#define CLI_FLAG_ROW(name, word, letter, arg, help) \
	{ word, letter, arg, help },
	CLI_FLAG_MAP(CLI_FLAG_ROW)
#undef CLI_FLAG_ROW
};

/* ---- in and out ---- */

void
cli_say(const struct cli *c, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	buf_printf(&b, "%s: ", c->prog);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	buf_putc(&b, '\n');
	/* In one piece, so that lines of threads do not mix. */
	if (b.failed)
		dprintf(STDERR_FILENO, "%s: %s\n", c->prog,
		    mip_status_text(MIP_NOMEM));
	else
		lines_write(STDERR_FILENO, buf_str(&b), b.len);
	buf_release(&b);
}

int
cli_write(const struct cli *c, const struct buf *b)
{
	if (b->failed) {
		cli_say(c, "%s", mip_status_text(MIP_NOMEM));
		return mip_status_exit(MIP_NOMEM);
	}
	if (lines_write(STDOUT_FILENO, buf_str(b), b->len))
		return 0;
	if (errno != EPIPE)
		cli_say(c, "the output cannot be written: %s",
		    strerror(errno));
	return mip_status_exit(MIP_IO);
}

/* Appends all that `fd` gives; errno, or 0. */
static int
read_all(int fd, struct buf *b)
{
	char piece[16384];
	ssize_t n;

	b->max = FILE_LIMIT;
	for (;;) {
		n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : 0;
		buf_put(b, piece, (size_t)n);
		if (b->failed)
			return b->len + (size_t)n > FILE_LIMIT ? EFBIG : ENOMEM;
	}
}

bool
cli_read_file(const struct cli *c, const char *path, struct buf *b)
{
	bool std = strcmp(path, "-") == 0;
	int fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int e = fd < 0 ? errno : read_all(fd, b);

	if (fd >= 0 && !std)
		close(fd);
	if (e != 0)
		cli_say(c, "%s: %s", std ? "stdin" : path, strerror(e));
	return e == 0;
}

/* ---- flags ---- */

static bool
same_flag(const char *word, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && word[i]; i++)
		if (word[i] != (s[i] == '_' ? '-' : s[i]))
			return false;
	return i == n && !word[i];
}

static enum cli_flag
find_flag(const char *s, size_t n)
{
	unsigned i;

	for (i = 0; i < CLI_NFLAG; i++)
		if (same_flag(cli_flags[i].word, s, n))
			break;
	return (enum cli_flag)i;
}

/* Edits from one word to the other, or more than NEAR. */
static unsigned
distance(const char *a, size_t n, const char *b)
{
	unsigned row[NAME_MAX_LEN], i, j, up, diagonal;
	size_t m = strlen(b);

	if (n >= NAME_MAX_LEN || m >= NAME_MAX_LEN)
		return NEAR + 1;
	for (j = 0; j <= m; j++)
		row[j] = j;
	for (i = 1; i <= n; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= m; j++) {
			char x = a[i - 1] == '_' ? '-' : a[i - 1];
			char y = b[j - 1] == '_' ? '-' : b[j - 1];

			up = row[j];
			row[j] = diagonal + (x != y);
			if (up + 1 < row[j])
				row[j] = up + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = up;
		}
	}
	return row[m];
}

static void
unknown_flag(const struct cli *c, const char *s, size_t n)
{
	const struct mip_type *in = c->program->in;
	unsigned best = NEAR + 1, d, i;
	const char *near = NULL;

	for (i = 0; i < in->n + CLI_NFLAG; i++) {
		const char *word = i < in->n ? in->field[i].name :
		    cli_flags[i - in->n].word;

		d = distance(s, n, word);
		if (d < best && 2 * d <= strlen(word)) {
			best = d;
			near = word;
		}
	}
	if (near)
		cli_say(c, "unknown option --%.*s; did you mean --%s?",
		    (int)n, s, near);
	else
		cli_say(c, "unknown option --%.*s; --help names them all",
		    (int)n, s);
}

static bool
flag_number(const struct cli *c, enum cli_flag f, const char *s, double *out)
{
	struct json v;

	if (f == CLI_MAX_COST && s[0] == '$')
		s++;
	if (json_parse(s, strlen(s), &v, NULL, NULL) &&
	    json_double(v, out) && isfinite(*out) && *out > 0)
		return true;
	cli_say(c, "--%s: '%s' is no number above 0", cli_flags[f].word, s);
	return false;
}

static bool
flag_count(const struct cli *c, enum cli_flag f, const char *s, int64_t *out)
{
	struct json v;

	if (json_parse(s, strlen(s), &v, NULL, NULL) && json_int(v, out) &&
	    *out > 0)
		return true;
	cli_say(c, "--%s: '%s' is no count above 0", cli_flags[f].word, s);
	return false;
}

static bool
flag_jobs(struct cli *c, const char *s)
{
	int64_t n;

	if (!flag_count(c, CLI_JOBS, s, &n))
		return false;
	c->jobs = n > CLI_MAX_JOBS ? CLI_MAX_JOBS : (unsigned)n;
	return true;
}

static bool
flag_time(const struct cli *c, enum cli_flag f, const char *s, double most,
    long *ms)
{
	double seconds;

	if (!duration_read(s, &seconds)) {
		cli_say(c, "--%s: '%s' is no time like 90s, 5min or 2h",
		    cli_flags[f].word, s);
		return false;
	}
	*ms = (long)ceil((seconds < most ? seconds : most) * 1000);
	return true;
}

/* The i-th model of the program, then of what judges it; NULL past the
 * last. */
static const struct mip_model *
model_at(const struct cli *c, unsigned i)
{
	unsigned n = c->program->nmodel;

	if (i < n)
		return c->program->model[i];
	return c->eval && i - n < c->eval->nmodel ? c->eval->model[i - n] :
	    NULL;
}

/* A misspelt name would leave the model as it is, unnoticed. */
static bool
knows_model(const struct cli *c, const char *name, size_t n)
{
	struct buf names = BUF_INIT;
	const struct mip_model *m;
	unsigned i;

	for (i = 0; (m = model_at(c, i)) != NULL; i++) {
		if (strlen(m->name) == n && memcmp(m->name, name, n) == 0) {
			buf_release(&names);
			return true;
		}
		buf_printf(&names, "%s%s", i ? ", " : "", m->name);
	}
	cli_say(c, "--model: the program has no model %.*s; it has %s",
	    (int)n, name, i ? buf_str(&names) : "none");
	buf_release(&names);
	return false;
}

/* Puts a word behind others; a list of them ends with NULL. */
static bool
flag_word(struct cli *c, const char ***list, size_t *n, size_t *cap,
    const char *s)
{
	const char **v = arena_grow(&c->arena, *list, cap, *n + 2, sizeof *v);

	if (!v) {
		cli_say(c, "%s", mip_status_text(MIP_NOMEM));
		return false;
	}
	v[(*n)++] = s;
	v[*n] = NULL;
	*list = v;
	return true;
}

static bool
flag_model(struct cli *c, const char *s)
{
	const char *is = strchr(s, '=');

	if (!is || is == s || !strchr(is, ':')) {
		cli_say(c, "--model: '%s' is not NAME=PROVIDER:ID", s);
		return false;
	}
	if (!knows_model(c, s, (size_t)(is - s)))
		return false;
	if (!flag_word(c, &c->model, &c->nmodel, &c->model_cap, s))
		return false;
	c->options.model = c->model;
	return true;
}

static bool
flag_allow(struct cli *c, const char *s)
{
	if (!allow_valid(s)) {
		cli_say(c, "--allow: '%s' is not exec:COMMAND, net:HOST, "
		    "net:HOST:PORT or none", s);
		return false;
	}
	if (!flag_word(c, &c->allow, &c->nallow, &c->allow_cap, s))
		return false;
	c->options.allow = c->allow;
	return true;
}

static bool
set_flag(struct cli *c, enum cli_flag f, const char *value)
{
	struct mip_options *o = &c->options;

	c->on[f] = true;
	switch (f) {
	case CLI_JOBS:          return flag_jobs(c, value);
	case CLI_TUNED:         c->tuned = value; break;
	case CLI_MODEL:         return flag_model(c, value);
	case CLI_BASE_URL:      o->base_url = value; break;
	case CLI_TIMEOUT:
		return flag_time(c, f, value, 1e6, &o->timeout_ms);
	case CLI_TIME_LIMIT:
		return flag_time(c, f, value, INFINITY, &o->time_limit_ms);
	case CLI_MAX_COST:      return flag_number(c, f, value, &o->max_cost);
	case CLI_MAX_CALLS:     return flag_count(c, f, value, &o->max_calls);
	case CLI_MAX_TOKENS:    return flag_count(c, f, value, &o->max_tokens);
	case CLI_CACHE_DIR:     o->cache_dir = value; break;
	case CLI_NO_CACHE:      o->no_cache = true; break;
	case CLI_REFRESH:       o->refresh = true; break;
	case CLI_OFFLINE:       o->offline = true; break;
	case CLI_USAGE_FILE:    c->usage = value; break;
	case CLI_TRACE:         o->trace = value; break;
	case CLI_TRACE_CONTENT: o->trace_content = true; break;
	case CLI_JOURNAL:       o->journal = value; break;
	case CLI_RECORD:        o->record = value; break;
	case CLI_REPLAY:        o->replay = value; break;
	case CLI_LEDGER:        o->ledger = value; break;
	case CLI_ALLOW:         return flag_allow(c, value);
	case CLI_ROOT:          o->root = value; break;
	case CLI_ROW:           c->row = value; break;
	case CLI_JSONL:
	case CLI_UNORDERED:
	case CLI_STREAM:
	case CLI_JSON:
	case CLI_USAGE:
	case CLI_WORKER:
	case CLI_SCHEMA: case CLI_GBNF:
	case CLI_PROMPTS:
	case CLI_PLAN:
	case CLI_VERSION:
	case CLI_HELP:
	case CLI_NFLAG:
		break;
	}
	return true;
}

/* "--name", "--name=value" or "--name value"; *next is the argument behind
 * it, or NULL, and is set to NULL once used. */
static bool
long_flag(struct cli *c, const char *s, const char **next)
{
	size_t n = strcspn(s, "=");
	const char *value = s[n] == '=' ? s + n + 1 : NULL;
	enum cli_flag f = find_flag(s, n);
	const struct mip_field *in = NULL;
	bool wants;

	if (f == CLI_NFLAG) {
		in = cli_input(c, s, n);
		if (!in && n > 6 && strncmp(s, "input-", 6) == 0)
			in = cli_input(c, s + 6, n - 6);
		if (!in) {
			unknown_flag(c, s, n);
			return false;
		}
	}
	wants = in ? cli_input_type(in)->kind != MIP_BOOL :
	    cli_flags[f].arg != NULL;
	if (wants && !value) {
		value = *next;
		*next = NULL;
	}
	if (in)
		return cli_input_set(c, in, value);
	if (wants == (value != NULL))
		return set_flag(c, f, value);
	cli_say(c, wants ? "--%s needs a value" : "--%s takes no value",
	    cli_flags[f].word);
	return false;
}

static bool
short_flag(struct cli *c, const char *s, const char **next)
{
	const char *value = s[1] ? s + 1 : NULL;
	unsigned f;

	for (f = 0; f < CLI_NFLAG; f++)
		if (cli_flags[f].letter == s[0])
			break;
	if (f == CLI_NFLAG || (value && !cli_flags[f].arg)) {
		cli_say(c, "unknown option -%s; --help names them all", s);
		return false;
	}
	if (cli_flags[f].arg && !value) {
		value = *next;
		*next = NULL;
		if (!value) {
			cli_say(c, "-%s needs a value", s);
			return false;
		}
	}
	return set_flag(c, (enum cli_flag)f, value);
}

static bool
parse_args(struct cli *c, int argc, char **argv)
{
	bool flags = true, ok;
	int i;

	for (i = 1; i < argc; i++) {
		const char *s = argv[i], *next = i + 1 < argc ? argv[i + 1] :
		    NULL;
		bool had = next != NULL;

		if (flags && strcmp(s, "--") == 0) {
			flags = false;
			continue;
		}
		if (flags && s[0] == '-' && s[1]) {
			ok = s[1] == '-' ? long_flag(c, s + 2, &next) :
			    short_flag(c, s + 1, &next);
			if (!ok)
				return false;
			i += had && !next;
			continue;
		}
		if (c->file) {
			cli_say(c, "unexpected argument '%s'", s);
			return false;
		}
		c->file = s;
	}
	return true;
}

/* What cannot be together. */
static bool
check_args(const struct cli *c)
{
	bool rows = c->on[CLI_JSONL];

	if (c->file && !rows) {
		cli_say(c, "unexpected argument '%s'; inputs are given as "
		    "--NAME VALUE", c->file);
		return false;
	}
	if (c->input.len > 0 && (rows || c->on[CLI_WORKER])) {
		cli_say(c, "--%s takes its inputs from rows, not from flags",
		    rows ? "jsonl" : "worker");
		return false;
	}
	if (c->on[CLI_UNORDERED] && !rows) {
		cli_say(c, "--unordered is about a batch: it needs --jsonl");
		return false;
	}
	if (c->on[CLI_STREAM] && (rows || c->on[CLI_WORKER])) {
		cli_say(c, "--stream shows one run: it cannot be with --%s",
		    rows ? "jsonl" : "worker");
		return false;
	}
	if (rows && c->on[CLI_WORKER]) {
		cli_say(c, "--jsonl and --worker cannot be together");
		return false;
	}
	if ((c->on[CLI_USAGE] || c->usage) && c->on[CLI_WORKER]) {
		cli_say(c, "--usage and --worker cannot be together: each "
		    "answer says what its run took");
		return false;
	}
	if (c->options.trace_content && !c->options.trace) {
		cli_say(c, "--trace-content needs --trace FILE");
		return false;
	}
	return true;
}

/* Whether the server may be reached; a message if not. */
static bool
server_granted(const struct cli *c, const struct mip_http *h)
{
	struct buf host = BUF_INIT;
	const char *url = lm_setting(&h->url);
	bool ok = !c->allow || !url || allow_net(c->allow, url);

	if (!ok) {
		allow_host(&host, url);
		cli_say(c, "the %s needs net:%s, which --allow does not grant",
		    h->name, buf_str(&host));
	}
	buf_release(&host);
	return ok;
}

/* Whether all the tools are granted; a message if not. */
static bool
tools_granted(const struct cli *c, const struct mip_tool *const *tool,
    unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (tool[i]->kind == MIP_HTTP) {
			if (!server_granted(c, tool[i]->http))
				return false;
			continue;
		}
		if (!c->allow || allow_exec(c->allow, tool[i]->argv[0]))
			continue;
		cli_say(c, "the tool %s needs exec:%s, which --allow does not "
		    "grant", tool[i]->name, tool[i]->argv[0]);
		return false;
	}
	return true;
}

/* The same of retrievers that ask a server. */
static bool
retrievers_granted(const struct cli *c,
    const struct mip_retriever *const *retriever, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (retriever[i]->by == MIP_SEARCH &&
		    !server_granted(c, retriever[i]->http))
			return false;
	return true;
}

/* Before anything runs. */
static bool
check_tools(const struct cli *c)
{
	const struct mip_program *p = c->program;
	const struct mip_eval *e = c->on[CLI_WORKER] ? c->eval : NULL;

	if (!tools_granted(c, p->tool, p->ntool) ||
	    (e && !tools_granted(c, e->tool, e->ntool)) ||
	    !retrievers_granted(c, p->retriever, p->nretriever) ||
	    (e && !retrievers_granted(c, e->retriever, e->nretriever)))
		return false;
	/* What they call is not to find the keys of our models. */
	if (p->ntool > 0 || (e && e->ntool > 0))
		child_hide();
	return true;
}

/* ---- main ---- */

/* The values of slots that this process begins with. */
static int
load_slots(struct cli *c)
{
	struct buf b = BUF_INIT;
	struct json file, set = { NULL, 0 };
	const char *wrong = NULL;
	enum mip_status s;
	char why[320] = "";

	if (c->tuned) {
		if (!cli_read_file(c, c->tuned, &b)) {
			buf_release(&b);
			return mip_status_exit(MIP_IO);
		}
		if (json_parse(buf_str(&b), b.len, &file, NULL, &wrong))
			set = slots_of_tuned(file, &wrong);
		if (wrong) {
			cli_say(c, "%s: it is no tuned file: %s", c->tuned,
			    wrong);
			buf_release(&b);
			return mip_status_exit(MIP_USAGE);
		}
	}
	s = slots_new(c->program, set, &c->slots, why, sizeof why);
	buf_release(&b);
	if (s == MIP_OK)
		return 0;
	cli_say(c, "%s%s%s", c->tuned ? c->tuned : "", c->tuned ? ": " : "",
	    why[0] ? why : mip_status_text(s));
	return mip_status_exit(s);
}

/* Shows what needs no run; false if nothing is to be shown. */
static bool
show(struct cli *c, int *rc)
{
	struct buf b = BUF_INIT;

	*rc = 0;
	if (c->on[CLI_HELP])
		cli_help(c, &b);
	else if (c->on[CLI_VERSION])
		cli_version(c, &b);
	else if (c->on[CLI_SCHEMA])
		cli_schema(c, &b);
	else if (c->on[CLI_PLAN])
		cli_plan(c, &b);
	else if (!c->on[CLI_PROMPTS] && !c->on[CLI_GBNF])
		return false;
	else if ((*rc = load_slots(c)) == 0 && c->on[CLI_GBNF])
		cli_gbnf(c, &b);
	else if (*rc == 0)
		*rc = cli_prompts(c, &b);
	if (*rc == 0)
		*rc = cli_write(c, &b);
	buf_release(&b);
	return true;
}

static int
cli_main(struct cli *c, int argc, char **argv)
{
	const struct mip_program *p = c->program;
	int rc;

	if (p->abi != MIP_ABI) {
		cli_say(c, "the program was made for runtime %u, this is %d; "
		    "compile it again", p->abi, MIP_ABI);
		return mip_status_exit(MIP_USAGE);
	}
	c->given = arena_array(&c->arena, p->in->n, sizeof *c->given);
	if (!c->given) {
		cli_say(c, "%s", mip_status_text(MIP_NOMEM));
		return mip_status_exit(MIP_NOMEM);
	}
	if (!parse_args(c, argc, argv))
		return mip_status_exit(MIP_USAGE);
	if (show(c, &rc))
		return rc;
	if (!check_args(c))
		return mip_status_exit(MIP_USAGE);
	if (!check_tools(c))
		return mip_status_exit(MIP_USAGE);
	rc = load_slots(c);
	return rc ? rc : cli_run(c);
}

int
mip_main(const struct mip_program *p, const struct mip_eval *eval, int argc,
    char **argv)
{
	struct cli c = { .prog = p->name, .program = p, .eval = eval,
		.jobs = CLI_DEFAULT_JOBS };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int rc;

	lines_hold_std();
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);
	if (argc > 0 && argv[0] && argv[0][0]) {
		const char *slash = strrchr(argv[0], '/');

		c.prog = slash ? slash + 1 : argv[0];
	}
	rc = cli_main(&c, argc, argv);
	slots_drop(c.slots);
	buf_release(&c.input);
	arena_release(&c.arena);
	return rc;
}
