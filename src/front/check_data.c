/* Models, data, optimize blocks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

/* ---- models ---- */

static const struct option_rule price_options[] = {
	{ "in", OPT_NUMBER, NULL, NULL },
	{ "out", OPT_NUMBER, NULL, NULL },
	{ "cached", OPT_NUMBER, NULL, NULL },
	{ "cached_write", OPT_NUMBER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

const struct option_rule check_retries[] = {
	{ "attempts", OPT_INT, NULL, NULL },
	{ "backoff", OPT_TIME, NULL, NULL },
	{ "max_wait", OPT_TIME, NULL, NULL },
	{ "deadline", OPT_TIME, NULL, NULL },
	{ "hedge", OPT_TIME_OR_SHARE, NULL, NULL },
	{ "on", OPT_STATUSES, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule limit_options[] = {
	{ "running", OPT_INT_OR_AUTO, NULL, NULL },
	{ "rpm", OPT_NUMBER, NULL, NULL },
	{ "tpm", OPT_NUMBER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule model_options[] = {
	{ "api_key", OPT_ENV, NULL, NULL },
	{ "base_url", OPT_SETTING, NULL, NULL },
	{ "identity", OPT_STRING, NULL, NULL },
	{ "temperature", OPT_NUMBER, NULL, NULL },
	{ "top_p", OPT_NUMBER, NULL, NULL },
	{ "max_tokens", OPT_INT, NULL, NULL },
	{ "context", OPT_INT, NULL, NULL },
	{ "seed", OPT_INT, NULL, NULL },
	{ "stop", OPT_STRINGS, NULL, NULL },
	{ "effort", OPT_WORD, "none minimal low medium high xhigh max", NULL },
	{ "system", OPT_BOOL, NULL, NULL },
	{ "prompt_cache", OPT_BOOL, NULL, NULL },
	{ "structure", OPT_WORD,
	  "auto native function grammar json_object prompt", NULL },
	{ "timeout", OPT_TIME, NULL, NULL },
	{ "price", OPT_BLOCK_OR_FREE, NULL, price_options },
	{ "retry", OPT_BLOCK, NULL, check_retries },
	{ "limit", OPT_BLOCK, NULL, limit_options },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule route_options[] = {
	{ "sticky", OPT_BOOL, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

/* fallback(a, b), round_robin(a, b), least_loaded(a, b) */
static void
route(struct check *c, struct symbol *s, struct ast *v)
{
	static const char ways[] = "fallback round_robin least_loaded";
	const struct symbol *m;
	struct ast *x;
	const char *name;

	if (v->u.call.fn->kind != AST_NAME) {
		diag(c->d, v->at, E_MODEL, "%s", "");
		return;
	}
	name = v->u.call.fn->u.name.name;
	if (!check_is_word(ways, name))
		diag(c->d, v->u.call.fn->at, E_MODEL, "'%s' is neither "
		    "fallback nor round_robin nor least_loaded", name);
	if (!v->u.call.arg)
		diag(c->d, v->at, E_MODEL, "'%s' names no model", s->name);
	for (x = v->u.call.arg; x; x = x->next) {
		m = check_ref_kind(c, x->u.arg.value, SYM_MODEL);
		if (m && strcmp(name, "least_loaded") == 0 &&
		    m->decl->u.value.value->kind == AST_CALL)
			diag(c->d, x->u.arg.value->at, E_REPLICA, "'%s' is a "
			    "route itself", m->name);
	}
	check_options(c, s->decl->u.value.option, route_options, name, false);
}

/* A model that its provider gives up; servers at other addresses have ids of
 * their own. */
static void
warn_deprecated(struct check *c, const struct ast *v, const char *colon)
{
	static const struct { const char *provider, *id, *instead; } old[] = {
#define DEPRECATED(provider, id, instead) { provider, id, instead },
#include "base/deprecated.def"
#undef DEPRECATED
	};
	size_t before = (size_t)(colon - v->u.string.text), i, n;
	const char *id = colon + 1;

	for (i = 0; i < COUNTOF(old); i++) {
		n = strcspn(old[i].id, "*");
		if (strlen(old[i].provider) == before &&
		    strncmp(old[i].provider, v->u.string.text, before) == 0 &&
		    strncmp(old[i].id, id, n) == 0 &&
		    (old[i].id[n] == '*' || id[n] == '\0')) {
			diag(c->d, v->at, E_DEPRECATED_MODEL, "'%s'; %s takes "
			    "its place", id, old[i].instead);
			return;
		}
	}
}

/* Whether a stop of the list, or the one, is blank. */
static bool
blank_stop(const struct ast *v)
{
	const struct ast *e;

	if (v && v->kind == AST_STRING)
		return v->u.string.text[strspn(v->u.string.text,
		    " \t\r\n\v\f")] == '\0';
	if (v && v->kind == AST_LIST)
		for (e = v->u.list.item; e; e = e->next)
			if (blank_stop(e))
				return true;
	return false;
}

/* The provider before the colon is one that there is, and can be sent what
 * the options say. */
static void
provider(struct check *c, const struct ast *v, struct ast *option,
    size_t n)
{
	static const struct { const char *name, *lacks; } all[] = {
#define P(name, speaks, lacks, strict, own) { #name, lacks },
#include "provider/provider.def"
#undef P
	};
	const char *names = "", *word;
	size_t i;

	for (i = 0; i < COUNTOF(all); i++) {
		names = arena_printf(c->a, "%s%s%s", names, i ? ", " : "",
		    all[i].name);
		if (strlen(all[i].name) == n &&
		    strncmp(all[i].name, v->u.string.text, n) == 0)
			break;
	}
	if (i == COUNTOF(all)) {
		diag(c->d, v->at, E_MODEL, "there is no provider '%.*s'; "
		    "there are %s", (int)n, v->u.string.text, names);
		return;
	}
	for (; option; option = option->next) {
		if (option->u.option.quoted)
			continue;
		word = arena_printf(c->a, " %s ", option->u.option.name);
		if (strstr(all[i].lacks, word))
			diag(c->d, option->u.option.name_at, E_PROVIDER_OPTION,
			    "%s cannot be told '%s'; it is not sent",
			    all[i].name, option->u.option.name);
		else if (strstr(all[i].lacks, " blank_stop ") &&
		    strcmp(option->u.option.name, "stop") == 0 &&
		    blank_stop(option->u.option.value))
			diag(c->d, option->u.option.value->at,
			    E_PROVIDER_OPTION, "%s cannot be told to stop at "
			    "blanks alone; they are not sent", all[i].name);
	}
}

void
check_model(struct check *c, struct symbol *s)
{
	struct ast *v = s->decl->u.value.value;
	const char *colon;

	if (v->kind == AST_CALL) {
		route(c, s, v);
		return;
	}
	if (v->kind != AST_STRING) {
		diag(c->d, v->at, E_MODEL, "expected \"provider:id\"");
		return;
	}
	colon = strchr(v->u.string.text, ':');
	if (!colon || colon == v->u.string.text || !colon[1])
		diag(c->d, v->at, E_MODEL, "expected \"provider:id\", as "
		    "\"openai:gpt-4o-mini\"");
	else if (!ast_option(s->decl->u.value.option, "base_url"))
		warn_deprecated(c, v, colon);
	if (colon && colon > v->u.string.text)
		provider(c, v, s->decl->u.value.option,
		    (size_t)(colon - v->u.string.text));
	check_options(c, s->decl->u.value.option, model_options, "model",
	    true);
}

/* ---- data ---- */

static const struct option_rule file_options[] = {
	{ "rename", OPT_OTHER, NULL, NULL },
	{ "shuffle", OPT_INT, NULL, NULL },
	{ "seed", OPT_INT, NULL, NULL },
	{ "split", OPT_OTHER, NULL, NULL },
	{ "stratify", OPT_OTHER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule parts[] = {
	{ "train", OPT_OTHER, NULL, NULL },
	{ "dev", OPT_OTHER, NULL, NULL },
	{ "test", OPT_OTHER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static void
renames(struct check *c, struct ast *o)
{
	struct ast *x;

	if (o->u.option.value) {
		diag(c->d, o->at, E_VALUE, "'rename' takes a block: "
		    "rename { ours = \"theirs\"; }");
		return;
	}
	for (x = o->u.option.option; x; x = x->next)
		if (!x->u.option.value ||
		    x->u.option.value->kind != AST_STRING)
			diag(c->d, x->at, E_VALUE,
			    "the name in the file is a string");
}

/* split = [0.5, 0.25, 0.25] or [200, 300, 500] */
static void
split(struct check *c, struct ast *o)
{
	struct ast *e = o->u.option.value, *x;
	struct check_value v;
	unsigned n = 0, whole = 0;
	double sum = 0;

	if (!e || e->kind != AST_LIST) {
		diag(c->d, o->at, E_DATA, "'split' takes a list: fractions "
		    "or counts of train, dev, test");
		return;
	}
	for (x = e->u.list.item; x; x = x->next, n++) {
		v = check_value(c->a, x);
		if ((v.kind != CV_INT && v.kind != CV_FLOAT) || v.f < 0) {
			diag(c->d, x->at, E_DATA, "a part is a fraction or a "
			    "count");
			return;
		}
		whole += v.kind == CV_INT;
		sum += v.f;
	}
	if (n < 2 || n > 3)
		diag(c->d, e->at, E_DATA, "two or three parts: train, dev and "
		    "maybe test");
	else if (whole != n && sum > 1 + 1e-9)
		diag(c->d, e->at, E_DATA, "the fractions sum to more than 1");
}

/* jsonl("f") or csv("f") with its options. */
static void
data_file(struct check *c, struct ast *v, struct ast *option)
{
	struct ast *o, *arg;
	const char *fn = "";

	if (v->kind == AST_CALL && v->u.call.fn->kind == AST_NAME)
		fn = v->u.call.fn->u.name.name;
	if (strcmp(fn, "jsonl") != 0 && strcmp(fn, "csv") != 0) {
		diag(c->d, v->at, E_DATA, "expected jsonl(\"file\") or "
		    "csv(\"file\")");
		return;
	}
	arg = v->u.call.arg;
	if (!arg || arg->next || arg->u.arg.value->kind != AST_STRING ||
	    !*arg->u.arg.value->u.string.text)
		diag(c->d, v->at, E_DATA, "'%s' takes the file's name", fn);
	else
		arg->u.arg.value->u.string.path = sources_relative(c->a,
		    c->out->unit->source, c->now.unit->source,
		    arg->u.arg.value->u.string.text);
	check_options(c, option, file_options, "data", false);
	o = ast_option(option, "rename");
	if (o)
		renames(c, o);
	o = ast_option(option, "split");
	if (o)
		split(c, o);
	o = ast_option(option, "stratify");
	if (o && (!o->u.option.value || (o->u.option.value->kind != AST_NAME &&
	    o->u.option.value->kind != AST_STRING)))
		diag(c->d, o->at, E_VALUE, "'stratify' takes a field's name");
}

/* What its rows are, if that is said. */
static void
row_type(struct check *c, struct symbol *s)
{
	struct ast *type = s->decl->u.value.type;
	const struct ty *t = type ? check_type(c, type) : NULL;

	if (t && t->kind == TY_STRUCT)
		s->type = t;
	else if (t && t->kind != TY_POISON)
		diag(c->d, type->at, E_DATA, "rows are a struct, not %s",
		    check_text(c, t));
}

void
check_data(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl, *o;

	row_type(c, s);
	if (n->u.value.value) {
		data_file(c, n->u.value.value, n->u.value.option);
		return;
	}
	check_options(c, n->u.value.option, parts, "data", false);
	for (o = n->u.value.option; o; o = o->next) {
		if (!o->u.option.value) {
			diag(c->d, o->at, E_DATA, "expected jsonl(\"file\") "
			    "or csv(\"file\")");
			continue;
		}
		data_file(c, o->u.option.value, o->u.option.option);
		if (ast_option(o->u.option.option, "split"))
			diag(c->d, o->at, E_DATA, "what is a part already "
			    "cannot be split");
	}
}

/* ---- optimize ---- */

static const struct option_rule budget_options[] = {
	{ "cost", OPT_MONEY, NULL, NULL },
	{ "calls", OPT_INT, NULL, NULL },
	{ "tokens", OPT_INT, NULL, NULL },
	{ "time", OPT_TIME, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule optimize_options[] = {
	{ "using", OPT_OTHER, NULL, NULL },
	{ "train", OPT_OTHER, NULL, NULL },
	{ "dev", OPT_OTHER, NULL, NULL },
	{ "test", OPT_OTHER, NULL, NULL },
	{ "metric", OPT_OTHER, NULL, NULL },
	{ "prompt_model", OPT_OTHER, NULL, NULL },
	{ "teacher", OPT_OTHER, NULL, NULL },
	{ "budget", OPT_BLOCK, NULL, budget_options },
	{ "gate", OPT_OTHER, NULL, NULL },
	{ "freeze", OPT_OTHER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const char *const strategies[] = { "mipro", "bootstrap", "random" };

/* Settings are plain values; their names are the strategy's affair. */
static void
strategy(struct check *c, struct ast *o)
{
	struct ast *v = o->u.option.value, *x;
	bool failed = false;
	size_t i;

	if (!v || v->kind != AST_NAME) {
		diag(c->d, o->at, E_OPTIMIZE, "'using' names a strategy, as "
		    "mipro { trials = 30; }");
		return;
	}
	for (i = 0; i < COUNTOF(strategies); i++)
		if (strcmp(strategies[i], v->u.name.name) == 0)
			break;
	if (i == COUNTOF(strategies)) {
		diag(c->d, v->at, E_OPTIMIZE, "no strategy '%s'%s",
		    v->u.name.name, check_nearest(c, v->u.name.name,
		    strategies, COUNTOF(strategies)));
		check_offer(c, v->at);
	}
	for (x = o->u.option.option; x; x = x->next) {
		struct ast *e = x->u.option.value;
		struct ty_const k;

		if (e && e->kind == AST_NAME && check_ref(c, e, &failed) &&
		    e->sym->kind != SYM_CONST)
			e->sym = NULL;  /* a word that is also a name */
		if (e && e->kind != AST_NAME && e->kind != AST_QUANTITY &&
		    !check_constant(c, e, NULL, &k))
			continue;
		if (!e || x->u.option.option ||
		    check_value(c->a, e).kind == CV_NONE)
			diag(c->d, x->at, E_VALUE,
			    "a setting is a number, word or string");
	}
}

/* Does the data have this part? */
static bool
has_part(struct check *c, const struct symbol *data, const char *name)
{
	struct ast *n = data->decl, *o;
	unsigned want, have = 0;

	for (want = 0; parts[want].name; want++)
		if (strcmp(parts[want].name, name) == 0)
			break;
	(void)c;
	if (!n->u.value.value)
		return ast_option(n->u.value.option, name);
	o = ast_option(n->u.value.option, "split");
	if (!o || !o->u.option.value || o->u.option.value->kind != AST_LIST)
		return false;
	for (o = o->u.option.value->u.list.item; o; o = o->next)
		have++;
	return want < have;
}

/* train = hotpot.train, or data without parts as a whole. */
static void
part(struct check *c, struct ast *o)
{
	struct ast *e = o->u.option.value, *of = e;
	const char *name = NULL;
	struct symbol *s;
	bool failed = false;

	if (!e) {
		diag(c->d, o->at, E_OPTIMIZE, "'%s' names data",
		    o->u.option.name);
		return;
	}
	s = check_ref(c, e, &failed);
	if (!s && !failed && e->kind == AST_DOT) {
		of = e->u.dot.of;
		name = e->u.dot.name;
	}
	if (!s)
		s = failed ? NULL : check_ref_kind(c, of, SYM_DATA);
	else if (s->kind != SYM_DATA)
		s = check_ref_kind(c, e, SYM_DATA);
	if (!s)
		return;
	e->sym = s;
	if (name && !has_part(c, s, name))
		diag(c->d, e->u.dot.name_at, E_DATA, "'%s' has no part '%s'",
		    s->name, name);
	else if (!name && !s->decl->u.value.value)
		diag(c->d, e->at, E_DATA, "say which part of '%s'", s->name);
	if (s->type->kind == TY_STRUCT && s->type != c->row)
		diag(c->d, e->at, E_DATA, "its rows are %s, others %s",
		    check_text(c, s->type), check_text(c, c->row));
}

/* The data that `e`, an option of the optimize block, is a part of; NULL. */
static struct symbol *
data_of(struct check *c, const struct ast *e)
{
	const struct scope *scope = c->out->unit->scope;
	struct symbol *s = NULL;

	if (e->kind == AST_NAME)
		s = scope_get(scope, e->u.name.name);
	else if (e->kind == AST_DOT) {
		s = data_of(c, e->u.dot.of);
		if (s && s->kind == SYM_UNIT)
			s = scope_get(s->unit->scope, e->u.dot.name);
	}
	return s && (s->kind == SYM_DATA || s->kind == SYM_UNIT) ? s : NULL;
}

void
check_rows(struct check *c)
{
	struct ast *o, *list = c->out->optimize ?
	    c->out->optimize->u.optimize.option : NULL;
	struct symbol *s;
	size_t i;

	for (i = 0; parts[i].name && !c->row; i++) {
		o = ast_option(list, parts[i].name);
		s = o && o->u.option.value ? data_of(c, o->u.option.value) :
		    NULL;
		if (!s || s->kind != SYM_DATA)
			continue;
		check_symbol(c, s, o->at);
		if (s->type->kind == TY_STRUCT)
			c->row = s->type;
	}
}

/* Rows that are said to be of a type have what the program needs. */
static void
inputs_of_rows(struct check *c, const struct ast *n, const struct symbol *s)
{
	const struct ty *in = s->in;
	unsigned i;
	int k;

	for (i = 0; in && i < in->n; i++) {
		const struct ty_field *f = &in->field[i];

		k = ty_field_index(c->row, f->name);
		if (k < 0 && f->fallback.kind == TYC_NONE &&
		    f->type->kind != TY_OPTIONAL)
			diag(c->d, check_name_at(n), E_DATA, "rows are %s, "
			    "which has no '%s', an input of '%s'",
			    check_text(c, c->row), f->name, s->name);
		else if (k >= 0 && !ty_fits(c->row->field[k].type, f->type))
			diag(c->d, check_name_at(n), E_DATA, "'%s' of the "
			    "rows is %s, the input of '%s' %s", f->name,
			    check_text(c, c->row->field[k].type), s->name,
			    check_text(c, f->type));
	}
}

/* gate { accuracy = 0.85; confidence = 0.95; } */
static void
gate(struct check *c, struct ast *o, const struct symbol *metric)
{
	struct ast *x;
	struct check_value v;
	bool found = false;

	if (o->u.option.value) {
		diag(c->d, o->at, E_OPTIMIZE, "'gate' takes a block");
		return;
	}
	for (x = o->u.option.option; x; x = x->next) {
		bool level = strcmp(x->u.option.name, "confidence") == 0;

		v = check_value(c->a, x->u.option.value);
		if (v.kind != CV_INT && v.kind != CV_FLOAT)
			diag(c->d, x->at, E_VALUE, "expected a number");
		else if (level && !(v.f > 0 && v.f < 1))
			diag(c->d, x->at, E_VALUE, "a confidence lies between "
			    "0 and 1");
		if (metric && strcmp(x->u.option.name, metric->name) == 0)
			found = true;
		else if (!level && metric)
			diag(c->d, x->u.option.name_at, E_OPTION,
			    "gate knows '%s' and 'confidence'", metric->name);
	}
	if (!found && metric)
		diag(c->d, o->u.option.name_at, E_OPTIMIZE,
		    "'gate' does not say how good '%s' must be",
		    metric->name);
}

static const char *
slot_list(struct check *c)
{
	const char *s = slot_words[0];
	unsigned i;

	for (i = 1; i < SLOT_COUNT; i++)
		s = arena_printf(c->a, "%s%s%s", s, i + 1 < SLOT_COUNT ?
		    ", " : " and ", slot_words[i]);
	return s;
}

/* Reports a module that asks nothing itself, or a slot of one. */
static bool
without_slots(struct check *c, const struct ast *e, const struct symbol *s)
{
	if (!s && e->kind == AST_DOT)
		s = e->u.dot.of->sym;
	if (!s || s->kind != SYM_MODULE || !s->run || s->leaf)
		return false;
	diag(c->d, e->at, E_COMBINE, "'%s' has no slots; freeze what it calls",
	    s->name);
	return true;
}

/* freeze = [answer.instruction, judge, HOPS] */
static void
freeze(struct check *c, struct ast *o)
{
	struct ast *list = o->u.option.value, *e;
	struct symbol *s;
	enum slot_kind k;
	bool failed;

	if (!list || list->kind != AST_LIST) {
		diag(c->d, o->at, E_OPTIMIZE, "'freeze' takes a list of "
		    "modules, their slots and params");
		return;
	}
	for (e = list->u.list.item; e; e = e->next) {
		failed = false;
		s = check_ref(c, e, &failed);
		if (without_slots(c, e, s))
			continue;
		if (!s && !failed && e->kind == AST_DOT) {
			s = check_ref_kind(c, e->u.dot.of, SYM_MODULE);
			if (s && !slot_find(e->u.dot.name, &k))
				diag(c->d, e->u.dot.name_at, E_OPTIMIZE,
				    "the slots are %s", slot_list(c));
			e->sym = s;
		} else if (!s && !failed)
			check_ref_kind(c, e, SYM_MODULE);
		else if (s && s->kind != SYM_MODULE && s->kind != SYM_PARAM &&
		    s->kind != SYM_CONST)
			diag(c->d, e->at, E_KIND, "'%s' is %s, not a module "
			    "or param", s->name, check_kind_word(s->kind));
	}
}

static void
reference(struct check *c, struct ast *list, const char *name,
    enum symbol_kind kind)
{
	struct ast *o = ast_option(list, name);

	if (o && o->u.option.value)
		check_ref_kind(c, o->u.option.value, kind);
	else if (o)
		diag(c->d, o->at, E_OPTIMIZE, "'%s' names %s", name,
		    check_kind_word(kind));
}

void
check_optimize(struct check *c, struct ast *n)
{
	static const char *const needed[] = { "using", "train", "dev",
	    "metric" };
	struct ast *list = n->u.optimize.option, *o;
	struct symbol *s = scope_get(c->now.unit->scope, n->u.optimize.name);
	size_t i;

	if (!s)
		check_unknown(c, check_name_at(n), n->u.optimize.name);
	else if (s->kind != SYM_PROGRAM)
		diag(c->d, check_name_at(n), E_KIND, "'%s' is %s, not a "
		    "program", s->name, check_kind_word(s->kind));
	else if (c->row && n == c->out->optimize)
		inputs_of_rows(c, n, s);
	check_options(c, list, optimize_options, "optimize", false);
	for (i = 0; i < COUNTOF(needed); i++)
		if (!ast_option(list, needed[i]))
			diag(c->d, check_name_at(n), E_MISSING, "'%s'",
			    needed[i]);
	o = ast_option(list, "using");
	if (o)
		strategy(c, o);
	for (i = 0; parts[i].name; i++) {
		o = ast_option(list, parts[i].name);
		if (o)
			part(c, o);
	}
	reference(c, list, "metric", SYM_METRIC);
	reference(c, list, "prompt_model", SYM_MODEL);
	reference(c, list, "teacher", SYM_MODEL);
	o = ast_option(list, "metric");
	s = o && o->u.option.value ? o->u.option.value->sym : NULL;
	if (s && s->kind != SYM_METRIC)
		s = NULL;
	o = ast_option(list, "gate");
	if (o)
		gate(c, o, s);
	o = ast_option(list, "freeze");
	if (o)
		freeze(c, o);
}
