/* Progress on standard error: a line that moves on a terminal, one line a
 * trial elsewhere.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "driver/compile.h"

static void
clear(struct progress *p)
{
	if (p->width != 0)
		fprintf(stderr, "\r%*s\r", (int)p->width, "");
	p->width = 0;
}

/* 12 s, 3:20, 1:02:03 */
static void
put_time(struct buf *b, double s)
{
	unsigned long t = (unsigned long)s;

	if (t < 60)
		buf_printf(b, "%lu s", t);
	else if (t < 3600)
		buf_printf(b, "%lu:%02lu", t / 60, t % 60);
	else
		buf_printf(b, "%lu:%02lu:%02lu", t / 3600, t / 60 % 60,
		    t % 60);
}

static void
put_spent(struct buf *b, const struct tune_event *e)
{
	buf_printf(b, ", %" PRIu64 " calls", e->calls);
	if (e->cost > 0.0)
		buf_printf(b, ", %.4f usd", e->cost);
	buf_puts(b, ", ");
	put_time(b, e->elapsed_s);
}

static void
draw(struct progress *p, const struct tune_event *e)
{
	enum { BAR = 20 };
	struct buf b = BASE_BUF_INIT;
	uint64_t filled = e->total > 0 ? e->done * BAR / e->total : 0;

	if (e->elapsed_s - p->last < 0.1 && e->done < e->total)
		return;
	p->last = e->elapsed_s;
	buf_puts(&b, "miproc: ");
	if (e->ntrial > 0)
		buf_printf(&b, "trial %u of %u ", e->trial, e->ntrial);
	else if (p->phase != NULL)
		buf_printf(&b, "%s ", p->phase);
	buf_putc(&b, '[');
	for (uint64_t i = 0; i < BAR; i++)
		buf_putc(&b, i < filled ? '#' : '.');
	buf_printf(&b, "] %" PRIu64 "/%" PRIu64, e->done, e->total);
	if (e->best > 0.0)
		buf_printf(&b, ", best %.3f", e->best);
	put_spent(&b, e);
	clear(p);
	fputs(buf_str(&b), stderr);
	fflush(stderr);
	p->width = b.len;
	buf_release(&b);
}

static void
trial(struct progress *p, const struct tune_event *e)
{
	struct buf b = BASE_BUF_INIT;

	if (e->ntrial == 0)
		buf_printf(&b, "miproc: as written: %.3f", e->score);
	else
		buf_printf(&b, "miproc: trial %u of %u%s: %.3f, best %.3f",
		    e->trial, e->ntrial, e->full ? ", all rows" : "",
		    e->score, e->best);
	put_spent(&b, e);
	clear(p);
	fprintf(stderr, "%s\n", buf_str(&b));
	buf_release(&b);
}

void
progress_event(void *arg, const struct tune_event *e)
{
	struct progress *p = arg;

	if (e->kind == TUNE_WARNING) {
		clear(p);
		fprintf(stderr, "miproc: warning: %s\n", e->text);
		return;
	}
	if (p->quiet)
		return;
	switch (e->kind) {
	case TUNE_PHASE:
		clear(p);
		p->phase = e->text;
		if (!p->tty)
			fprintf(stderr, "miproc: %s\n", e->text);
		break;
	case TUNE_PROGRESS:
		if (p->tty)
			draw(p, e);
		break;
	case TUNE_TRIAL:
		trial(p, e);
		break;
	case TUNE_WARNING:
		break;
	}
}

void
progress_end(struct progress *p)
{
	clear(p);
}
