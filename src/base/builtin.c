/* The functions of the language.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/builtin.h"

#include <string.h>

const struct builtin builtins[BI_COUNT] = {
#define BUILTIN(id, name, in, out, c, flags, doc) \
	{ name, in, out, c, flags, doc },
#include "base/builtin.def"
#undef BUILTIN
};

unsigned
builtin_params(const struct builtin *b, struct builtin_param p[BUILTIN_PARAMS])
{
	const char *s = b->in, *colon, *value;
	unsigned n = 0;
	size_t len;

	for (; *s != '\0'; s += len + (s[len] == ' ')) {
		if (n == BUILTIN_PARAMS)
			BUG("builtin.def: '%s' has too many parameters",
			    b->name);
		len = strcspn(s, " ");
		colon = memchr(s, ':', len);
		value = memchr(s, '=', len);
		p[n++] = (struct builtin_param){
		    .name = colon ? s : NULL,
		    .name_len = colon ? (size_t)(colon - s) : 0,
		    .type = colon ? colon + 1 : s,
		    .value = value ? value + 1 : NULL };
	}
	return n;
}

bool
builtin_generic(const char *type)
{
	return *type == 'T' || *type == 'E';
}

static enum ty_kind
kind_of(char letter)
{
	switch (letter) {
	case 's': return TY_STRING;
	case 'i': return TY_INT;
	case 'f': return TY_FLOAT;
	case 'b': return TY_BOOL;
	}
	BUG("builtin.def: what is a '%c'?", letter);
}

const struct ty *
builtin_ty(struct ty_table *t, const char *type, const struct ty *any)
{
	const struct ty *x = any;

	if (!builtin_generic(type))
		x = ty_basic(t, kind_of(*type));
	for (type++; x; type++) {
		if (*type == '[')
			x = ty_list(t, x);
		else if (*type == '{')
			x = ty_map(t, x);
		else if (*type == '?')
			x = ty_optional(t, x);
		else if (*type != ']' && *type != '}')
			break;
	}
	return x;
}

bool
builtin_is(const char *type, const struct ty *from, const struct ty **any)
{
	size_t n = 1 + strspn(type + 1, BUILTIN_AROUND);

	for (; n > 1; from = from->of) {
		char last = type[n - 1];

		if (from->kind != (last == ']' ? TY_LIST : last == '}' ?
		    TY_MAP : TY_OPTIONAL))
			return false;
		n -= last == '?' ? 1 : 2;
	}
	if (!builtin_generic(type))
		return from->kind == kind_of(*type);
	if (*type == 'E' && from->kind != TY_ENUM)
		return false;
	if (!*any)
		*any = from;
	return *any == from;
}
