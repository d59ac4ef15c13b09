/* What tests claim: noted, and told where it does not hold.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/buf.h"
#include "core/json_put.h"
#include "run/mip_in.h"
#include "type/type.h"

static struct mip_claimed *
claimed(struct mip *m, const struct mip_claim *c)
{
	struct mip_claimed *v;
	size_t i;

	for (i = 0; i < m->nclaim; i++)
		if (m->claim[i].claim == c)
			return &m->claim[i];
	v = arena_grow(&m->arena, m->claim, &m->claim_cap, m->nclaim + 1,
	    sizeof *v);
	if (!v)
		return NULL;
	m->claim = v;
	v += m->nclaim++;
	*v = (struct mip_claimed){ .claim = c };
	return v;
}

bool
mip_claim(struct mip *m, const struct mip_claim *c, bool holds)
{
	struct mip_claimed *v;

	m->told = NULL;
	if (m->status != MIP_OK)
		return true;
	v = claimed(m, c);
	if (!v)
		return true;
	if (holds) {
		v->met++;
		return true;
	}
	if (v->unmet++ == 0)
		m->told = v;
	m->unmet = m->unmet || c->must;
	return false;
}

void
mip_claim_say(struct mip *m, const char *text)
{
	if (m->told && m->status == MIP_OK)
		m->told->said = arena_strdup(&m->arena, text);
}

void
mip_claim_show(struct mip *m, const char *what, const struct mip_type *t,
    const void *v)
{
	struct buf b = BUF_INIT;

	if (!m->told || m->status != MIP_OK)
		return;
	if (m->told->shown)
		buf_puts(&b, m->told->shown);
	json_put_member(&b, what);
	type_write(&b, t, v, true);
	if (b.failed)
		mip_oom(m);
	else
		m->told->shown = arena_strndup(&m->arena, b.s, b.len);
	buf_release(&b);
}

enum mip_status
mip_claim_fail(struct mip *m)
{
	return mip_fail(m, MIP_ASSERT, "an expectation does not hold");
}

void
claim_adopt(struct mip *m, const struct mip_claimed *from, size_t n)
{
	struct mip_claimed *v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = claimed(m, from[i].claim);
		if (!v)
			return;
		if (v->unmet == 0) {
			v->said = from[i].said;
			v->shown = from[i].shown;
		}
		v->met += from[i].met;
		v->unmet += from[i].unmet;
		m->unmet |= from[i].claim->must && from[i].unmet > 0;
	}
}

const struct mip_claimed *
mip_claims(const struct mip *m, size_t *n)
{
	*n = m->nclaim;
	return m->claim;
}
