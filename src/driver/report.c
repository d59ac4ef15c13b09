/* What is told of scores.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/report.h"

#include <inttypes.h>
#include <string.h>

#include "driver/file.h"

/* How rows failed, and how many replies were in their format. */
static void
put_classes(FILE *f, const struct tune_score *s)
{
	const char *before = "                failed: ";

	for (unsigned i = MIP_OK + 1; i < MIP_NSTATUS; i++) {
		if (s->by_class[i] == 0)
			continue;
		fprintf(f, "%s%u %s", before, s->by_class[i],
		    mip_status_word((enum mip_status)i));
		before = ", ";
	}
	if (*before == ',')
		fputs("\n", f);
	if (s->asked > 0)
		fprintf(f, "                replies in their format at once: "
		    "%" PRId64 " of %" PRId64 " (%.1f%%)\n", s->clean,
		    s->asked, 100.0 * (double)s->clean / (double)s->asked);
}

void
report_score(FILE *f, const char *label, const struct tune_score *s)
{
	const struct interval *i = &s->interval;

	fprintf(f, "  %-12s %6.3f  [%.3f, %.3f]  %zu row%s\n", label, i->mean,
	    i->lo, i->hi, i->n, i->n == 1 ? "" : "s");
	put_classes(f, s);
}

void
report_difference(FILE *f, const struct tune_score *a,
    const struct tune_score *b, const struct interval *diff, double p,
    bool minimize)
{
	size_t more = 0, less = 0;

	for (size_t i = 0; i < diff->n; i++) {
		more += b->row[i] > a->row[i];
		less += b->row[i] < a->row[i];
	}
	fprintf(f, "  %-12s %+6.3f  [%+.3f, %+.3f]  paired, p = %.2g; %zu "
	    "rows better, %zu worse\n", "difference", diff->mean, diff->lo,
	    diff->hi, p, minimize ? less : more, minimize ? more : less);
}

int
report_sign(const struct interval *diff, double p, bool minimize)
{
	int sign = diff->lo > 0.0 ? 1 : diff->hi < 0.0 ? -1 : 0;

	if (p >= 0.05)
		return 0;
	return minimize ? -sign : sign;
}

void
report_bound(FILE *f, const struct tune_bound *b)
{
	fprintf(f, "miproc: at most %" PRIu64 " LM calls (%" PRIu64
	    " by the program, %" PRIu64 " by metrics, %" PRIu64
	    " by the proposer", b->calls, b->task_calls, b->metric_calls,
	    b->proposer_calls);
	if (b->vector_calls != 0)
		fprintf(f, ", %" PRIu64 " for vectors", b->vector_calls);
	fprintf(f, ")");
	if (b->tokens != 0)
		fprintf(f, ", %" PRIu64 " tokens", b->tokens);
	if (b->cost > 0.0)
		fprintf(f, ", %.2f usd", b->cost);
	else if (b->cost < 0.0)
		fprintf(f, ", cost unknown: the model %s has no `%s`",
		    b->lacking, b->lacks);
	else
		fprintf(f, ", free");
	fputs("\n", f);
}

void
report_used(FILE *f, const struct answer_used *u)
{
	fprintf(f, "%" PRId64 " LM calls paid, %" PRId64 " from cache, %"
	    PRId64 " tokens", u->calls - u->cached, u->cached, u->in + u->out);
	if (u->usd > 0.0 || u->nominal > 0.0)
		fprintf(f, ", %.4f usd", u->usd);
	if (u->nominal > u->usd)
		fprintf(f, " (%.4f without the cache)", u->nominal);
}

void
report_usage(FILE *f, const struct tune_usage *u)
{
	if (strchr(u->table, '\n')[1] != '\0')
		fputs(u->table, f);
}

int
report_usage_file(const char *path, const struct tune_usage *u)
{
	struct buf b = BASE_BUF_INIT;
	bool ok;

	if (path == NULL)
		return 0;
	buf_puts(&b, u->json);
	ok = file_write(path, &b);
	buf_release(&b);
	return ok ? 0 : file_error("write", path);
}

int
report_usage_check(const char *path, struct arena *a)
{
	return path == NULL || file_may_write(path, a) ? 0 :
	    file_error("write", path);
}
