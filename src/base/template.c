/* Templates: text with places for the inputs of a module.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/template.h"

#include <string.h>

struct template_part
template_next(const char *text, size_t len, size_t *at)
{
	struct template_part p = { TEMPLATE_TEXT, *at, 0 };
	const char *s = text + *at, *end = text + len, *close;

	if (s == end)
		p.kind = TEMPLATE_END;
	for (; s < end; s += 1 + (*s == '{' || *s == '}'))
		if ((*s == '{' || *s == '}') && (s + 1 == end || s[1] != *s))
			break;
	p.n = (size_t)(s - text) - *at;
	if (p.n == 0 && s < end) {
		p.kind = *s == '{' ? TEMPLATE_PLACE : TEMPLATE_CLOSE;
		p.n = 1;
		close = s + 1 + strcspn(s + 1, "{}\n");
		if (p.kind == TEMPLATE_PLACE && *close == '}')
			p.n = (size_t)(close - s) + 1;
		else if (p.kind == TEMPLATE_PLACE)
			p.kind = TEMPLATE_OPEN;
	}
	*at += p.n;
	return p;
}

const char *
template_text(struct arena *a, const char *s, size_t n)
{
	char *text = arena_alloc(a, n + 1), *out = text;
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = s[i];
		i += s[i] == '{' || s[i] == '}';
	}
	*out = '\0';
	return text;
}

/* The number of the field called by the n bytes of `name`; t->n: none. */
static unsigned
field_of(const struct ty *t, const char *name, size_t n)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (strlen(t->field[i].name) == n &&
		    memcmp(t->field[i].name, name, n) == 0)
			break;
	return i;
}

bool
template_find(struct arena *a, const struct ty *in, const char *name,
    size_t len, struct template_piece *out, struct template_miss *miss)
{
	const struct ty *t = in;
	unsigned *path, depth = 1, i;
	size_t at = 0, n;

	for (n = 0; n < len; n++)
		depth += name[n] == '.';
	path = arena_array(a, depth, sizeof *path);
	*out = (struct template_piece){ .path = path };
	for (; out->npath < depth; at += n + 1) {
		for (n = 0; at + n < len && name[at + n] != '.'; n++)
			continue;
		*miss = (struct template_miss){ at, n, n > 0 ? t : NULL };
		if (n == 0 || t->kind != TY_STRUCT)
			return false;
		i = field_of(t, name + at, n);
		if (i == t->n)
			return false;
		path[out->npath++] = i;
		t = ty_present(t->field[i].type);
	}
	return true;
}

const char *
template_name(struct arena *a, const struct ty *in,
    const struct template_piece *p)
{
	const char *s = "";
	const struct ty *t = in;
	unsigned i;

	for (i = 0; i < p->npath; i++) {
		s = arena_printf(a, "%s%s%s", s, i > 0 ? "." : "",
		    t->field[p->path[i]].name);
		t = ty_present(t->field[p->path[i]].type);
	}
	return s;
}

bool
template_fits(const struct ty *in, const struct template_piece *p)
{
	const struct ty *t = in;
	unsigned i;

	for (i = 0; i < p->npath; i++) {
		if (t->kind != TY_STRUCT || p->path[i] >= t->n)
			return false;
		t = ty_present(t->field[p->path[i]].type);
	}
	return p->npath > 0;
}
