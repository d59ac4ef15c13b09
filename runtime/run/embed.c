/* Texts as vectors: requests, answers, the function of the language.
 *
 * SPDX-License-Identifier: MIT */
#include "run/embed.h"

#include <math.h>
#include <string.h>

#include "core/json_put.h"
#include "run/mip_in.h"

void
embed_begin(struct embed_call *c)
{
	buf_reset(&c->texts);
	buf_putc(&c->texts, '[');
}

void
embed_text(struct embed_call *c, const char *text, size_t n)
{
	json_put_item(&c->texts);
	buf_json(&c->texts, text, n);
}

void
embed_send(struct mip *m, struct embed_call *c,
    const struct mip_model *model, struct lm_group *group, bool fresh)
{
	buf_putc(&c->texts, ']');
	c->call = (struct lm_call){
		.kind = LM_EMBED, .model = model,
		.messages = buf_str(&c->texts), .messages_len = c->texts.len,
		.temperature = MIP_UNSET, .sample = "", .fresh = fresh,
		.group = group, .at = m->at,
	};
	lm_start(mip_env_lm(m->env), &c->call);
}

bool
embed_answer(struct mip *m, struct embed_call *c, struct json *vectors)
{
	const struct lm_call *r = &c->call;
	const struct usage_call item = lm_call_usage(r);
	const struct mip_usage u = {
		.calls = r->status == MIP_OK, .cached = r->cached,
		.in = r->usage.in, .usd = r->cached ? 0 : r->usage.cost,
		.nominal_usd = r->usage.cost,
	};

	if (c->texts.failed)
		mip_oom(m);
	else if (r->status != MIP_OK)
		mip_fail(m, r->status, "%s", r->message);
	else if (!json_parse(r->text, r->text_len, vectors, NULL, NULL))
		mip_oom(m);
	mip_usage_add(&m->used, &u);
	mip_item_keep(m, &item);
	return m->status == MIP_OK;
}

static void
embed_release(struct embed_call *c)
{
	lm_call_release(&c->call);
	buf_release(&c->texts);
}

size_t
embed_numbers(struct json vector, float *x, size_t n)
{
	struct json_walk w = json_walk(vector);
	struct json item;
	size_t i = 0;
	double d;

	for (; json_next(&w, NULL, &item); i++)
		if (i < n)
			x[i] = json_double(item, &d) ? (float)d : 0;
	return i;
}

/* The only vector of the answer to one text. */
static bool
embed_fetch(struct mip *m, struct embed_call *c, const struct mip_model *model,
    const char *text, struct json *vector)
{
	struct lm_group g;
	struct json_walk w;
	struct json all;

	if (m->status != MIP_OK || mip_stopped(m))
		return false;
	if (!lm_group_init(&g)) {
		mip_oom(m);
		return false;
	}
	embed_begin(c);
	embed_text(c, text, strlen(text));
	embed_send(m, c, model, &g, false);
	lm_wait(&g);
	lm_group_release(&g);
	if (mip_stopped(m) || !embed_answer(m, c, &all))
		return false;
	w = json_walk(all);
	return json_next(&w, NULL, vector);
}

const float *
embed_one(struct mip *m, const struct mip_model *model, const char *text,
    size_t *n)
{
	struct embed_call c = { .texts = BUF_INIT };
	struct json v;
	float *x = NULL;

	if (embed_fetch(m, &c, model, text, &v)) {
		*n = json_count(v);
		x = mip_alloc(m, *n, sizeof *x);
		if (x)
			embed_numbers(v, x, *n);
	}
	embed_release(&c);
	return x;
}

struct mip_floats
mip_embed(struct mip *m, const struct mip_model *model, const char *text)
{
	struct mip_floats out = { NULL, 0 };
	const float *x;
	double *v;
	size_t n, i;

	if (!*text) {
		mip_fail(m, MIP_FAIL, "the model %s cannot make a vector of "
		    "no text", model->name);
		return out;
	}
	x = embed_one(m, model, text, &n);
	v = x ? mip_alloc(m, n, sizeof *v) : NULL;
	if (!v)
		return out;
	for (i = 0; i < n; i++)
		v[i] = (double)x[i];
	out.v = v;
	out.n = n;
	return out;
}

double
mip_cosine(struct mip *m, struct mip_floats a, struct mip_floats b)
{
	double ab = 0, aa = 0, bb = 0;
	size_t i;

	if (a.n != b.n) {
		mip_fail(m, MIP_FAIL, "vectors of %zu and %zu numbers cannot "
		    "be compared", a.n, b.n);
		return 0;
	}
	for (i = 0; i < a.n; i++) {
		ab += a.v[i] * b.v[i];
		aa += a.v[i] * a.v[i];
		bb += b.v[i] * b.v[i];
	}
	return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}
