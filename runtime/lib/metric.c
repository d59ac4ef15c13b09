/* Metrics that need no model: of texts, lists, numbers and samples.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/chars.h"
#include "lib/lib_in.h"
#include "run/mip.h"

/* Words in one string, ended by NULs; `v` points into `text`. */
struct words {
	char *text;
	const char **v;
	size_t n;
};

/* ---- normalisation ---- */

/* Category P of Unicode, and the symbols of ASCII. */
static bool
is_punct(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
		    (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
	k = utf8proc_category(c);
	return c == 0x2044 || c == 0x2212 ||
	    (k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO);
}

static bool
norm_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Text that is being made of words. */
struct norm {
	struct buf b;
	size_t word;                    /* where the word begins */
	bool inside;                    /* of a word */
	bool dense;                     /* ... that is one character */
	int32_t last;                   /* code point that was put */
};

/* Drops the points in the word that are none of a decimal, as in "1.2.3". */
static void
drop_points(struct norm *x)
{
	char *s = x->b.s;
	size_t i, j, k, to = x->word, n;

	for (i = x->word; i < x->b.len; i = j) {
		n = 0;
		for (j = i; j < x->b.len && (norm_digit(s[j]) || s[j] == '.');
		    j++)
			n += s[j] == '.';
		j += j == i;
		for (k = i; k < j; k++)
			if (n < 2 || s[k] != '.')
				s[to++] = s[k];
	}
	x->b.len = to;
}

static void
norm_end(struct norm *x)
{
	if (x->inside && !x->b.failed) {
		drop_points(x);
		buf_putc(&x->b, '\0');
	}
	x->word = x->b.len;
	x->inside = x->dense = false;
}

static void
norm_put(struct norm *x, int32_t c)
{
	utf8proc_uint8_t out[4];
	bool mark = chars_mark(c), dense = !mark && chars_dense(c);

	/* With and without a dot, small and capital: Turkish has both. */
	if (c == 0x131)
		c = 'i';
	if (c == 0x307 && x->last == 'i')
		return;
	if (!mark && (dense || x->dense))
		norm_end(x);
	if (c < 0x80)
		buf_putc(&x->b, (char)c);
	else
		buf_put(&x->b, out, (size_t)utf8proc_encode_char(c, out));
	x->inside = true;
	x->dense = dense || (mark && x->dense);
	x->last = c;
}

/* Each word and a NUL. */
static void
norm_text(struct norm *x, const char *s)
{
	const char *at;
	int32_t c;
	size_t k;

	for (at = s; (k = chars_len(at)) > 0; at += k) {
		c = chars_at(at, k);
		if (chars_blank(c))
			norm_end(x);
		else if ((c == '-' || c == 0x2212) && !x->inside &&
		    norm_digit(at[k]))
			norm_put(x, '-');
		else if (!is_punct(c) || (c == '.' && x->inside &&
		    x->last >= '0' && x->last <= '9' && norm_digit(at[k])))
			norm_put(x, c);
	}
	norm_end(x);
}

static bool
is_article(const char *s)
{
	return strcmp(s, "a") == 0 || strcmp(s, "an") == 0 ||
	    strcmp(s, "the") == 0;
}

/* Leaves out articles, unless there is nothing else: "A" may be a choice. */
static void
drop_articles(struct words *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		n += !is_article(w->v[i]);
	if (n == 0)
		return;
	for (i = n = 0; i < w->n; i++)
		if (!is_article(w->v[i]))
			w->v[n++] = w->v[i];
	w->n = n;
}

/* Compatible characters are one, case is folded, and what cannot be seen is
 * left out (Unicode Standard Annex 15, NFKD; chapter 3.13, default case
 * folding). */
static char *
norm_fold(const char *s)
{
	size_t n = strlen(s), i;
	utf8proc_uint8_t *out;

	/* Most texts need no tables. */
	for (i = 0; i < n && (unsigned char)s[i] < 0x80; i++)
		continue;
	if (i == n) {
		out = malloc(n + 1);
		for (i = 0; out && i <= n; i++)
			out[i] = (utf8proc_uint8_t)(s[i] >= 'A' && s[i] <= 'Z' ?
			    s[i] - 'A' + 'a' : s[i]);
		return (char *)out;
	}
	if (utf8proc_map((const utf8proc_uint8_t *)s, 0, &out,
	    UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
	    UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) < 0)
		return NULL;
	return (char *)out;
}

/* The words of a text, NULL being an empty one; false, and a failed run,
 * without memory. */
static bool
words_of(struct mip *m, const char *s, struct words *w)
{
	struct norm x = { .b = BUF_INIT };
	char *text = norm_fold(s ? s : "");
	const char *at, *end;

	*w = (struct words){ NULL, NULL, 0 };
	x.b.failed = !text;
	if (text)
		norm_text(&x, text);
	free(text);
	if (!x.b.failed)
		w->text = mip_alloc(m, x.b.len + 1, 1);
	if (w->text)
		w->v = mip_alloc(m, x.b.len / 2 + 1, sizeof *w->v);
	if (!w->v) {
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
		buf_release(&x.b);
		return false;
	}
	if (x.b.len > 0)
		memcpy(w->text, x.b.s, x.b.len);
	end = w->text + x.b.len;
	for (at = w->text; at < end; at += strlen(at) + 1)
		w->v[w->n++] = at;
	buf_release(&x.b);
	drop_articles(w);
	return true;
}

const char *
mip_normalize(struct mip *m, const char *s)
{
	struct buf b = BUF_INIT;
	utf8proc_uint8_t *nfc;
	struct words w;
	size_t i;

	if (!words_of(m, s, &w))
		return "";
	for (i = 0; i < w.n; i++) {
		buf_puts(&b, i > 0 ? " " : "");
		buf_puts(&b, w.v[i]);
	}
	nfc = b.failed ? NULL :
	    utf8proc_NFC((const utf8proc_uint8_t *)buf_str(&b));
	buf_reset(&b);
	if (nfc)
		buf_puts(&b, (const char *)nfc);
	else
		b.failed = true;
	free(nfc);
	return lib_take(m, &b);
}

/* ---- one text and another ---- */

static bool
words_at(const struct words *w, size_t at, const struct words *part)
{
	size_t i;

	for (i = 0; i < part->n; i++)
		if (strcmp(w->v[at + i], part->v[i]) != 0)
			return false;
	return true;
}

double
mip_exact(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	return g.n == p.n && words_at(&p, 0, &g) ? 1 : 0;
}

/* A gold of no words stands only in a pred of none. */
double
mip_mentions(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;
	size_t i;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	if (g.n == 0)
		return p.n == 0 ? 1 : 0;
	for (i = 0; i + g.n <= p.n; i++)
		if (words_at(&p, i, &g))
			return 1;
	return 0;
}

static int
word_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many words two sorted lists have in common. */
static size_t
in_common(const struct words *g, const struct words *p)
{
	size_t i = 0, j = 0, same = 0;

	while (i < g->n && j < p->n) {
		int d = strcmp(g->v[i], p->v[j]);

		same += d == 0;
		i += d <= 0;
		j += d >= 0;
	}
	return same;
}

/* Two of nothing agree, as in SQuAD 2. */
static double
f1_of(size_t same, size_t gold, size_t pred)
{
	if (gold + pred == 0)
		return 1;
	return 2 * (double)same / (double)(gold + pred);
}

double
mip_f1(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	qsort(g.v, g.n, sizeof *g.v, word_cmp);
	qsort(p.v, p.n, sizeof *p.v, word_cmp);
	return f1_of(in_common(&g, &p), g.n, p.n);
}

/* ---- several texts that are right ---- */

/* The best of them; none is a text of no words. */
static double
best_of(struct mip *m, struct mip_strings gold, const char *pred,
    double (*score)(struct mip *, const char *, const char *))
{
	double best = 0, one;
	size_t i;

	if (gold.n == 0)
		return score(m, NULL, pred);
	for (i = 0; i < gold.n && best < 1; i++) {
		one = score(m, gold.v[i], pred);
		if (one > best)
			best = one;
	}
	return best;
}

double
mip_exact_any(struct mip *m, struct mip_strings gold, const char *pred)
{
	return best_of(m, gold, pred, mip_exact);
}

double
mip_mentions_any(struct mip *m, struct mip_strings gold, const char *pred)
{
	return best_of(m, gold, pred, mip_mentions);
}

double
mip_f1_any(struct mip *m, struct mip_strings gold, const char *pred)
{
	return best_of(m, gold, pred, mip_f1);
}

/* ---- lists of texts ---- */

double
mip_exact_list(struct mip *m, struct mip_strings gold, struct mip_strings pred)
{
	size_t i;

	for (i = 0; i < gold.n && gold.n == pred.n; i++)
		if (mip_exact(m, gold.v[i], pred.v[i]) < 1)
			return 0;
	return gold.n == pred.n ? 1 : 0;
}

/* The texts after normalisation as a sorted set; false without memory. */
static bool
set_of(struct mip *m, struct mip_strings list, struct words *w)
{
	size_t i, n = 0;

	*w = (struct words){ NULL, mip_alloc(m, list.n + 1, sizeof *w->v), 0 };
	for (i = 0; w->v && i < list.n; i++)
		w->v[i] = mip_normalize(m, list.v[i]);
	if (!w->v || mip_status(m) != MIP_OK)
		return false;
	qsort(w->v, list.n, sizeof *w->v, word_cmp);
	for (i = 0; i < list.n; i++)
		if (n == 0 || strcmp(w->v[n - 1], w->v[i]) != 0)
			w->v[n++] = w->v[i];
	w->n = n;
	return true;
}

/* `same` of `n`: of nothing all, if the other side has nothing either. */
static double
share(size_t same, size_t n, size_t other)
{
	if (n == 0)
		return other == 0 ? 1 : 0;
	return (double)same / (double)n;
}

double
mip_recall(struct mip *m, struct mip_strings gold, struct mip_strings pred)
{
	struct words g, p;

	if (!set_of(m, gold, &g) || !set_of(m, pred, &p))
		return 0;
	return share(in_common(&g, &p), g.n, p.n);
}

double
mip_precision(struct mip *m, struct mip_strings gold, struct mip_strings pred)
{
	return mip_recall(m, pred, gold);
}

double
mip_f1_list(struct mip *m, struct mip_strings gold, struct mip_strings pred)
{
	struct words g, p;

	if (!set_of(m, gold, &g) || !set_of(m, pred, &p))
		return 0;
	return f1_of(in_common(&g, &p), g.n, p.n);
}

/* The index of Jaccard. */
double
mip_overlap(struct mip *m, struct mip_strings gold, struct mip_strings pred)
{
	struct words g, p;
	size_t same;

	if (!set_of(m, gold, &g) || !set_of(m, pred, &p))
		return 0;
	same = in_common(&g, &p);
	return share(same, g.n + p.n - same, 0);
}

/* ---- numbers ---- */

double
mip_numeric(double gold, double pred, double rel, double abs)
{
	double slack = rel * fabs(gold);

	if (!isfinite(gold) || !isfinite(pred))
		return 0;
	if (!(slack > abs))
		slack = abs;
	return fabs(gold - pred) <= slack ? 1 : 0;
}

double
mip_numeric_text(struct mip *m, const char *gold, const char *pred,
    double rel, double abs)
{
	double g, p;

	if (!number_in(m, gold, &g) || !number_in(m, pred, &p))
		return 0;
	return mip_numeric(g, p, rel, abs);
}

/* ---- JSON ---- */

/* The text as JSON in its canonical form; false if it is none. */
static bool
canonical(struct buf *b, const char *text)
{
	struct json v;

	if (!json_parse(text, strlen(text), &v, NULL, NULL))
		return false;
	json_canon(b, v);
	return true;
}

double
mip_json_equal(struct mip *m, const char *gold, const char *pred)
{
	struct buf g = BUF_INIT, p = BUF_INIT;
	bool same;

	same = canonical(&g, gold) && canonical(&p, pred) &&
	    strcmp(buf_str(&g), buf_str(&p)) == 0;
	if (g.failed || p.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	buf_release(&g);
	buf_release(&p);
	return same ? 1 : 0;
}

/* ---- samples ---- */

/* 1 - C(n - c, k) / C(n, k) for c good ones of n: Chen et al., Evaluating
 * Large Language Models Trained on Code, arXiv 2107.03374, section 2.1. */
double
mip_pass_at(struct mip *m, struct mip_bools good, int64_t k)
{
	size_t n = good.n, bad = 0, i;
	double none = 1;

	if (k < 1 || (uint64_t)k > n) {
		mip_fail(m, MIP_FAIL, "pass_at %lld of %zu samples",
		    (long long)k, n);
		return 0;
	}
	for (i = 0; i < n; i++)
		bad += !good.v[i];
	if (bad < (uint64_t)k)
		return 1;
	for (i = bad + 1; i <= n; i++)
		none *= 1 - (double)k / (double)i;
	return 1 - none;
}
