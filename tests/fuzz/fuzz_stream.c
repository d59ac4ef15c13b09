/* Fuzzes streams: any bytes, as events of any provider.  However they are cut,
 * the events are the same, and so is what the provider reads in them; what was
 * told of a reply stays its beginning; what is no reply says why.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "net/sse.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FUZZ_MOST = 8192,               /* bytes */
	FUZZ_CUTS = 64                  /* places where a long one is cut */
};

static const struct provider *const fuzz_provider[] = {
#define P(name, speaks, lacks, strict, own) &provider_##name,
#include "provider/provider.def"
#undef P
};

/* What was read of a text that comes a part at a time. */
struct fuzz_read {
	const struct provider *p;
	const char *text;
	struct sse sse;
	struct buf events, before;
	struct provider_stream st;
	bool torn;
};

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
read_begin(struct fuzz_read *r, const struct provider *p,
    enum mip_structure rung, const char *text)
{
	*r = (struct fuzz_read){ .p = p, .text = text };
	r->sse.lines = p->lines;
	r->st.rung = rung;
}

static void
read_end(struct fuzz_read *r)
{
	sse_release(&r->sse);
	buf_release(&r->events);
	buf_release(&r->before);
	provider_stream_release(&r->st);
}

/* The text grows, but where what a function is called with takes its place. */
static void
read_piece(struct fuzz_read *r)
{
	const struct buf *data = &r->sse.data, *text = &r->st.text;
	bool called = r->st.called;

	buf_reset(&r->before);
	buf_put(&r->before, buf_str(text), text->len);
	r->torn = !r->p->piece(&r->st, buf_str(data), data->len);
	must(!r->torn || r->st.answer.why[0] != '\0');
	must(!called || r->st.called);
	if (called == r->st.called)
		must(text->len >= r->before.len && memcmp(buf_str(text),
		    buf_str(&r->before), r->before.len) == 0);
}

/* The first `n` bytes have come, at the `end` all of them. */
static void
read_to(struct fuzz_read *r, size_t n, bool end)
{
	while (sse_next(&r->sse, r->text, n, end)) {
		buf_int(&r->events, (int64_t)r->sse.data.len);
		buf_putc(&r->events, ' ');
		buf_put(&r->events, buf_str(&r->sse.data), r->sse.data.len);
		if (!r->torn)
			read_piece(r);
	}
	must(!r->sse.data.failed && r->sse.at <= n && r->sse.seen <= n);
	must(!end || r->sse.at == n);
}

static void
same_text(const struct buf *a, const struct buf *b)
{
	must(a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0);
}

/* Ends `r`, and compares it with the whole. */
static void
read_same(struct fuzz_read *r, const struct fuzz_read *whole, size_t n)
{
	read_to(r, n, true);
	same_text(&r->events, &whole->events);
	same_text(&r->st.text, &whole->st.text);
	same_text(&r->st.reasoning, &whole->st.reasoning);
	must(r->torn == whole->torn && r->st.ended == whole->st.ended);
	must(strcmp(r->st.answer.why, whole->st.answer.why) == 0);
	read_end(r);
}

static void
answer_is_sound(bool ok, struct provider_answer *a)
{
	must(ok == (a->text != NULL));
	must(ok || a->why[0] != '\0');
	must(!ok || strlen(a->text) == a->text_len);
	must(a->in >= 0 && a->out >= 0 && a->cached >= 0);
	must(!ok || a->cached <= a->in);
	provider_answer_release(a);
}

/* The same bytes as a reply that comes whole. */
static void
fuzz_whole(const struct provider *p, enum mip_structure rung, const char *s,
    size_t n)
{
	struct provider_answer a = { .text = NULL };
	struct provider_error e;
	const char *c;

	answer_is_sound(p->answer(s, n, rung, &a), &a);
	p->error(s, n, &e);
	for (c = e.text; *c; c++)
		must((unsigned char)*c >= ' ');
	must(e.retry_after_s >= 0);
	if (!p->embed_answer)
		return;
	a = (struct provider_answer){ .text = NULL };
	answer_is_sound(p->embed_answer(s, n, 2, &a), &a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t np = sizeof fuzz_provider / sizeof fuzz_provider[0];
	struct provider_answer a = { .text = NULL };
	struct fuzz_read whole, cut;
	const struct provider *p;
	enum mip_structure rung;
	const char *text;
	size_t n, i, step;

	if (size < 2 || size > FUZZ_MOST)
		return 0;
	p = fuzz_provider[data[0] % np];
	rung = (enum mip_structure)(MIP_STRUCTURE_NATIVE +
	    data[1] % (MIP_STRUCTURE_PROMPT - MIP_STRUCTURE_NATIVE + 1));
	text = (const char *)data + 2;
	n = size - 2;
	read_begin(&whole, p, rung, text);
	read_to(&whole, n, true);
	read_begin(&cut, p, rung, text);
	for (i = 0; i <= n; i++)
		read_to(&cut, i, false);
	read_same(&cut, &whole, n);
	step = 1 + n / FUZZ_CUTS;
	for (i = 0; i <= n; i += step) {
		read_begin(&cut, p, rung, text);
		read_to(&cut, i, false);
		read_same(&cut, &whole, n);
	}
	if (!whole.torn)
		answer_is_sound(provider_stream_end(&whole.st, &a), &a);
	read_end(&whole);
	fuzz_whole(p, rung, text, n);
	return 0;
}
