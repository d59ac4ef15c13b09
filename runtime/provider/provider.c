/* The table of providers, and what is common to them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider_json.h"

static const struct provider *const provider_all[] = {
#define P(name, speaks, lacks, strict, own) &provider_##name,
#include "provider/provider.def"
#undef P
};

enum { PROVIDER_N = sizeof provider_all / sizeof provider_all[0] };

/* What the table says of each, in words. */
static const struct { const char *lacks, *strict; } provider_words[] = {
#define P(name, speaks, lacks, strict, own) { lacks, strict },
#include "provider/provider.def"
#undef P
};

const struct provider_lack provider_lack[PROVIDER_NLACK] = {
#define L(name, told, names) { told, names },
#include "provider/lack.def"
#undef L
};

const struct provider *
provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < PROVIDER_N; i++)
		if (strcmp(provider_all[i]->name, name) == 0)
			return provider_all[i];
	return NULL;
}

void
provider_names(struct buf *b)
{
	size_t i;

	for (i = 0; i < PROVIDER_N; i++) {
		if (i > 0)
			buf_puts(b, ", ");
		buf_puts(b, provider_all[i]->name);
	}
}

static enum mip_structure
provider_step_down(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
	case MIP_STRUCTURE_FUNCTION:
	case MIP_STRUCTURE_GRAMMAR:
		return MIP_STRUCTURE_JSON_OBJECT;
	case MIP_STRUCTURE_JSON_OBJECT:
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return MIP_STRUCTURE_PROMPT;
}

enum mip_structure
provider_step(const struct provider *p, const struct mip_model *m,
    enum mip_structure s)
{
	return p->step ? p->step(m, s) : provider_step_down(s);
}

/* Its place in the table; PROVIDER_N for what is none of the language's. */
static size_t
provider_place(const struct provider *p)
{
	size_t i;

	for (i = 0; i < PROVIDER_N && provider_all[i] != p; i++)
		;
	return i;
}

bool
provider_is_strict(const struct provider *p, enum mip_structure s)
{
	const char *word = provider_rung_word(s);
	size_t i = provider_place(p), n = strlen(word);
	const char *at = i < PROVIDER_N ? provider_words[i].strict : "";

	for (; (at = strstr(at, word)); at += n)
		if (at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

unsigned
provider_lacks(const struct provider *p)
{
	static const struct { const char *word; unsigned bit; } all[] = {
		{ " temperature ", LACKS_TEMPERATURE },
		{ " top_p ", LACKS_TOP_P }, { " stop ", LACKS_STOP },
		{ " blank_stop ", LACKS_BLANK_STOP },
		{ " seed ", LACKS_SEED }, { " effort ", LACKS_EFFORT },
	};
	unsigned bits = 0;
	size_t i, k;

	i = provider_place(p);
	for (k = 0; i < PROVIDER_N && k < sizeof all / sizeof all[0]; k++)
		if (strstr(provider_words[i].lacks, all[k].word))
			bits |= all[k].bit;
	return bits;
}

unsigned
provider_model_lacks(const struct provider *p, const struct mip_model *m)
{
	return p->lacks ? p->lacks(m) : 0;
}

enum mip_structure
provider_schema_rung(const struct mip_model *m, enum mip_structure asked)
{
	(void)m;
	switch (asked) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
	case MIP_STRUCTURE_FUNCTION:
	case MIP_STRUCTURE_GRAMMAR:
		return MIP_STRUCTURE_NATIVE;
	case MIP_STRUCTURE_JSON_OBJECT:
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return asked;
}

const char *
provider_rung_word(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_AUTO:        return "auto";
	case MIP_STRUCTURE_NATIVE:      return "native";
	case MIP_STRUCTURE_FUNCTION:    return "function";
	case MIP_STRUCTURE_GRAMMAR:     return "grammar";
	case MIP_STRUCTURE_JSON_OBJECT: return "json_object";
	case MIP_STRUCTURE_PROMPT:      break;
	}
	return "prompt";
}

void
provider_join(struct buf *b, const char *base, const char *path)
{
	size_t n = strcspn(base, "?#");
	const char *query = strchr(base, '?');

	while (n > 0 && base[n - 1] == '/')
		n--;
	buf_put(b, base, n);
	buf_puts(b, path);
	if (!query)
		return;
	buf_puts(b, strchr(path, '?') ? "&" : "?");
	buf_puts(b, query + 1);
}

int64_t
provider_bound(const struct provider *p, const struct mip_model *m)
{
	unsigned i;
	int64_t v;

	for (i = 0; i < m->noption; i++) {
		const char *text = m->option[i].value;

		if (strcmp(m->option[i].name, "max_completion_tokens") == 0 &&
		    buf_to_int(text, strlen(text), &v) && v > 0)
			return v;
	}
	return m->max_tokens > 0 ? m->max_tokens : p->max_tokens;
}

bool
provider_stream_end(struct provider_stream *st, struct provider_answer *r)
{
	*r = st->answer;
	if (!st->ended) {
		snprintf(r->why, sizeof r->why, "with a stream that breaks "
		    "off");
		return false;
	}
	return provider_finish(r, &st->text, &st->reasoning);
}

void
provider_stream_release(struct provider_stream *st)
{
	buf_release(&st->text);
	buf_release(&st->reasoning);
}

void
provider_answer_release(struct provider_answer *r)
{
	free(r->text);
	free(r->reasoning);
	r->text = r->reasoning = NULL;
}
