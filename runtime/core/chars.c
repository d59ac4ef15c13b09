/* Characters of UTF-8 text.
 *
 * SPDX-License-Identifier: MIT */
#include "core/chars.h"

#include <utf8proc.h>

size_t
chars_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1, i;

	if (c == 0)
		return 0;
	for (i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return i;
	return n;
}

int32_t
chars_at(const char *s, size_t n)
{
	utf8proc_int32_t c;

	if (n == 1 && (unsigned char)*s < 0x80)
		return *s;
	if (utf8proc_iterate((const utf8proc_uint8_t *)s,
	    (utf8proc_ssize_t)n, &c) <= 0)
		return 0xfffd;
	return c;
}

bool
chars_blank(int32_t c)
{
	return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= ' ') ||
	    c == 0x85 || c == 0x2028 || c == 0x2029 ||
	    (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS);
}

bool
chars_word(int32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z');
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
		return true;
	case UTF8PROC_CATEGORY_CN: case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_PC: case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_PS: case UTF8PROC_CATEGORY_PE:
	case UTF8PROC_CATEGORY_PI: case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PO: case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC: case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO: case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL: case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS: case UTF8PROC_CATEGORY_CO:
		break;
	}
	return false;
}

/* Blocks of the Unicode standard. */
bool
chars_dense(int32_t c)
{
	static const struct { int32_t from, to; } block[] = {
		{ 0x0e00, 0x0eff },     /* Thai, Lao */
		{ 0x1000, 0x109f },     /* Myanmar */
		{ 0x1780, 0x17ff },     /* Khmer */
		{ 0x2e80, 0x2fdf },     /* radicals */
		{ 0x3005, 0x3007 },     /* marks that stand for ideographs */
		{ 0x3021, 0x3029 },     /* numerals */
		{ 0x3040, 0x312f },     /* hiragana, katakana, bopomofo */
		{ 0x31a0, 0x31bf }, { 0x31f0, 0x31ff },
		{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xf900, 0xfaff },
		{ 0xff66, 0xff9d },     /* katakana of half width */
		{ 0x1b000, 0x1b16f },   /* kana */
		{ 0x20000, 0x3ffff },   /* ideographs */
	};
	size_t i;

	if (c < block[0].from)
		return false;
	for (i = 0; i < sizeof block / sizeof block[0]; i++)
		if (c >= block[i].from && c <= block[i].to)
			return true;
	return false;
}

bool
chars_mark(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x300)
		return false;
	k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC ||
	    k == UTF8PROC_CATEGORY_ME;
}
