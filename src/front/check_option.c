/* Options: their names, their values, and reading them afterwards.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "front/check_in.h"

/* ---- values ---- */

/* Is it env(...)? */
static bool
is_env(const struct ast *e)
{
	return e && e->kind == AST_CALL && e->u.call.fn->kind == AST_NAME &&
	    strcmp(e->u.call.fn->u.name.name, "env") == 0;
}

static struct check_value
env_value(const struct ast *e)
{
	const struct ast *x = e->u.call.arg;
	struct check_value v = { .kind = CV_ENV };

	if (x && x->u.arg.value->kind == AST_STRING)
		v.env = x->u.arg.value->u.string.text;
	if (x && x->next && x->next->u.arg.value->kind == AST_STRING)
		v.s = x->next->u.arg.value->u.string.text;
	return v;
}

static struct check_value
quantity_value(const struct ast *e)
{
	struct check_value v = { .kind = CV_TIME,
	    .f = e->u.quantity.value };

	switch (e->u.quantity.unit) {
	case UNIT_MS:      break;
	case UNIT_S:       v.f *= 1e3; break;
	case UNIT_MIN:     v.f *= 60e3; break;
	case UNIT_H:       v.f *= 3600e3; break;
	case UNIT_K:       v.kind = CV_INT; v.f *= 1e3; break;
	case UNIT_M:       v.kind = CV_INT; v.f *= 1e6; break;
	case UNIT_PERCENT: v.kind = CV_FLOAT; v.f /= 100; break;
	case UNIT_USD:     v.kind = CV_MONEY; break;
	}
	v.i = (int64_t)llround(v.f);
	if (v.kind == CV_INT && fabs(v.f - (double)v.i) > 1e-9)
		v.kind = CV_FLOAT;
	return v;
}

static struct check_value
constant_value(struct arena *a, const struct ast *e)
{
	struct check_value v = { .kind = CV_NONE };
	struct ty_const k;

	if (!check_const(a, e, &k))
		return v;
	v.s = k.s;
	v.i = k.i;
	v.f = k.f;
	switch (k.kind) {
	case TYC_NONE: case TYC_LIST: case TYC_RECORD: case TYC_MAP:
	case TYC_ARM:
		break;
	case TYC_NULL:   v.kind = CV_NULL; break;
	case TYC_STRING: v.kind = CV_STRING; break;
	case TYC_BOOL:   v.kind = CV_BOOL; break;
	case TYC_ENUM:   v.kind = CV_WORD; break;
	case TYC_INT:
		v.kind = CV_INT;
		v.f = (double)k.i;
		break;
	case TYC_FLOAT:
		v.kind = CV_FLOAT;
		v.i = fabs(k.f) < 9e18 ? (int64_t)llround(k.f) : 0;
		break;
	}
	return v;
}

struct check_value
check_value(struct arena *a, const struct ast *e)
{
	struct check_value v = { .kind = CV_NONE };

	if (!e)
		return v;
	if (is_env(e))
		return env_value(e);
	if (e->kind == AST_QUANTITY)
		return quantity_value(e);
	if (e->kind == AST_NAME && !e->sym) {
		v.kind = CV_WORD;
		v.s = e->u.name.name;
		return v;
	}
	return constant_value(a, e);
}

/* ---- rules ---- */

static const char *
kind_text(const struct option_rule *r)
{
	switch (r->kind) {
	case OPT_INT:      return "a whole number, not negative";
	case OPT_NUMBER: case OPT_SLOT_NUMBER:
		return "a number, not negative";
	case OPT_BOOL:     return "true or false";
	case OPT_TIME:     return "a time, as 250ms, 5s, 2min or 1h";
	case OPT_MONEY:    return "money, as 1.5usd";
	case OPT_STRING:   return "a string";
	case OPT_SETTING:  return "a string or env(\"NAME\", \"else\")";
	case OPT_ENV:      return "env(\"NAME\")";
	case OPT_WORD: case OPT_SLOT_WORD:
		return r->words;
	case OPT_INT_OR_AUTO: return "a whole number or auto";
	case OPT_TIME_OR_SHARE: return "a time, as 20s, or a percentage of "
		"calls above 0% and below 100%, as 95%";
	case OPT_DEMOS:    return "a whole number, none or knn(...)";
	case OPT_STRINGS:  return "a string or a list of strings";
	case OPT_STATUSES: return "a list of 408, 409, 425, 429 and 500 to "
		"599: others do not pass";
	case OPT_BLOCK:    return "a block { ... }";
	case OPT_BLOCK_OR_FREE: return "free or a block { ... }";
	case OPT_OTHER:    return "something else";
	}
	BUG("option kind");
}

bool
check_is_word(const char *words, const char *s)
{
	size_t n = strlen(s), len;

	for (; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (len == n && strncmp(words, s, n) == 0)
			return true;
	}
	return false;
}

/* Types names and arithmetic; literals of options need no typing. */
static bool
constant(struct check *c, struct ast *e)
{
	struct ty_const k;

	if (e->kind == AST_QUANTITY || e->kind == AST_STRING ||
	    e->kind == AST_INT || e->kind == AST_FLOAT || e->kind == AST_BOOL)
		return true;
	return check_constant(c, e, NULL, &k);
}

/* Is NAME, DOT: a constant of the program, rather than a word? */
static bool
is_declared(struct check *c, struct ast *e)
{
	bool failed = false;

	return e->kind != AST_NAME || check_ref(c, e, &failed);
}

static bool
env_ok(const struct ast *e)
{
	const struct ast *x = e->u.call.arg;
	struct check_value v = env_value(e);
	const char *p;

	if (!x || !v.env || !*v.env || (x->next && (!v.s || x->next->next)))
		return false;
	for (p = v.env; *p; p++)
		if (*p == '=' || *p == ' ')
			return false;
	return true;
}

static bool
list_of(struct check *c, struct ast *e, int kind)
{
	struct ast *x;

	for (x = e->u.list.item; x; x = x->next)
		if (!constant(c, x) || (int)check_value(c->a, x).kind != kind)
			return false;
	return true;
}

/* What is the request's own fault is the same the next time. */
static bool
statuses_of(struct check *c, struct ast *e)
{
	const struct ast *x;
	int64_t n;

	if (!list_of(c, e, CV_INT))
		return false;
	for (x = e->u.list.item; x; x = x->next) {
		n = check_value(c->a, x).i;
		if (n != 408 && n != 409 && n != 425 && n != 429 &&
		    (n < 500 || n > 599))
			return false;
	}
	return true;
}

static bool
takes_word(const struct option_rule *r)
{
	return r->kind == OPT_WORD || r->kind == OPT_SLOT_WORD;
}

static bool
fits(struct check *c, struct ast *e, const struct option_rule *r)
{
	struct check_value v;
	bool declared = false;

	if (is_env(e))
		return (r->kind == OPT_SETTING || r->kind == OPT_ENV) &&
		    env_ok(e);
	if (check_is_knn(e))
		return r->kind == OPT_DEMOS;
	if (e->kind == AST_LIST)
		return (r->kind == OPT_STRINGS && list_of(c, e, CV_STRING)) ||
		    (r->kind == OPT_STATUSES && statuses_of(c, e));
	if (!takes_word(r) && r->kind != OPT_BLOCK_OR_FREE &&
	    !((r->kind == OPT_DEMOS || r->kind == OPT_INT_OR_AUTO) &&
	    e->kind == AST_NAME)) {
		declared = is_declared(c, e);
		if (!declared || !constant(c, e))
			return false;
	}
	v = check_value(c->a, e);
	switch (r->kind) {
	case OPT_INT:
		return v.kind == CV_INT && v.i >= 0;
	case OPT_NUMBER: case OPT_SLOT_NUMBER:
		return (v.kind == CV_INT || v.kind == CV_FLOAT) && v.f >= 0;
	case OPT_BOOL:
		return v.kind == CV_BOOL;
	case OPT_TIME:
		return v.kind == CV_TIME;
	case OPT_MONEY:
		return v.kind == CV_MONEY;
	case OPT_STRING: case OPT_SETTING: case OPT_STRINGS:
		return v.kind == CV_STRING;
	case OPT_WORD: case OPT_SLOT_WORD:
		return v.kind == CV_WORD && check_is_word(r->words, v.s);
	case OPT_DEMOS:
		return (v.kind == CV_WORD && strcmp(v.s, "none") == 0) ||
		    (v.kind == CV_INT && v.i >= 0);
	case OPT_INT_OR_AUTO:
		return (v.kind == CV_WORD && strcmp(v.s, "auto") == 0) ||
		    (v.kind == CV_INT && v.i >= 0);
	case OPT_TIME_OR_SHARE:
		return v.kind == CV_TIME || (v.kind == CV_FLOAT && v.f > 0 &&
		    v.f < 1);
	case OPT_BLOCK_OR_FREE:
		return v.kind == CV_WORD && strcmp(v.s, "free") == 0;
	case OPT_ENV: case OPT_STATUSES: case OPT_BLOCK: case OPT_OTHER:
		return false;
	}
	BUG("option kind");
}

/* The option of a rule: a value, or a block where that is wanted. */
static void
known(struct check *c, struct ast *o, const struct option_rule *r)
{
	struct ast *e = o->u.option.value;
	unsigned before = c->d->nerror;

	if (r->kind == OPT_OTHER) {
		if (o->u.option.tune)
			check_tune_option(c, o, r);
		return;
	}
	if (!e && (r->kind == OPT_BLOCK || r->kind == OPT_BLOCK_OR_FREE)) {
		check_options(c, o->u.option.option, r->sub, r->name, false);
		return;
	}
	if (o->u.option.option)
		diag(c->d, o->u.option.name_at, E_VALUE,
		    "'%s' takes no block", r->name);
	else if (r->kind == OPT_ENV && e && !is_env(e))
		diag(c->d, o->u.option.name_at, E_SECRET, "'%s' takes %s",
		    r->name, kind_text(r));
	else if ((!e || !fits(c, e, r)) && c->d->nerror == before)
		diag(c->d, e ? e->at : o->at, E_VALUE, "'%s' takes %s%s",
		    r->name, takes_word(r) ? "one of: " : "", kind_text(r));
	if (o->u.option.tune && c->d->nerror == before)
		check_tune_option(c, o, r);
}

/* An option that is none of ours: to be plain, and told of. */
static void
passed(struct check *c, struct ast *o, const char *near)
{
	struct ast *e = o->u.option.value;
	struct check_value v;

	if (!e || o->u.option.option || o->u.option.tune) {
		diag(c->d, o->u.option.name_at, E_OPTION, "'%s'%s",
		    o->u.option.name, near);
		check_offer(c, o->u.option.name_at);
		return;
	}
	if (e->kind != AST_NAME && !is_env(e) && !constant(c, e))
		return;
	v = check_value(c->a, e);
	if (v.kind == CV_NONE || v.kind == CV_ENV || v.kind == CV_TIME ||
	    v.kind == CV_MONEY)
		diag(c->d, e->at, E_VALUE, "'%s' goes to the provider, and "
		    "takes a string, number or bool", o->u.option.name);
	else {
		diag(c->d, o->u.option.name_at, E_PROVIDER_OPTION, "'%s' "
		    "is sent as it stands%s",
		    o->u.option.name, near);
		check_offer(c, o->u.option.name_at);
	}
}

static void
unknown(struct check *c, struct ast *o, const struct option_rule *rule,
    const char *what, bool open)
{
	const char *from[64], *near;
	size_t n;

	for (n = 0; rule[n].name && n < COUNTOF(from); n++)
		from[n] = rule[n].name;
	near = check_nearest(c, o->u.option.name, from, n);
	if (open)
		passed(c, o, near);
	else {
		diag(c->d, o->u.option.name_at, E_OPTION, "%s has no '%s'%s",
		    what, o->u.option.name, near);
		check_offer(c, o->u.option.name_at);
	}
}

void
check_options(struct check *c, struct ast *list,
    const struct option_rule *rule, const char *what, bool open)
{
	struct scope *seen = scope_new(c->a, NULL);
	const struct option_rule *r;
	struct symbol *s, *old;
	struct ast *o;

	for (o = list; o; o = o->next) {
		s = check_new_symbol(c, SYM_VAR, o->u.option.name, o);
		old = scope_add(seen, s->name, s);
		if (old) {
			diag(c->d, o->u.option.name_at, E_DUPLICATE,
			    "option '%s'", s->name);
			diag_note(c->d, old->decl->u.option.name_at,
			    "the first is here");
			continue;
		}
		for (r = rule; r->name; r++)
			if (strcmp(r->name, s->name) == 0 &&
			    !o->u.option.quoted)
				break;
		if (r->name)
			known(c, o, r);
		else
			unknown(c, o, rule, what, open);
	}
}
