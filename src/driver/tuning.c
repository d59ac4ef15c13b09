/* Tuning from the command line: data in, progress and report out, the tuned
 * file written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "driver/report.h"
#include "driver/tracing.h"
#include "provider/provider.h"
#include "tune/rng.h"

/* ---- the task ---- */

static const char *
source_text(const struct compilation *c)
{
	return c->unit != NULL ? c->unit->source->text : "";
}

static void
limits(const struct compilation *c, struct tune_task *t)
{
	const struct study_decl *s = c->mod->study;
	const struct options *o = c->o;

	t->max_cost = o->max_cost >= 0.0 ? o->max_cost : s->max_cost;
	t->max_calls = o->max_calls != 0 ? o->max_calls : s->max_calls;
	t->max_tokens = o->max_tokens != 0 ? o->max_tokens : s->max_tokens;
	t->time_limit_s = o->time_limit_s > 0.0 ? o->time_limit_s :
	    s->time_limit_s;
}

/* -O1, -O2, -O3 stand for `auto = light`, `medium`, `heavy`. */
static const struct setting *
settings(struct compilation *c)
{
	static const char *const word[] = { "light", "medium", "heavy" };
	struct setting *s;

	if (c->o->level < 1)
		return c->mod->study->setting;
	s = arena_alloc(c->a, sizeof *s);
	s->name = "auto";
	s->kind = SET_WORD;
	s->s = word[c->o->level - 1];
	s->at = c->mod->study->at;
	s->next = c->mod->study->setting;
	return s;
}

static const struct setting *
setting_find(const struct setting *s, const char *name)
{
	while (s != NULL && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

/* ---- models and money ---- */

/* The i-th model that the study may call, or NULL: those of leaves, then the
 * proposer's. */
static const struct mip_model *
model_at(const struct compilation *c, unsigned i)
{
	if (i < c->mod->nmodel)
		return c->mod->model[i];
	return i == c->mod->nmodel && c->mod->study != NULL ?
	    c->mod->study->prompt_model : NULL;
}

/* What --model says of it, behind the `=`; or NULL. */
static const char *
replaced(const struct compilation *c, const struct mip_model *m)
{
	size_t n = strlen(m->name);
	const char *found = NULL;

	for (unsigned i = 0; i < c->o->nmodel; i++)
		if (strncmp(c->o->model[i], m->name, n) == 0 &&
		    c->o->model[i][n] == '=')
			found = c->o->model[i] + n + 1;
	return found;
}

static bool
check_override(const struct compilation *c, const char *s)
{
	const char *is = strchr(s, '='), *colon = strchr(is + 1, ':');
	size_t n = (size_t)(is - s);
	struct buf names = BASE_BUF_INIT;
	bool known = false;

	for (unsigned i = 0; i <= c->mod->nmodel; i++) {
		const struct mip_model *m = model_at(c, i);

		if (m == NULL)
			continue;
		known = known || (strlen(m->name) == n &&
		    memcmp(m->name, s, n) == 0);
		if (i < c->mod->nmodel)
			buf_printf(&names, "%s%s", i != 0 ? ", " : "", m->name);
	}
	if (!known)
		fprintf(stderr, "miproc: --model: the program has no model "
		    "%.*s; it has %s\n", (int)n, s, buf_str(&names));
	buf_reset(&names);
	if (known && (colon == NULL || colon[1] == '\0' ||
	    provider_find(arena_strndup(c->a, is + 1,
	    (size_t)(colon - is - 1))) == NULL)) {
		provider_names(&names);
		fprintf(stderr, "miproc: --model: '%s' is not "
		    "NAME=PROVIDER:ID with one of the providers %s\n", s,
		    buf_str(&names));
		known = false;
	}
	buf_release(&names);
	return known;
}

static bool
costs(const struct mip_model *m)
{
	return m->priced && (m->price_in > 0.0 || m->price_out > 0.0);
}

/* A budget of money needs prices, and prices need a budget. */
static bool
check_money(const struct compilation *c, const struct tune_task *t)
{
	bool any = t->max_cost >= 0.0 || t->max_calls > 0 || t->max_tokens > 0;

	if (t->offline || c->o->dry_run)
		return true;
	for (unsigned i = 0; i <= c->mod->nmodel; i++) {
		const struct mip_model *m = model_at(c, i);

		if (m == NULL || m->route != MIP_DIRECT)
			continue;
		if (t->max_cost >= 0.0 && (!m->priced ||
		    replaced(c, m) != NULL)) {
			fprintf(stderr, "miproc: %s: the price of the model "
			    "%s is not known, so a budget of money cannot be "
			    "kept: give it a price, or price = free\n",
			    c->path, m->name);
			return false;
		}
		if (!any && costs(m)) {
			fprintf(stderr, "miproc: %s: the model %s costs money, "
			    "and there is no budget: give --max-cost, "
			    "--max-calls or --max-tokens, or a budget in the "
			    "optimize block; -n shows the bound\n", c->path,
			    m->name);
			return false;
		}
	}
	return true;
}

bool
tuning_models(const struct compilation *c)
{
	for (unsigned i = 0; i < c->o->nmodel; i++)
		if (!check_override(c, c->o->model[i]))
			return false;
	return true;
}

/* ---- the whole task ---- */

const struct fn *
tuning_metric(const struct compilation *c, const char *name)
{
	for (const struct fn *f = c->mod->fn; f != NULL; f = f->next)
		if (f->kind == FN_METRIC && strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *const *
tuning_worker(struct compilation *c, struct build *b)
{
	const char **argv = arena_array(c->a, COMPILE_ARGS +
	    2 * c->o->nallow + 2, sizeof *argv);

	argv[0] = build_worker(b, c->mod);
	if (argv[0] == NULL)
		return NULL;
	compile_args(c, argv + 1);
	return argv;
}

void
tuning_options(const struct compilation *c, struct tune_task *t)
{
	const struct options *o = c->o;

	*t = (struct tune_task){ .cache_dir = o->cache_dir,
	    .no_cache = o->no_cache, .refresh = o->refresh,
	    .offline = o->offline,
	    .jobs = o->jobs != 0 ? o->jobs : DEFAULT_JOBS,
	    .model_override = (const char *const *)o->model,
	    .base_url = o->base_url, .trace = o->trace, .record = o->record,
	    .replay = o->replay, .stop = c->stop };
}

int
tuning_task(struct compilation *c, struct build *b, struct tune_task *t)
{
	const struct study_decl *s = c->mod->study;
	const struct options *o = c->o;
	const struct setting *seed;
	const char *dir;
	int status;

	tuning_options(c, t);
	if (s->metric == NULL) {
		fprintf(stderr, "miproc: %s: the optimize block has no "
		    "`metric = ...`\n", c->path);
		return 1;
	}
	limits(c, t);
	if (!tuning_models(c) || !check_money(c, t) || !compile_granted(c))
		return 2;
	status = rows_load(c, t);
	if (status != 0)
		return status;
	t->worker = tuning_worker(c, b);
	if (t->worker == NULL)
		return 2;
	dir = file_beside(c->a, c->path, ".miproc");
	if (!file_mkdirs(dir))
		return file_error("make the directory", dir);
	t->mod = c->mod;
	t->source_text = source_text(c);
	t->study_path = compile_study(c);
	t->metric = o->verb == VERB_EVAL && o->metric != NULL ? o->metric :
	    s->metric->name;
	if (tuning_metric(c, t->metric) == NULL) {
		fprintf(stderr, "miproc: --metric: %s has no metric %s\n",
		    c->path, t->metric);
		return 2;
	}
	t->strategy = s->strategy;
	t->setting = settings(c);
	seed = setting_find(t->setting, "seed");
	t->seed = o->seeded ? o->seed : seed != NULL ? (uint64_t)seed->i : 1;
	t->resume = o->resume;
	t->prompt_model = s->prompt_model;
	t->teacher = s->teacher != NULL ? s->teacher->name : NULL;
	return rows_check(c, b, t);
}

/* ---- before ---- */

static void
print_bound(const struct tune_task *t, const struct tune_bound *b)
{
	fprintf(stderr, "miproc: tuning %s by %s on %zu train, %zu dev and %zu "
	    "test rows\n", t->mod->program->name, t->strategy, t->train.n,
	    t->dev.n, t->test.n);
	report_bound(stderr, b);
}

/* What test rows have to show should not be found out behind the search. */
static bool
can_show(const struct compilation *c, const struct tune_task *t)
{
	bool gated = c->mod->study->gated;

	if (t->test.n > 0 || (!gated && !c->o->require_improvement))
		return true;
	fprintf(stderr, "miproc: %s: %s needs test rows, and there are none\n",
	    c->path, gated ? "the gate" : "--require-improvement");
	return false;
}

/* ---- after ---- */

static void
print_verdict(const struct tune_task *t, const struct tune_result *r)
{
	bool minimize = t->mod->study->metric->minimize;
	int sign;

	if (!r->improved) {
		printf("tuning did not help: the program as written is the "
		    "best that was found\n");
		return;
	}
	if (!r->tested)
		return;
	report_difference(stdout, &r->test_before, &r->test_after,
	    &r->test_difference, r->p_value, minimize);
	sign = report_sign(&r->test_difference, r->p_value, minimize);
	if (sign > 0)
		printf("tuning helped\n");
	else if (sign < 0)
		printf("tuning did not help: the test score is worse\n");
	else
		printf("tuning did not help for certain: the difference may be "
		    "chance\n");
}

static void
print_result(const struct tune_task *t, const struct tune_result *r)
{
	struct answer_used used = {
		.calls = (int64_t)(r->calls_paid + r->calls_cached),
		.cached = (int64_t)r->calls_cached,
		.in = r->tokens_in, .out = r->tokens_out,
		.usd = r->cost_paid, .nominal = r->cost_nominal,
	};
	bool test = r->tested;

	printf("%s on %s rows%s (95%% intervals)\n", t->metric,
	    test ? "test" : "dev", test ? ", which the search never saw" :
	    ", on which the search was made: no claim for others");
	report_score(stdout, "before", test ? &r->test_before :
	    &r->dev_before);
	if (r->improved)
		report_score(stdout, "after", test ? &r->test_after :
		    &r->dev_after);
	print_verdict(t, r);
	printf("%u trials, %" PRIu64 " runs, ", r->trials, r->runs);
	report_used(stdout, &used);
	printf(", %.0f s\n", r->elapsed_s);
	report_usage(stdout, &r->usage);
	fflush(stdout);
}

/* ---- what has to be met ---- */

int
tuning_gate(const struct tune_task *t, const struct tune_score *s, FILE *f)
{
	const struct study_decl *d = t->mod->study;
	bool minimize = d->metric->minimize;
	const char *side = minimize ? "most" : "least";
	struct interval i;
	double end;

	if (!d->gated)
		return 0;
	if (!stats_interval(s->row, s->interval.n, d->confidence,
	    rng_child(t->seed, "interval", 0), &i))
		return 2;
	end = minimize ? i.hi : i.lo;
	if (minimize ? end <= d->gate : end >= d->gate) {
		fprintf(f, "gate met: %s is at %s %.3f on the test rows "
		    "(%g%% interval), %g is wanted\n", d->metric->name, side,
		    end, 100.0 * d->confidence, d->gate);
		return 0;
	}
	fprintf(stderr, "miproc: gate not met: %s is at %s %.3f on the test "
	    "rows (%g%% interval), %g is wanted\n", d->metric->name, side,
	    end, 100.0 * d->confidence, d->gate);
	return 5;
}

/* The gate, and --require-improvement. */
static int
required(const struct compilation *c, const struct tune_task *t,
    const struct tune_result *r)
{
	bool minimize = t->mod->study->metric->minimize;
	int status = tuning_gate(t, r->improved ? &r->test_after :
	    &r->test_before, stdout);

	if (status != 0 || !c->o->require_improvement || (r->improved &&
	    report_sign(&r->test_difference, r->p_value, minimize) > 0))
		return status;
	fprintf(stderr, "miproc: no improvement for certain on the test rows, "
	    "as --require-improvement wants\n");
	return 6;
}

static int
stopped_status(const struct tune_result *r)
{
	if (r->complete)
		return 0;
	return r->why_stopped == MIP_CANCELLED ? 130 :
	    mip_status_exit(r->why_stopped);
}

/* May the result be written?  0, or the exit status after messages. */
static int
settle(const struct compilation *c, const struct tune_task *t,
    const struct tune_result *r)
{
	int status;

	if (!c->mod->study->gated && !c->o->require_improvement)
		return 0;
	if (r->tested) {
		status = required(c, t, r);
	} else {
		fprintf(stderr, "miproc: %s is not decided without the test "
		    "rows\n", c->mod->study->gated ? "the gate" :
		    "--require-improvement");
		status = stopped_status(r);
	}
	if (status != 0)
		fprintf(stderr, "miproc: nothing was written\n");
	return status;
}

static bool
has_demos(const struct tune_result *r)
{
	return r->slots != NULL && strstr(r->slots, ".demos\"") != NULL;
}

/* Writes the tuned file and sets its values in the module. */
static int
keep(struct compilation *c, const struct tune_task *t,
    const struct tune_result *r)
{
	struct buf text = BASE_BUF_INIT;
	bool fresh = access(c->tuned_path, F_OK) != 0, ok;

	tuned_write(&text, t, r);
	ok = file_write(c->tuned_path, &text);
	buf_release(&text);
	if (!ok)
		return file_error("write", c->tuned_path);
	if (fresh && has_demos(r))
		diag(&c->diag, c->mod->study->at, E_DEMO_PRIVATE, "%s holds "
		    "demonstrations made of training rows", c->tuned_path);
	return compile_tuned(c, false);
}

/* Who is told of what goes on. */
struct watching {
	struct progress *progress;
	struct tracing tracing;
};

static void
on_event(void *arg, const struct tune_event *e)
{
	struct watching *w = arg;

	progress_event(w->progress, e);
	tracing_trial(&w->tracing, e);
}

int
tuning_run(struct compilation *c, struct build *b)
{
	struct progress progress = { .tty = isatty(2) != 0,
	    .quiet = c->o->quiet };
	struct watching watching = { .progress = &progress };
	struct tune_observer observer = { on_event, &watching };
	struct tune_result r;
	struct tune_bound bound;
	struct tune_task t;
	enum mip_status s;
	char why[320] = "";
	int status = tuning_task(c, b, &t), wrote;

	if (status != 0)
		return status;
	s = tune_bound(&t, &bound, why);
	if (s != MIP_OK) {
		fprintf(stderr, "miproc: %s\n", why);
		return mip_status_exit(s);
	}
	if (!c->o->quiet || c->o->dry_run)
		print_bound(&t, &bound);
	if (c->o->dry_run)
		return 0;
	if (!can_show(c, &t))
		return 2;
	if (!file_may_write(c->tuned_path, c->a))
		return file_error("write", c->tuned_path);
	status = report_usage_check(c->o->usage, c->a);
	if (status != 0)
		return status;
	memset(&r, 0, sizeof r);
	c->catch();
	tracing_begin(&watching.tracing, t.trace, "tune",
	    t.mod->program->name);
	tracing_parts(&watching.tracing);
	t.traceparent = watching.tracing.traceparent;
	s = tune(c->a, &t, &observer, &r);
	tracing_end(&watching.tracing, r.why_stopped, r.message);
	progress_end(&progress);
	wrote = report_usage_file(c->o->usage, &r.usage);
	if (s != MIP_OK) {
		fprintf(stderr, "miproc: %s%s\n", r.message,
		    s == MIP_QUOTA || s == MIP_DENIED || s == MIP_CANCELLED ||
		    s == MIP_BUDGET || s == MIP_INFRASTRUCTURE ?
		    "; go on with --resume" : "");
		return s == MIP_CANCELLED ? 130 : mip_status_exit(s);
	}
	if (!r.complete)
		fprintf(stderr, "miproc: stopped early: %s; go on with "
		    "--resume\n", r.message);
	print_result(&t, &r);
	status = settle(c, &t, &r);
	if (status != 0)
		return status;
	status = keep(c, &t, &r);
	if (status != 0)
		return status;
	printf("wrote %s\n", c->tuned_path);
	fflush(stdout);
	status = stopped_status(&r);
	return status != 0 ? status : wrote;
}
