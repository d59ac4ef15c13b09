/* What programs do with values: arithmetic, conversions.
 *
 * Whatever fails makes the run fail and still gives a value that can be used.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/chars.h"
#include "lib/lib_in.h"
#include "run/mip.h"
#include "type/type.h"

enum { SHOWN = 40 };                    /* bytes of a bad text in a message */

/* ---- numbers ---- */

static int64_t
overflow(struct mip *m, const char *op)
{
	mip_fail(m, MIP_FAIL, "integer overflow in '%s'", op);
	return 0;
}

int64_t
mip_int_add(struct mip *m, int64_t a, int64_t b)
{
	if ((b > 0 && a > INT64_MAX - b) || (b < 0 && a < INT64_MIN - b))
		return overflow(m, "+");
	return a + b;
}

int64_t
mip_int_sub(struct mip *m, int64_t a, int64_t b)
{
	if ((b < 0 && a > INT64_MAX + b) || (b > 0 && a < INT64_MIN + b))
		return overflow(m, "-");
	return a - b;
}

static bool
mul_fits(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return true;
	if (a > 0)
		return b > 0 ? a <= INT64_MAX / b : b >= INT64_MIN / a;
	return b > 0 ? a >= INT64_MIN / b : b >= INT64_MAX / a;
}

int64_t
mip_int_mul(struct mip *m, int64_t a, int64_t b)
{
	if (!mul_fits(a, b))
		return overflow(m, "*");
	return a * b;
}

int64_t
mip_int_div(struct mip *m, int64_t a, int64_t b)
{
	if (b == 0) {
		mip_fail(m, MIP_FAIL, "division by zero");
		return 0;
	}
	if (a == INT64_MIN && b == -1)
		return overflow(m, "/");
	return a / b;
}

int64_t
mip_int_mod(struct mip *m, int64_t a, int64_t b)
{
	if (b == 0) {
		mip_fail(m, MIP_FAIL, "remainder of a division by zero");
		return 0;
	}
	return b == -1 ? 0 : a % b;
}

int64_t
mip_int_neg(struct mip *m, int64_t a)
{
	return a == INT64_MIN ? overflow(m, "-") : -a;
}

double
mip_float_div(struct mip *m, double a, double b)
{
	if (b < 0 || b > 0)
		return a / b;
	mip_fail(m, MIP_FAIL, "division by zero");
	return 0;
}

double
mip_float_mod(struct mip *m, double a, double b)
{
	if (b < 0 || b > 0)
		return fmod(a, b);
	mip_fail(m, MIP_FAIL, "remainder of a division by zero");
	return 0;
}

bool
mip_index(struct mip *m, int64_t i, size_t n, size_t *at)
{
	*at = 0;
	if (i >= 0 && (uint64_t)i < n) {
		*at = (size_t)i;
		return true;
	}
	mip_fail(m, MIP_FAIL, "index %lld is outside a list of %zu",
	    (long long)i, n);
	return false;
}

/* ---- what texts are made with ---- */

const char *
lib_keep(struct mip *m, const char *s, size_t n)
{
	const char *own = arena_strndup(mip_arena(m), s, n);

	return own ? own : "";
}

const char *
lib_take(struct mip *m, struct buf *b)
{
	const char *s = "";

	if (b->failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	else
		s = lib_keep(m, buf_str(b), b->len);
	buf_release(b);
	return s;
}

void
lib_texts_add(struct mip *m, struct lib_texts *t, const char *s, size_t n)
{
	const char **v = arena_grow(mip_arena(m), t->v, &t->cap, t->n + 1,
	    sizeof *v);

	if (!v)
		return;
	t->v = v;
	v[t->n++] = lib_keep(m, s, n);
}

struct json
lib_trim(const char *s)
{
	struct json t;
	const char *end;
	size_t k;

	while ((k = chars_len(s)) > 0 && chars_blank(chars_at(s, k)))
		s += k;
	end = t.s = s;
	for (; (k = chars_len(s)) > 0; s += k)
		if (!chars_blank(chars_at(s, k)))
			end = s + k;
	t.n = (size_t)(end - t.s);
	return t;
}

/* ---- texts and numbers ---- */

const char *
mip_str_int(struct mip *m, int64_t v)
{
	struct buf b = BUF_INIT;

	buf_int(&b, v);
	return lib_take(m, &b);
}

const char *
mip_str_float(struct mip *m, double v)
{
	struct buf b = BUF_INIT;

	if (isnan(v))
		return "nan";
	if (isinf(v))
		return v > 0 ? "inf" : "-inf";
	buf_double(&b, v);
	return lib_take(m, &b);
}

const char *
mip_str_bool(bool v)
{
	return v ? "true" : "false";
}

const char *
mip_str_enum(const struct mip_type *t, const void *v)
{
	unsigned i = type_index(v);

	return i < t->n ? t->variant[i].name : "";
}

static void
no_number(struct mip *m, const char *s, const char *what)
{
	size_t n = 0, k;

	while (n < SHOWN && (k = chars_len(s + n)) > 0)
		n += k;
	mip_fail(m, MIP_FAIL, "\"%.*s%s\" is not %s", (int)n, s,
	    s[n] ? "..." : "", what);
}

int64_t
mip_to_int(struct mip *m, const char *s)
{
	struct json t = lib_trim(s);
	bool minus = t.n > 0 && t.s[0] == '-';
	size_t i = t.n > 0 && (t.s[0] == '-' || t.s[0] == '+');
	int64_t v = 0;

	if (i == t.n) {
		no_number(m, s, "an int");
		return 0;
	}
	for (; i < t.n; i++) {
		int d = t.s[i] - '0';

		if (d < 0 || d > 9) {
			no_number(m, s, "an int");
			return 0;
		}
		/* Downwards: there is one number more. */
		if (v < (INT64_MIN + d) / 10) {
			no_number(m, s, "an int of 64 bits");
			return 0;
		}
		v = v * 10 - d;
	}
	if (!minus && v == INT64_MIN) {
		no_number(m, s, "an int of 64 bits");
		return 0;
	}
	return minus ? v : -v;
}

/* As JSON, but also "+1", ".5", "5." and "007". */
double
mip_to_float(struct mip *m, const char *s)
{
	struct json t = lib_trim(s), v;
	struct buf b = BUF_INIT;
	size_t i = 0, digits;
	double d = 0;
	bool ok;

	if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+'))
		i = 1;
	if (i == 1 && t.s[0] == '-')
		buf_putc(&b, '-');
	digits = i;
	while (i + 1 < t.n && t.s[i] == '0' && t.s[i + 1] >= '0' &&
	    t.s[i + 1] <= '9')
		i++;
	if (i + 1 < t.n && t.s[i] == '.' && t.s[i + 1] >= '0' &&
	    t.s[i + 1] <= '9')
		buf_putc(&b, '0');
	if (t.n > digits + 1 && t.s[t.n - 1] == '.' &&
	    !memchr(t.s, '.', t.n - 1))
		t.n--;
	buf_put(&b, t.s + i, t.n - i);
	ok = json_parse(buf_str(&b), b.len, &v, NULL, NULL) &&
	    json_kind(v) == JSON_NUMBER && json_double(v, &d) && isfinite(d);
	if (b.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	else if (!ok)
		no_number(m, s, "a number");
	buf_release(&b);
	return ok ? d : 0;
}

/* ---- values of any type ---- */

bool
mip_equal(const struct mip_type *t, const void *a, const void *b)
{
	return type_equal(t, a, b);
}

const char *
mip_to_json(struct mip *m, const struct mip_type *t, const void *v)
{
	struct buf b = BUF_INIT;

	type_write(&b, t, v, true);
	return lib_take(m, &b);
}
