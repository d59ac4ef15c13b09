/* Optimizers: settings, and the numbers that follow from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/strategy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tune/choices.h"

const struct strategy_row strategy_rows[STRATEGY_COUNT] = {
#define STRATEGY(name, prefix, word, text) \
	{ word, text, prefix##_plan, prefix##_run },
#include "tune/strategy.def"
#undef STRATEGY
};

enum { CRITIQUE_ROWS = 16 };            /* enough for some that go wrong */

enum want { WANT_COUNT, WANT_SWITCH, WANT_NUMBER, WANT_WORD };

/* X(NAME, "word", what it takes, least, most). */
#define SETTING_MAP(X) \
	X(AUTO,            "auto",             WANT_WORD,   0, 0) \
	X(CANDIDATES,      "candidates",       WANT_COUNT,  2, 1000) \
	X(TRIALS,          "trials",           WANT_COUNT,  1, 100000) \
	X(INSTRUCTIONS,    "instructions",     WANT_COUNT,  1, 1000) \
	X(DEMO_SETS,       "demo_sets",        WANT_COUNT,  1, 1000) \
	X(MAX_BOOTSTRAPPED, "max_bootstrapped", WANT_COUNT, 0, 1000) \
	X(MAX_LABELED,     "max_labeled",      WANT_COUNT,  0, 1000) \
	X(BOOTSTRAP_ROWS,  "bootstrap_rows",   WANT_COUNT,  0, 1000000) \
	X(ROUNDS,          "rounds",           WANT_COUNT,  1, 100) \
	X(THRESHOLD,       "metric_threshold", WANT_NUMBER, -1e300, 1e300) \
	X(MINIBATCH,       "minibatch",        WANT_COUNT,  0, 1000000) \
	X(FULL_EVERY,      "full_every",       WANT_COUNT,  1, 100000) \
	X(DEV_ROWS,        "dev_rows",         WANT_COUNT,  1, 100000000) \
	X(TEMPERATURE,     "init_temperature", WANT_NUMBER, 0, 2) \
	X(TIPS,            "tips",             WANT_SWITCH, 0, 0) \
	X(FORMATS,         "formats",          WANT_SWITCH, 0, 0) \
	X(PARAMS,          "params",           WANT_SWITCH, 0, 0) \
	X(EARLY_STOP,      "early_stop",       WANT_SWITCH, 0, 0) \
	X(SURROGATE,       "surrogate",        WANT_WORD,   0, 0) \
	X(SEED,            "seed",             WANT_COUNT,  0, 9e18)

enum setting_id {
#define SETTING_ENUM(name, word, want, lo, hi) SETTING_##name,
	SETTING_MAP(SETTING_ENUM)
#undef SETTING_ENUM
	SETTING_COUNT
};

static const struct {
	const char *word;
	enum want want;
	double lo, hi;
} setting_row[SETTING_COUNT] = {
#define SETTING_ROW(name, word, want, lo, hi) { word, want, lo, hi },
	SETTING_MAP(SETTING_ROW)
#undef SETTING_ROW
};

static const struct {
	const char *word;
	unsigned candidates;
	size_t ndev;
} presets[] = {
	{ "light", 6, 100 }, { "medium", 12, 300 }, { "heavy", 18, 1000 },
};

/* ---- reading ---- */

static bool
setting_switch(const struct setting *s, bool *out)
{
	if (s->kind == SET_BOOL)
		*out = s->i != 0;
	else if (s->s && (!strcmp(s->s, "on") || !strcmp(s->s, "off")))
		*out = !strcmp(s->s, "on");
	else
		return false;
	return true;
}

/* The value as far as its kind goes; false after a sentence. */
static bool
setting_value(const struct setting *s, enum setting_id id, double *v,
    bool *on, char why[320])
{
	const char *what = "a whole number";
	bool ok = false;

	*v = s->kind == SET_INT ? (double)s->i : s->f;
	switch (setting_row[id].want) {
	case WANT_COUNT:
		ok = s->kind == SET_INT;
		break;
	case WANT_NUMBER:
		what = "a number";
		ok = s->kind == SET_INT || s->kind == SET_FLOAT;
		break;
	case WANT_SWITCH:
		snprintf(why, 320, "the setting %s takes on or off", s->name);
		return setting_switch(s, on);
	case WANT_WORD:
		snprintf(why, 320, "the setting %s takes a word", s->name);
		return s->s != NULL;
	}
	if (ok && *v >= setting_row[id].lo && *v <= setting_row[id].hi)
		return true;
	snprintf(why, 320, "the setting %s takes %s from %g to %g", s->name,
	    what, setting_row[id].lo, setting_row[id].hi);
	return false;
}

static bool
set_auto(struct plan *p, const char *word, char why[320])
{
	size_t i;

	for (i = 0; i < COUNTOF(presets); i++) {
		if (strcmp(word, presets[i].word) != 0)
			continue;
		p->candidates = presets[i].candidates;
		p->ndev = presets[i].ndev;
		return true;
	}
	snprintf(why, 320, "auto is light, medium or heavy, not %.100s", word);
	return false;
}

static bool
setting_apply(struct plan *p, const struct setting *s, enum setting_id id,
    char why[320])
{
	double v = 0;
	bool on = false;
	unsigned n;

	if (!setting_value(s, id, &v, &on, why))
		return false;
	n = v >= 0 && v < 4e9 ? (unsigned)v : 0;
	switch (id) {
	case SETTING_AUTO:            return set_auto(p, s->s, why);
	case SETTING_CANDIDATES:      p->candidates = n; break;
	case SETTING_TRIALS:          p->trials = n; break;
	case SETTING_INSTRUCTIONS:    p->instructions = n; break;
	case SETTING_DEMO_SETS:       p->demo_sets = n; break;
	case SETTING_MAX_BOOTSTRAPPED: p->max_bootstrapped = n; break;
	case SETTING_MAX_LABELED:     p->max_labeled = n; break;
	case SETTING_BOOTSTRAP_ROWS:  p->bootstrap_rows = n; break;
	case SETTING_ROUNDS:          p->rounds = n; break;
	case SETTING_THRESHOLD:
		p->threshold = v;
		p->threshold_set = true;
		break;
	case SETTING_MINIBATCH:       p->minibatch = n; break;
	case SETTING_FULL_EVERY:      p->full_every = n; break;
	case SETTING_DEV_ROWS:        p->ndev = n; break;
	case SETTING_TEMPERATURE:     p->temperature = v; break;
	case SETTING_TIPS:            p->tips = on; break;
	case SETTING_FORMATS:         p->formats = on; break;
	case SETTING_PARAMS:          p->params = on; break;
	case SETTING_EARLY_STOP:      p->early_stop = on; break;
	case SETTING_SURROGATE:
		snprintf(why, 320, "there is no surrogate %.100s", s->s);
		return surrogate_kind(s->s, &p->surrogate);
	case SETTING_SEED:            break;
	case SETTING_COUNT:           break;
	}
	return true;
}

static enum setting_id
setting_find(const char *name)
{
	unsigned i;

	for (i = 0; i < SETTING_COUNT; i++)
		if (strcmp(setting_row[i].word, name) == 0)
			break;
	return (enum setting_id)i;
}

/* `auto` first, so that the others go over it; the first of a name counts,
 * as the command line's come before the file's. */
static bool
settings_read(struct plan *p, const struct setting *first, char why[320])
{
	const struct setting *s, *t;
	enum setting_id id;
	unsigned turn;

	for (turn = 0; turn < 2; turn++) {
		for (s = first; s; s = s->next) {
			id = setting_find(s->name);
			if (id == SETTING_COUNT) {
				snprintf(why, 320, "%s has no setting %.100s",
				    strategy_rows[p->strategy].word, s->name);
				return false;
			}
			for (t = first; strcmp(t->name, s->name); t = t->next)
				continue;
			if (t == s && (id == SETTING_AUTO) == (turn == 0) &&
			    !setting_apply(p, s, id, why))
				return false;
		}
	}
	return true;
}

/* ---- what follows ---- */

/* Has the proposer something to learn of what the metric says? */
static bool
critiques(const struct tune_task *t, const struct plan *p)
{
	const struct prompt *l;
	const struct fn *f;
	bool says = false, hears = false;

	for (f = t->mod->fn; f; f = f->next)
		says = says || (f->kind == FN_METRIC && f->name &&
		    strcmp(f->name, t->metric) == 0 && f->comments);
	for (l = t->mod->prompt; l; l = l->next)
		hears = hears || strategy_tunes(t, p, l,
		    SLOT_INSTRUCTION);
	return says && hears;
}

static void
plan_rest(const struct tune_task *t, struct plan *p)
{
	bool demos = t->train.n > 0 && (p->max_bootstrapped > 0 ||
	    p->max_labeled > 0);
	unsigned n = p->candidates;
	size_t want;

	if (p->demo_sets == 0)
		p->demo_sets = n;
	if (!demos)
		p->demo_sets = 1;
	if (p->instructions == 0)
		p->instructions = p->demo_sets > 1 ? (n + 1) / 2 : n;
	if (p->ndev == 0 || p->ndev > t->dev.n)
		p->ndev = t->dev.n;
	if (p->minibatch >= p->ndev)
		p->minibatch = 0;
	/* Twice what the sets hold leaves room for variety; some rows fail. */
	want = (size_t)p->max_bootstrapped * p->demo_sets;
	if (p->bootstrap_rows == 0)
		p->bootstrap_rows = want < 16 ? 32 : 2 * want;
	if (p->bootstrap_rows > t->train.n)
		p->bootstrap_rows = t->train.n;
	if (p->max_bootstrapped == 0 || p->demo_sets < 2)
		p->bootstrap_rows = 0;
	p->critique_rows = critiques(t, p) ? CRITIQUE_ROWS : 0;
	if (p->critique_rows > t->train.n)
		p->critique_rows = t->train.n;
	if (p->bootstrap_rows < p->critique_rows)
		p->bootstrap_rows = p->critique_rows;
}

enum mip_status
strategy_make(const struct tune_task *t, struct plan *p, char why[320])
{
	unsigned i;

	for (i = 0; i < STRATEGY_COUNT; i++)
		if (strcmp(strategy_rows[i].word, t->strategy) == 0)
			break;
	if (i == STRATEGY_COUNT) {
		snprintf(why, 320, "there is no strategy %.100s; there are "
		    "mipro, bootstrap and random", t->strategy);
		return MIP_USAGE;
	}
	*p = (struct plan){ .strategy = (enum strategy)i, .candidates = 6,
	    .ndev = 100, .max_bootstrapped = 4, .max_labeled = 4,
	    .minibatch = 35, .full_every = 5, .rounds = 1, .formats = true,
	    .params = true, .tips = true, .early_stop = true,
	    .temperature = 1, .surrogate = SURROGATE_LINEAR };
	strategy_rows[i].plan(p);
	if (!settings_read(p, t->setting, why))
		return MIP_USAGE;
	plan_rest(t, p);
	return MIP_OK;
}

unsigned
strategy_trials(const struct plan *p, size_t nvar)
{
	double n = p->candidates, byvar, trials;

	if (nvar == 0)
		return 0;
	if (p->trials > 0)
		return p->trials;
	byvar = 2 * (double)nvar * log2(n);
	trials = fmax(byvar, 1.5 * n);
	return trials < 100000 ? (unsigned)trials : 100000;
}

unsigned
strategy_full(const struct plan *p, unsigned trials)
{
	if (p->minibatch == 0)
		return trials + 1;
	return trials / p->full_every + (trials % p->full_every != 0) + 1;
}

static unsigned
count(const bool *may, unsigned n)
{
	unsigned i, k = 0;

	for (i = 0; i < n; i++)
		k += may[i];
	return k;
}

bool
strategy_tunes(const struct tune_task *t, const struct plan *p,
    const struct prompt *l, enum slot_kind k)
{
	if (l->freeze[k] || l->eval_only)
		return false;
	switch (k) {
	case SLOT_INSTRUCTION:
		return p->instructions > 1;
	case SLOT_DEMOS:
		return p->demo_sets > 1 && t->train.n > 0 && l->max_demos > 0;
	case SLOT_FORMAT:
		return (l->tune[k] ? p->params : p->formats) &&
		    count(l->formats, MIP_NFORMAT) > 1;
	case SLOT_STRUCTURE:
		return p->params && count(l->structures, IR_NSTRUCTURE) > 1;
	case SLOT_TEMPERATURE:
		return p->params && choices_many(&l->temperatures);
	case SLOT_COUNT:
		break;
	}
	BUG("slot");
}

bool
strategy_tunes_param(const struct plan *p, const struct param *v)
{
	return p->params && !v->frozen && choices_many(&v->choices);
}

size_t
strategy_slots(const struct tune_task *t, const struct plan *p)
{
	const struct prompt *l;
	const struct param *v;
	size_t n = 0;
	unsigned k;

	for (l = t->mod->prompt; l; l = l->next)
		for (k = 0; k < SLOT_COUNT; k++)
			n += strategy_tunes(t, p, l, (enum slot_kind)k);
	for (v = t->mod->param; v; v = v->next)
		n += strategy_tunes_param(p, v);
	return n;
}
