/* @check and @assert in a run: judging records, and counting.
 *
 * SPDX-License-Identifier: MIT */
#include "run/mip_in.h"

#include <string.h>

#include "type/type.h"

bool
mip_check_holds(void *arg, const struct mip_check *c, const void *record)
{
	struct mip *m = arg;
	bool ok;

	if (m->status != MIP_OK)
		return false;
	ok = c->holds(m, record);
	if (m->status == MIP_OK)
		return ok;
	/* What cannot be computed does not hold. */
	if (m->status < MIP_INFRASTRUCTURE) {
		m->status = MIP_OK;
		m->message[0] = '\0';
	}
	return false;
}

void
mip_check_count(struct mip *m, const char *label, uint64_t times)
{
	struct mip_checked *v;
	size_t i;

	for (i = 0; i < m->nchecked; i++)
		if (strcmp(m->checked[i].label, label) == 0) {
			m->checked[i].times += times;
			return;
		}
	v = arena_grow(&m->arena, m->checked, &m->checked_cap,
	    m->nchecked + 1, sizeof *v);
	if (!v)
		return;
	m->checked = v;
	v[m->nchecked++] = (struct mip_checked){ label, times };
}

void
mip_check_failed(struct mip *m, const struct trace_check *c)
{
	mip_check_count(m, c->label, 1);
	struct trace_check line = *c;

	line.at = m->at;
	lm_trace_check(mip_env_lm(m->env), &line);
}

const struct mip_checked *
mip_checks(const struct mip *m, size_t *n)
{
	*n = m->nchecked;
	return m->checked;
}

/* ---- values ---- */

/* Whose value is judged, and in what run. */
struct judged {
	struct mip *m;
	const char *tool;               /* or NULL */
};

static bool
judged_holds(void *arg, const struct mip_check *c, const void *record)
{
	const struct judged *of = arg;

	return mip_check_holds(of->m, c, record);
}

static void
judged_failed(void *arg, const struct mip_check *c)
{
	const struct judged *of = arg;

	mip_check_failed(of->m, &(struct trace_check){ .tool = of->tool,
	    .label = c->text });
}

bool
mip_check_result(struct mip *m, const struct mip_tool *tool, const void *v,
    struct type_error *e)
{
	struct judged of = { m, tool->name };
	const struct type_judge j = { judged_holds, judged_failed, &of };

	return type_judge(tool->out, v, &j, e);
}

enum mip_status
mip_check_input(struct mip *m, const struct mip_type *t, const void *in,
    enum mip_status otherwise)
{
	struct judged of = { m, NULL };
	const struct type_judge j = { judged_holds, judged_failed, &of };
	struct type_error e;

	if (!type_judge(t, in, &j, &e))
		mip_fail(m, otherwise, "%s: %s", e.path, e.text);
	return m->status;
}
