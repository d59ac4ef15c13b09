/* Fuzzes what programs do with texts: any text, any pattern.  Parts put
 * together are the whole, what is the same is equal, and a run fails only
 * where it may.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "run/mip_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static bool
same(double a, double b)
{
	return fabs(a - b) < 1e-12;
}

/* The bytes up to a NUL as valid UTF-8; gives how many were taken. */
static size_t
take(struct buf *b, const uint8_t *s, size_t n)
{
	size_t i = 0, k;
	char out[4];

	for (; i < n && s[i]; i += k) {
		k = buf_utf8((const char *)s + i, n - i);
		if (k > 0)
			buf_put(b, s + i, k);
		else
			buf_put(b, out, buf_utf8_encode(out, 0xfffd));
		k = k > 0 ? k : 1;
	}
	return i < n ? i + 1 : i;
}

static void
fuzz_parts(struct mip *m, const char *s, const char *t, int64_t n)
{
	struct mip_strings v = mip_split(m, s, t);
	const int64_t *at;
	size_t i;

	must(strcmp(mip_join(m, t, v), s) == 0);
	v = mip_words(m, s);
	must(strcmp(mip_join(m, " ", mip_words(m, mip_join(m, " ", v))),
	    mip_join(m, " ", v)) == 0);
	v = mip_chunk(m, s, n);
	for (i = 0; i < v.n; i++)
		must(v.v[i][0] && mip_string_len(v.v[i]) <= n);
	if (n > 1)
		must(strcmp(mip_join(m, "", mip_words(m, mip_join(m, "", v))),
		    mip_join(m, "", mip_words(m, s))) == 0);
	at = mip_string_index(m, s, t);
	must((at != NULL) == mip_contains(s, t));
	must(!at || mip_starts_with(mip_substr(m, s, *at, INT64_MAX), t));
	must(mip_string_count(s, t) == (int64_t)(*t ?
	    mip_split(m, s, t).n - 1 : 0));
	must(mip_string_len(mip_title(m, s)) == mip_string_len(s));
	must(mip_string_len(mip_lower(m, s)) == mip_string_len(s));
	must(mip_icontains(s, mip_lower(m, s)));
	must(mip_status(m) == MIP_OK);
}

static void
fuzz_metrics(struct mip *m, const char *s, const char *t)
{
	const char *norm = mip_normalize(m, s);
	struct mip_strings v = mip_words(m, s), w = mip_words(m, t);
	const double *number = mip_number(m, s);
	double f = mip_f1(m, s, t);

	must(same(mip_exact(m, s, s), 1) && same(mip_f1(m, s, s), 1));
	must(same(mip_exact(m, s, norm), 1));
	must(same(f, mip_f1(m, t, s)) && f >= 0 && f <= 1);
	must(!same(mip_exact(m, s, t), 1) || same(f, 1));
	must(!same(mip_exact(m, s, t), 1) || same(mip_mentions(m, s, t), 1));
	must(same(mip_recall(m, v, w), mip_precision(m, w, v)));
	must(mip_overlap(m, v, w) <= mip_f1_list(m, v, w) + 1e-12);
	must(!number || isfinite(*number));
	must(same(mip_numeric_text(m, s, s, 0, 0), number != NULL));
	must(same(mip_json_equal(m, s, t), mip_json_equal(m, t, s)));
	must(mip_status(m) == MIP_OK);
}

static void
fuzz_patterns(struct mip *m, const char *s, const char *re)
{
	bool match = mip_regex_match(m, s, re);
	const char *found = mip_regex_find(m, s, re);
	struct mip_strings v = mip_regex_all(m, s, re);

	must(match || !found);
	if (mip_status(m) == MIP_OK)
		must(match == (v.n > 0));
	must(mip_status(m) == MIP_OK || mip_status(m) == MIP_FAIL);
	mip_clear(m);
	mip_regex_replace(m, s, re, "[$0]");
	must(mip_status(m) == MIP_OK || mip_status(m) == MIP_FAIL);
	mip_clear(m);
	mip_regex_replace(m, s, "\\w", re);
	must(mip_status(m) == MIP_OK || mip_status(m) == MIP_FAIL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mip_options o = { .no_cache = true };
	static struct mip_env *env;
	struct buf s = BUF_INIT, t = BUF_INIT;
	struct mip *m;
	size_t n;

	must(env || mip_env_new(&o, &env) == MIP_OK);
	m = mip_new(env);
	must(m != NULL);
	mip_clear(m);
	if (size > 1 && size < 4096) {
		n = take(&s, data + 1, size - 1);
		take(&t, data + 1 + n, size - 1 - n);
		fuzz_parts(m, buf_str(&s), buf_str(&t), data[0] % 50 + 1);
		fuzz_metrics(m, buf_str(&s), buf_str(&t));
		fuzz_patterns(m, buf_str(&s), buf_str(&t));
	}
	mip_free(m);
	buf_release(&s);
	buf_release(&t);
	return 0;
}
