/* What models turn out to lack: read from what their servers refuse, told where
 * something is lost by it, and remembered for as long as the process lives.
 *
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/hash64.h"
#include "lm/lm_in.h"

/* ---- reading refusals ---- */

/* Whether the server's words have one of these, NULL-terminated. */
static bool
lack_says(const struct lm_flight *f, const char *const *word)
{
	for (; *word; word++)
		if (strstr(buf_str(&f->http.reply), *word))
			return true;
	return false;
}

static bool
lack_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* Where in the text the first of the names stands; SIZE_MAX. */
static size_t
lack_at(const char *text, const char *names)
{
	size_t best = SIZE_MAX, n;
	const char *at;

	for (names += strspn(names, " "); *names;
	    names += n + strspn(names + n, " ")) {
		n = strcspn(names, " ");
		for (at = text; *at && (size_t)(at - text) < best; at++) {
			if (strncasecmp(at, names, n) != 0 ||
			    lack_is_word(at[n]) ||
			    (at > text && lack_is_word(at[-1])))
				continue;
			best = (size_t)(at - text);
		}
	}
	return best;
}

/* Whether the status says that the request is not to its taste. */
static bool
lack_is_refusal(const struct lm_flight *f)
{
	return f->http.status == 400 || f->http.status == 422 ||
	    f->http.status == 501;
}

/* Whether it is a thing that is refused, and not what it is set to. */
static bool
lack_is_unknown(const struct lm_flight *f)
{
	static const char *const word[] = {
		"ot support", "nsupported", "eprecated", "not permitted",
		"not allowed", "nrecognized", "nknown", "ot available",
		"cannot both be", "may only be set", "ot enabled", "forbidden",
		"nexpected", "not compatible", "nvalid option", NULL
	};

	return lack_says(f, word);
}

/* ---- settings ---- */

static bool
lack_blank(const char *const *stop)
{
	for (; stop && *stop; stop++)
		if ((*stop)[strspn(*stop, " \t\r\n\v\f")] == '\0')
			return true;
	return false;
}

static const char *const lack_efforts[] = {
	"none", "minimal", "low", "medium", "high", "xhigh", "max"
};

enum { LACK_MEDIUM = 3,
	LACK_NEFFORT = sizeof lack_efforts / sizeof lack_efforts[0] };

/* The word of effort that is nearest to this one, of those that the refusal
 * lists, and towards the middle; of what all have, if it lists none.  NULL:
 * there is none. */
static const char *
lack_nearest(const struct lm_flight *f, const char *effort)
{
	const char *text = buf_str(&f->http.reply);
	bool named[LACK_NEFFORT];
	unsigned nnamed = 0;
	int at = 0, way, far, i, k;

	for (i = 0; i < LACK_NEFFORT; i++) {
		named[i] = lack_at(text, lack_efforts[i]) < SIZE_MAX;
		nnamed += named[i];
		if (strcmp(lack_efforts[i], effort) == 0)
			at = i;
	}
	way = at <= LACK_MEDIUM ? 1 : -1;
	/* One alone is the one that is refused. */
	for (far = 1; nnamed > 1 && far < LACK_NEFFORT; far++)
		for (k = 0; k < 2; k++, way = -way) {
			i = at + far * way;
			if (i >= 0 && i < LACK_NEFFORT && named[i])
				return lack_efforts[i];
		}
	return at < LACK_MEDIUM - 1 ? "low" : at > LACK_MEDIUM + 1 ? "high" :
	    NULL;
}

/* The settings that a call of the model asks for. */
static unsigned
lack_asked(const struct mip_model *m, double temperature)
{
	return (temperature >= 0 ? LACKS_TEMPERATURE : 0u) |
	    (m->top_p >= 0 ? LACKS_TOP_P : 0u) |
	    (m->stop && m->stop[0] ? LACKS_STOP : 0u) |
	    (lack_blank(m->stop) ? LACKS_BLANK_STOP : 0u) |
	    (m->seed >= 0 ? LACKS_SEED : 0u) |
	    (m->effort ? LACKS_EFFORT : 0u) |
	    (m->max_tokens > 0 ? LACKS_LIMIT : 0u);
}

void
lm_lack_settings(struct mip_model *m, unsigned lacks)
{
	if (lacks & LACKS_TEMPERATURE)
		m->temperature = MIP_UNSET;
	if (lacks & LACKS_TOP_P)
		m->top_p = MIP_UNSET;
	if (lacks & LACKS_STOP)
		m->stop = NULL;
	if (lacks & LACKS_SEED)
		m->seed = -1;
	if (lacks & LACKS_EFFORT)
		m->effort = NULL;
}

/* The model, without what it lacks. */
static void
lack_plain(struct lm_model *m)
{
	m->plain = m->model;
	lm_lack_settings(&m->plain, m->lacks);
	if ((m->lacks & LACKS_WORD) && m->plain.effort)
		m->plain.effort = m->effort;
}

void
lm_lack_known(struct lm *l, struct lm_model *m, unsigned lacks)
{
	struct buf list = BUF_INIT;
	unsigned lost = lacks & lack_asked(&m->model, m->model.temperature);
	const char *told;
	unsigned i;

	m->known = m->lacks = lacks | (m->model.no_system ? LACKS_SYSTEM : 0u);
	lm_lack_settings(&m->model, lacks);
	for (i = 0; i < PROVIDER_NLACK; i++) {
		told = provider_lack[i].told;
		if (!told || !(lost & 1u << i))
			continue;
		buf_puts(&list, list.len > 0 ? ", " : "");
		buf_puts(&list, told);
	}
	if (list.len > 0) {
		buf_printf(&list, " not sent, for %s:%s does not take that "
		    "with the other settings that it has",
		    m->provider->name, m->model.id);
		lm_warn(l, m->what, buf_str(&list));
	}
	buf_release(&list);
}

/* Notes it, and tells of it. */
static void
lack_learn(struct lm *l, struct lm_flight *f, unsigned bit, const char *told)
{
	struct lm_model *m = f->m;
	struct buf why = BUF_INIT;

	if (m->lacks & bit)             /* from another, since this was sent */
		return;
	m->lacks |= bit;
	lack_plain(m);
	if (bit == LACKS_WORD)
		buf_printf(&why, "the server refuses effort %s, and is asked "
		    "for %s from now on", m->model.effort, m->effort);
	else if (told)
		buf_printf(&why, "the server refuses %s, and is asked without "
		    "it from now on", told);
	if (why.len > 0)
		lm_warn(l, m->what, buf_str(&why));
	buf_release(&why);
}

/* The same of effort: another way to tell it not to think, another word, or
 * that there is none. */
static void
lack_learn_effort(struct lm *l, struct lm_flight *f)
{
	static const char *const between[] = { "between_tools", NULL };
	const char *sent = f->m->model.effort, *word = NULL;
	unsigned lacks = f->ask.lacks;

	if (strcmp(sent, "none") == 0 && !(lacks & LACKS_DISABLED) &&
	    lack_says(f, between)) {
		lack_learn(l, f, LACKS_DISABLED, NULL);
		return;
	}
	if (!(lacks & LACKS_WORD))
		word = lack_nearest(f, sent);
	if (word && !(f->m->lacks & LACKS_WORD))
		f->m->effort = word;
	lack_learn(l, f, word ? LACKS_WORD : LACKS_EFFORT,
	    provider_lack[LACK_EFFORT].told);
}

/* ---- the shape of replies ---- */

/* Where the server's words name the shape we asked for; SIZE_MAX. */
static size_t
lack_shape_at(const struct lm_flight *f)
{
	static const char *const word[] = {
		"response_format", "json_schema", "json_object", "grammar",
		"tool_choice", "tools", "structured output", "output format",
		"output_format", "output_config", "responseJsonSchema",
		"response_json_schema", "responseMimeType",
		"response_mime_type", "specified schema", NULL
	};
	const char *text = buf_str(&f->http.reply), *at;
	size_t best = SIZE_MAX, i;

	if (!f->may_step || f->ask.rung == MIP_STRUCTURE_PROMPT)
		return SIZE_MAX;
	for (i = 0; word[i]; i++) {
		at = strstr(text, word[i]);
		if (at && (size_t)(at - text) < best)
			best = (size_t)(at - text);
	}
	return best;
}

static unsigned
lack_rung_bit(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_NATIVE:
		return LACKS_NATIVE;
	case MIP_STRUCTURE_FUNCTION:
		return LACKS_FUNCTION;
	case MIP_STRUCTURE_GRAMMAR:
		return LACKS_GRAMMAR;
	case MIP_STRUCTURE_JSON_OBJECT:
		return LACKS_JSON_OBJECT;
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return 0;
}

enum { LACK_SCHEMAS = LACKS_NATIVE | LACKS_FUNCTION | LACKS_GRAMMAR };

/* Whether the server has refused this schema at this rung, though it takes
 * others. */
static bool
lack_is_odd(const struct lm_model *m, const char *schema, unsigned bit)
{
	uint64_t hash;
	unsigned i;

	if (m->nodd == 0)
		return false;
	hash = hash64_str(schema) ^ bit;
	for (i = 0; i < m->nodd && i < LM_ODD; i++)
		if (m->odd[i] == hash)
			return true;
	return false;
}

/* The rung is refused for this model; or, where the server finds fault with the
 * schema alone, for this schema. */
static void
lack_learn_rung(struct lm_flight *f)
{
	static const char *const schema[] = {
		"nvalid schema", "specified schema", "format.schema",
		"grammar is too large", NULL
	};
	struct lm_model *m = f->m;

	unsigned bit = f->ask.schema ? lack_rung_bit(f->ask.rung) :
	    LACKS_LAYOUT;

	if (!(bit & LACK_SCHEMAS) || !lack_says(f, schema))
		m->lacks |= bit;
	else if (!lack_is_odd(m, f->ask.schema, bit))
		m->odd[m->nodd++ % LM_ODD] = hash64_str(f->ask.schema) ^ bit;
	lack_plain(m);
}

/* The rung that the model is known to take, for what the call asks. */
static enum mip_structure
lack_rung(const struct lm_flight *f)
{
	const struct lm_model *m = f->m;
	enum mip_structure rung = f->ask.rung;
	unsigned lacks = m->lacks;

	if (!f->may_step)
		return rung;
	if (!f->ask.schema)
		return lacks & LACKS_LAYOUT ? MIP_STRUCTURE_PROMPT : rung;
	if (atomic_load(&m->unshaped) >= LM_UNSHAPED)
		lacks |= LACK_SCHEMAS;
	while ((lacks & lack_rung_bit(rung)) ||
	    lack_is_odd(m, f->ask.schema, lack_rung_bit(rung)))
		rung = provider_step(m->provider, &m->model, rung);
	return rung;
}

/* ---- asking again ---- */

/* Whether the server says that its model knows no system messages. */
static bool
lack_system(const struct lm_flight *f)
{
	static const char *const word[] = {
		"ystem role not supported", "does not support 'system'",
		"eveloper instruction is not enabled",
		"oes not support system", "ystem messages are not supported",
		NULL
	};

	return !(f->ask.lacks & LACKS_SYSTEM) && lack_says(f, word);
}

/* Whether it says that it does not stream, or not as it is asked to. */
static bool
lack_stream(const struct lm_flight *f)
{
	static const char *const word[] = { "stream", NULL };

	return f->streams && lack_says(f, word);
}

/* The setting that is named before the others, if one that was sent is
 * refused; PROVIDER_NLACK. */
static unsigned
lack_setting(const struct lm_flight *f, size_t *at)
{
	unsigned sent = lack_asked(&f->m->model, f->temperature) &
	    ~f->ask.lacks;
	unsigned i, best = PROVIDER_NLACK;
	size_t n;

	*at = SIZE_MAX;
	if (!lack_is_unknown(f))
		/* Of words for effort there are others. */
		sent &= (f->ask.lacks & LACKS_WORD) || !f->m->model.effort ||
		    !lack_nearest(f, f->m->model.effort) ? 0 : LACKS_EFFORT;
	for (i = 0; i < PROVIDER_NLACK; i++) {
		if (!(sent & 1u << i))
			continue;
		n = lack_at(buf_str(&f->http.reply), provider_lack[i].names);
		if (n >= *at)
			continue;
		*at = n;
		best = i;
	}
	return best;
}

bool
lm_lack_learn(struct lm *l, struct lm_flight *f)
{
	unsigned which;
	size_t at, shape;

	if (f->kind != LM_CHAT)
		return false;
	if (lack_system(f)) {
		lack_learn(l, f, LACKS_SYSTEM, NULL);
	} else if (!lack_is_refusal(f)) {
		return false;
	} else {
		which = lack_setting(f, &at);
		shape = lack_shape_at(f);
		if (at <= shape && which == LACK_EFFORT)
			lack_learn_effort(l, f);
		else if (at < shape)
			lack_learn(l, f, 1u << which,
			    provider_lack[which].told);
		else if (shape < SIZE_MAX)
			lack_learn_rung(f);
		else if (lack_stream(f))
			/* First it need not count, then it need not stream. */
			lack_learn(l, f, f->ask.lacks & LACKS_USAGE ?
			    LACKS_STREAM : LACKS_USAGE, NULL);
		else
			return false;
	}
	f->attempts--;
	lm_ready(f);
	return true;
}

bool
lm_lack_apply(struct lm_flight *f)
{
	struct lm_model *m = f->m;
	struct provider_ask *a = &f->ask;
	const struct mip_model *as = m->lacks == m->known ? &m->model :
	    &m->plain;
	enum mip_structure rung = lack_rung(f);

	f->streams = f->streams && !(m->lacks & LACKS_STREAM);
	if (a->model == as && a->lacks == m->lacks &&
	    a->stream == f->streams && a->rung == rung)
		return true;
	a->model = as;
	a->lacks = m->lacks;
	a->stream = f->streams;
	a->temperature = m->lacks & LACKS_TEMPERATURE ? MIP_UNSET :
	    f->temperature;
	return lm_write_rung(f, rung);
}
