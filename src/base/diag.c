/* Messages about the user's source: what is reported, dropped, counted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/diag.h"

#include <string.h>

#include "base/diag_in.h"
#include "core/buf.h"

const struct diag_info diag_classes[E_NCLASS] = {
#define D(name, code, sev, text, flag, explain) \
	{ text, flag, explain, sev, code },
#include "base/diag.def"
#undef D
};

void
diag_init(struct diag *d, const struct sources *s, FILE *out)
{
	struct diag_list *l = arena_alloc(s->a, sizeof(*l));

	l->a = s->a;
	*d = (struct diag){ .sources = s, .out = out, .list = l };
	d->off[E_MISSING_DESCRIPTION] = 1;
	d->off[E_SWITCH] = 1;
}

bool
diag_full(const struct diag *d)
{
	return d->max_errors && d->nerror >= d->max_errors;
}

/* The severity that `c` has now; SEV_NOTE if it is not to be shown. */
static enum severity
severity(const struct diag *d, enum diag_class c)
{
	if (diag_classes[c].severity != SEV_WARNING)
		return diag_classes[c].severity;
	if (d->as_error[c])
		return SEV_ERROR;
	if (d->off[c] || d->quiet)
		return SEV_NOTE;
	return d->werror ? SEV_ERROR : SEV_WARNING;
}

static void
keep(struct diag *d, struct diag_message *m)
{
	struct diag_list *l = d->list;

	if (d->format == DIAG_TEXT) {
		diag_text(d, m);
		return;
	}
	if (l->last)
		l->last->next = m;
	else
		l->first = m;
	l->last = m;
	l->last_note = NULL;
}

void
diag(struct diag *d, struct span at, enum diag_class c, const char *detail,
    ...)
{
	struct diag_list *l = d->list;
	struct diag_message *m;
	enum severity sev = severity(d, c);
	const char *text;
	va_list ap;

	l->shown = false;
	if (sev == SEV_NOTE)
		return;
	if (diag_full(d))
		return;
	m = arena_alloc(l->a, sizeof(*m));
	va_start(ap, detail);
	text = arena_vprintf(l->a, detail, ap);
	va_end(ap);
	m->class = c;
	m->severity = sev;
	m->at = at;
	m->text = *text ? arena_printf(l->a, "%s: %s", diag_classes[c].text,
	    text) : diag_classes[c].text;
	if (sev == SEV_ERROR)
		d->nerror++;
	else
		d->nwarning++;
	l->shown = true;
	l->now = m;
	keep(d, m);
}

void
diag_fix(struct diag *d, struct span at, const char *text)
{
	struct diag_list *l = d->list;
	struct diag_change *f, **p;

	if (!l->shown)
		return;
	f = arena_alloc(l->a, sizeof(*f));
	f->at = at;
	f->text = arena_strdup(l->a, text);
	for (p = &l->now->fix; *p; p = &(*p)->next)
		continue;
	*p = f;
	if (d->format == DIAG_TEXT)
		diag_text_fix(d, l->now, f);
}

void
diag_note(struct diag *d, struct span at, const char *fmt, ...)
{
	struct diag_list *l = d->list;
	struct diag_message *m;
	va_list ap;

	if (!l->shown)
		return;
	m = arena_alloc(l->a, sizeof(*m));
	va_start(ap, fmt);
	m->text = arena_vprintf(l->a, fmt, ap);
	va_end(ap);
	m->class = E_NCLASS;
	m->severity = SEV_NOTE;
	m->at = at;
	if (d->format == DIAG_TEXT) {
		diag_text(d, m);
		return;
	}
	if (l->last_note)
		l->last_note->next = m;
	else
		l->last->note = m;
	l->last_note = m;
}

bool
diag_flag(struct diag *d, const char *name, bool on, bool error)
{
	bool found = false;
	unsigned c;

	for (c = 0; c < E_NCLASS; c++) {
		if (!diag_classes[c].flag ||
		    strcmp(diag_classes[c].flag, name) != 0)
			continue;
		found = true;
		d->as_error[c] = on && error;
		if (!error || on)
			d->off[c] = !on;
	}
	return found;
}

bool
diag_is_on(const struct diag *d, const char *name)
{
	unsigned c;

	for (c = 0; c < E_NCLASS; c++)
		if (diag_classes[c].flag &&
		    strcmp(diag_classes[c].flag, name) == 0)
			return severity(d, (enum diag_class)c) != SEV_NOTE;
	return false;
}

const char *
diag_code(enum diag_class c)
{
	/* One string a class, so that nothing need be made. */
	static const char *const code[E_NCLASS] = {
#define D(name, number, sev, text, flag, explain) "MP0" #number,
#include "base/diag.def"
#undef D
	};

	return code[c];
}

const char *
diag_explain(const char *code)
{
	unsigned c;

	for (c = 0; c < E_NCLASS; c++)
		if (strcmp(diag_code((enum diag_class)c), code) == 0)
			return diag_classes[c].explain;
	return NULL;
}

bool
diag_warning(unsigned i, const char **name, const char **text)
{
	unsigned c;

	for (c = 0; c < E_NCLASS; c++)
		if (diag_classes[c].flag && i-- == 0) {
			*name = diag_classes[c].flag;
			*text = diag_classes[c].text;
			return true;
		}
	return false;
}

void
diag_finish(struct diag *d)
{
	switch (d->format) {
	case DIAG_TEXT:
		if (diag_full(d))
			fprintf(d->out, "miproc: too many errors (%u); "
			    "looked no further\n", d->nerror);
		break;
	case DIAG_JSON:
		diag_json(d);
		break;
	case DIAG_SARIF:
		diag_sarif(d);
		break;
	}
	fflush(d->out);
}

struct diag_range
diag_range(const struct diag *d, struct span at)
{
	struct diag_range r;

	r.from = sources_place(d->sources, at.off);
	r.to = sources_place(d->sources, at.off + (at.len ? at.len - 1 : 0));
	return r;
}

enum { NEAR_MAX = 64 };                 /* longer names are not compared */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein distance (swaps of neighbours count 1), at most `max`;
 * more than that gives max + 1. */
static unsigned
distance(const char *x, size_t nx, const char *y, size_t ny, unsigned max)
{
	unsigned row[3][NEAR_MAX + 1], *p = row[0], *q = row[1], *r = row[2];
	unsigned *t, best;
	size_t i, k;

	if ((nx > ny ? nx - ny : ny - nx) > max)
		return max + 1;
	for (k = 0; k <= ny; k++)
		q[k] = (unsigned)k;
	for (i = 1; i <= nx; i++) {
		r[0] = best = (unsigned)i;
		for (k = 1; k <= ny; k++) {
			r[k] = q[k - 1] + (x[i - 1] != y[k - 1]);
			r[k] = least(r[k], least(q[k], r[k - 1]) + 1);
			if (i > 1 && k > 1 && x[i - 1] == y[k - 2] &&
			    x[i - 2] == y[k - 1])
				r[k] = least(r[k], p[k - 2] + 1);
			best = least(best, r[k]);
		}
		if (best > max)
			return max + 1;
		t = p, p = q, q = r, r = t;
	}
	return least(q[ny], max + 1);
}

static bool
same_but_case(const char *x, const char *y)
{
	for (; *x && *y; x++, y++) {
		unsigned a = (unsigned char)*x, b = (unsigned char)*y;

		if (a - 'A' < 26)
			a += 32;
		if (b - 'A' < 26)
			b += 32;
		if (a != b)
			return false;
	}
	return *x == *y;
}

const char *
diag_nearest(const char *word, const char *const *name, size_t n)
{
	const char *best = NULL;
	size_t i, len = strlen(word), other;
	unsigned max = (unsigned)(len / 3), got;

	if (len > NEAR_MAX)
		return NULL;
	for (i = 0; i < n; i++) {
		if (same_but_case(word, name[i]))
			return name[i];
		other = strlen(name[i]);
		if (max == 0 || other > NEAR_MAX)
			continue;
		got = distance(word, len, name[i], other, max);
		if (got <= max) {
			best = name[i];
			max = got - 1;
		}
	}
	return best;
}
