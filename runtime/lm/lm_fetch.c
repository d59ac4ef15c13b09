/* Requests to servers that are no models, of tools and retrievers: they go the
 * way of calls, but what comes is passed on as it is.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm/lm_in.h"

static void
fetch_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	(void)m;
	(void)to;
	provider_join(b, base, "");
}

static enum mip_structure
fetch_rung(const struct mip_model *m, enum mip_structure asked)
{
	(void)m;
	(void)asked;
	return MIP_STRUCTURE_PROMPT;
}

static void
fetch_body(struct buf *b, const struct provider_ask *a)
{
	if (a->messages)
		buf_put(b, a->messages, a->messages_len);
}

static bool
fetch_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	(void)rung;
	memset(r, 0, sizeof *r);
	r->text = malloc(n + 1);
	if (!r->text) {
		snprintf(r->why, sizeof r->why, "more than memory holds");
		return false;
	}
	memcpy(r->text, s, n);
	r->text[n] = '\0';
	r->text_len = n;
	return true;
}

const struct provider lm_fetch_provider = {
	.name = "http",
	.url = fetch_url,
	.rung = fetch_rung,
	.body = fetch_body,
	.answer = fetch_answer,
	.error = provider_chat_error,
};

enum mip_status
lm_fetch(struct lm *l, struct lm_call *c)
{
	struct lm_group g;

	if (!lm_group_init(&g)) {
		c->status = MIP_NOMEM;
		snprintf(c->message, sizeof c->message, "%s",
		    mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	c->kind = LM_FETCH;
	c->group = &g;
	lm_start(l, c);
	lm_wait(&g);
	lm_group_release(&g);
	c->group = NULL;
	return c->status;
}
