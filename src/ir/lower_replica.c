/* Models that are to be taken for one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/ast.h"
#include "ir/lower_in.h"

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_stops(const char *const *a, const char *const *b)
{
	size_t i;

	if (a == NULL || b == NULL)
		return a == b;
	for (i = 0; a[i] != NULL && same(a[i], b[i]); i++)
		continue;
	return a[i] == NULL && b[i] == NULL;
}

static bool
same_options(const struct mip_model *a, const struct mip_model *b)
{
	unsigned i;

	if (a->noption != b->noption)
		return false;
	for (i = 0; i < a->noption; i++)
		if (!same(a->option[i].name, b->option[i].name) ||
		    !same(a->option[i].value, b->option[i].value))
			return false;
	return true;
}

struct maker {
	const char *name, *speaks;
	bool own;
};

/* The provider of that name; the last, which has none, if there is none. */
static const struct maker *
maker(const char *name)
{
	static const struct maker all[] = {
#define P(name, speaks, lacks, strict, own) { #name, #speaks, own },
#include "provider/provider.def"
#undef P
		{ "", "", false }
	};
	const struct maker *p = all;

	while (p->name[0] && !same(p->name, name))
		p++;
	return p;
}

/* OpenAI's models are at Azure, too, and spoken to in the same way. */
static bool
same_provider(const char *a, const char *b)
{
	return same(maker(a)->speaks, maker(b)->speaks);
}

/* What of the two would make other answers; NULL. */
static const char *
difference(const struct mip_model *a, const struct mip_model *b)
{
	if (!same_provider(a->provider, b->provider))
		return "the provider";
	if (a->temperature < b->temperature || a->temperature > b->temperature)
		return "'temperature'";
	if (a->top_p < b->top_p || a->top_p > b->top_p)
		return "'top_p'";
	if (a->max_tokens != b->max_tokens)
		return "'max_tokens'";
	if (a->seed != b->seed)
		return "'seed'";
	if (!same(a->effort, b->effort))
		return "'effort'";
	if (!same_stops(a->stop, b->stop))
		return "'stop'";
	if (a->structure != b->structure)
		return "'structure'";
	if (!same_options(a, b))
		return "an option of the provider";
	return NULL;
}

void
lower_replicas(struct lower *x, const struct mip_model *m,
    const struct ast *arg)
{
	const struct ast *k;
	const char *what;
	unsigned i = 0;

	for (k = arg; k != NULL; k = k->next, i++) {
		const struct mip_model *of = m->to[i];

		what = difference(m->to[0], of);
		if (what != NULL)
			diag(x->d, k->u.arg.value->at, E_REPLICA, "%s of '%s' "
			    "is not that of '%s'", what, of->name,
			    m->to[0]->name);
		else if (maker(of->provider)->own &&
		    of->base_url.text == NULL && of->base_url.env == NULL)
			diag(x->d, k->u.arg.value->at, E_REPLICA, "'%s' has a "
			    "server of its own: give it a base_url", of->name);
	}
}
