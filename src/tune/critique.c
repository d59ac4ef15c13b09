/* What metrics say of the calls of single leaves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/critique.h"

#include <string.h>

#include "tune/propose.h"

enum {
	KEPT = 32,                      /* of a leaf */
	SHOWN = 3                       /* in one proposal */
};

/* One call, and what was wrong with it. */
struct critique {
	struct critique *next;
	const char *text;
	double gain;                    /* of the leaf, else of the run */
};

/* The worst credit of the leaf, in gains; an absent one if there is none. */
static struct json
worst(const struct tuning *u, struct json answer, const char *leaf,
    double *gain)
{
	struct json list = json_get(answer, "credits"), v;
	struct json_walk w = json_walk(list);
	struct json found = { NULL, 0 };
	double one;

	while (json_next(&w, NULL, &v)) {
		if (!json_string_is(json_get(v, "leaf"), leaf) ||
		    !json_double(json_get(v, "value"), &one))
			continue;
		one = tuning_gain(u, one);
		if (found.n > 0 && one >= *gain)
			continue;
		*gain = one;
		found = v;
	}
	return found;
}

bool
critique_credit(const struct tuning *u, struct json answer, const char *leaf,
    double *gain)
{
	return worst(u, answer, leaf, gain).n > 0;
}

/* The last call of the leaf in the run. */
static struct json
last_step(struct json answer, const char *leaf)
{
	struct json list = json_get(answer, "steps"), v;
	struct json_walk w = json_walk(list);
	struct json found = { NULL, 0 };

	while (json_next(&w, NULL, &v))
		if (json_string_is(json_get(v, "leaf"), leaf) &&
		    json_kind(json_get(v, "in")) == JSON_OBJECT)
			found = v;
	return found;
}

static void
note(struct tuning *u, struct leaf *l, struct json step, double gain,
    const char *why)
{
	struct critique *c = arena_alloc(u->a, sizeof *c);
	struct buf b = BASE_BUF_INIT;

	buf_puts(&b, "in: ");
	propose_put(&b, json_get(step, "in"));
	if (json_kind(json_get(step, "out")) == JSON_OBJECT) {
		buf_puts(&b, "\nout: ");
		propose_put(&b, json_get(step, "out"));
	}
	buf_printf(&b, "\nwrong: %s\n", why);
	c->text = arena_strndup(u->a, buf_str(&b), b.len);
	c->gain = gain;
	buf_release(&b);
	*(l->ncritique++ > 0 ? &l->last_critique->next : &l->critique) = c;
	l->last_critique = c;
}

void
critique_read(struct tuning *u, struct json answer, double gain)
{
	const char *feedback = json_string(u->a, json_get(json_get(answer,
	    "feedback"), u->t->metric)), *why;
	size_t i;

	for (i = 0; i < u->nleaf; i++) {
		struct leaf *l = &u->leaf[i];
		struct json step, credit;
		double own = gain;

		if (!l->tunes[SLOT_INSTRUCTION] || l->ncritique == KEPT)
			continue;
		step = last_step(answer, l->prompt->name);
		credit = worst(u, answer, l->prompt->name, &own);
		why = json_string(u->a, json_get(credit, "why"));
		if (!why)
			why = feedback;
		if (step.n > 0 && why && *why)
			note(u, l, step, own, why);
	}
}

const char *
critique_text(struct tuning *u, const struct leaf *l, size_t i,
    double threshold)
{
	const struct critique *c;
	struct buf b = BASE_BUF_INIT;
	size_t n = 0, k = 0, at;
	const char *s;

	for (c = l->critique; c; c = c->next)
		n += c->gain < threshold;
	if (n == 0)
		return "none";
	for (c = l->critique; c; c = c->next) {
		if (!(c->gain < threshold))
			continue;
		/* Each proposal sees others, as far as there are any. */
		at = (k++ + n - i * SHOWN % n) % n;
		if (at < SHOWN)
			buf_printf(&b, "%s%s", b.len > 0 ? "\n" : "",
			    c->text);
	}
	s = arena_strndup(u->a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}
