/* The tuned file applied: slot values become those of a module, as far as
 * they fit it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/json_put.h"
#include "prompt/slots.h"
#include "tune/choices.h"
#include "tune/tuned.h"

struct apply {
	struct arena *a;
	const struct tuned *t;
	const struct mod *m;
	bool carry;
	void (*stale)(void *, const char *, const char *);
	void *arg;
	struct buf *kept;               /* members of an object; NULL: they are
	                                 * set in the module */
	bool whole;                     /* nothing was left out */
};

static void
leave_out(struct apply *ap, const char *slot, const char *why)
{
	ap->whole = false;
	if (ap->stale)
		ap->stale(ap->arg, slot, why);
}

static void
note_kept(struct apply *ap, const char *slot, struct json v)
{
	json_put_member(ap->kept, slot);
	json_compact(ap->kept, v);
}

/* Is "name: type" of a field in the list? */
static bool
listed(struct json list, const char *name, const char *type)
{
	struct json_walk w = json_walk(list);
	struct buf b = BASE_BUF_INIT;
	struct json v;
	bool found = false;

	buf_printf(&b, "%s: %s", name, type);
	while (!found && json_next(&w, NULL, &v))
		found = json_string_is(v, buf_str(&b));
	buf_release(&b);
	return found;
}

static size_t
fields_listed(struct arena *a, struct json list, const struct ty *t)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < t->n; i++)
		n += listed(list, t->field[i].name,
		    ty_text(a, t->field[i].type));
	return n;
}

/* Inputs unchanged, outputs only grown. */
static bool
still_fits(struct apply *ap, struct json leaf, const struct prompt *p)
{
	struct json in = json_get(leaf, "in"), out = json_get(leaf, "out");

	return json_kind(in) == JSON_ARRAY && json_count(in) == p->in->n &&
	    fields_listed(ap->a, in, p->in) == p->in->n &&
	    json_kind(out) == JSON_ARRAY &&
	    fields_listed(ap->a, out, p->out) == json_count(out);
}

static bool
leaf_fresh(struct apply *ap, const struct prompt *p, const char *slot)
{
	struct json leaf = json_get(json_get(ap->t->root, "leaves"), p->name);

	if (p->hash && json_string_is(json_get(leaf, "hash"), p->hash))
		return true;
	if (!still_fits(ap, leaf, p)) {
		leave_out(ap, slot, "its module has changed since, in its "
		    "inputs or in outputs that it had");
		return false;
	}
	if (!ap->carry) {
		leave_out(ap, slot, "its module has changed since");
		return false;
	}
	if (ap->stale)
		ap->stale(ap->arg, slot, "its module has changed since, but "
		    "the value still fits and is used");
	return true;
}

static const char *
joined(struct arena *a, struct json v)
{
	struct json_walk w = json_walk(v);
	struct buf b = BASE_BUF_INIT;
	struct json item;
	const char *s;
	bool first = true;

	if (json_kind(v) == JSON_STRING)
		return json_string(a, v);
	if (json_kind(v) != JSON_ARRAY)
		return NULL;
	while (json_next(&w, NULL, &item)) {
		s = json_string(a, item);
		if (!first)
			buf_putc(&b, '\n');
		first = false;
		buf_puts(&b, s ? s : "");
	}
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

static bool
set_demos(struct apply *ap, struct prompt *p, struct json v)
{
	struct json_walk w = json_walk(v);
	struct json item;
	const char **demo;
	unsigned n = 0;

	if (json_kind(v) != JSON_ARRAY)
		return false;
	demo = arena_array(ap->a, json_count(v) + 1, sizeof *demo);
	while (json_next(&w, NULL, &item)) {
		struct buf b = BASE_BUF_INIT;

		if (json_kind(item) != JSON_OBJECT)
			return false;
		json_compact(&b, item);
		demo[n++] = arena_strndup(ap->a, buf_str(&b), b.len);
		buf_release(&b);
	}
	p->demo = demo;
	p->ndemo = n;
	return n <= p->max_demos && (p->cases == NULL || n == 0);
}

static bool
set_format(struct prompt *p, const char *word)
{
	enum mip_format f;

	if (!word || !slots_format(word, &f) || !p->formats[f])
		return false;
	p->format = f;
	return true;
}

static bool
set_structure(struct prompt *p, struct json v)
{
	unsigned i;

	for (i = 0; i < IR_NSTRUCTURE; i++) {
		if (!p->structures[i] || !json_string_is(v,
		    slots_structure_word((enum mip_structure)i)))
			continue;
		p->structure = (enum mip_structure)i;
		return true;
	}
	return false;
}

static bool
set_temperature(struct prompt *p, struct json v)
{
	struct ty_const t = { .kind = TYC_FLOAT };

	if (!json_double(v, &t.f) || t.f < 0 || t.f > 2 ||
	    (p->tune[SLOT_TEMPERATURE] &&
	    !choices_allow(&p->temperatures, &t)))
		return false;
	p->temperature = t.f;
	return true;
}

static bool
set_slot(struct apply *ap, struct prompt *p, const char *word, struct json v)
{
	enum slot_kind k;

	if (!slot_find(word, &k))
		return false;
	switch (k) {
	case SLOT_INSTRUCTION:
		p->tuned_text = joined(ap->a, v);
		return p->tuned_text != NULL;
	case SLOT_DEMOS:
		return set_demos(ap, p, v);
	case SLOT_FORMAT:
		return json_kind(v) == JSON_STRING &&
		    set_format(p, json_string(ap->a, v));
	case SLOT_STRUCTURE:
		return set_structure(p, v);
	case SLOT_TEMPERATURE:
		return set_temperature(p, v);
	case SLOT_COUNT:
		break;
	}
	BUG("slot");
}

static void
apply_leaf(struct apply *ap, struct prompt *p, const char *slot,
    const char *word, struct json v)
{
	struct prompt set = *p;

	if (!leaf_fresh(ap, p, slot))
		return;
	if (!set_slot(ap, &set, word, v))
		leave_out(ap, slot, "the value is none that the slot takes");
	else if (ap->kept)
		note_kept(ap, slot, v);
	else
		*p = set;
}

/* The value as one of the param's type. */
static bool
read_param(struct apply *ap, const struct param *p, struct json v,
    struct ty_const *out)
{
	struct ty_const c = { .kind = TYC_NONE };
	bool b = false;

	switch (p->value.kind) {
	case TYC_STRING:
	case TYC_ENUM:
		c.s = json_kind(v) == JSON_STRING ? json_string(ap->a, v) :
		    NULL;
		if (!c.s)
			return false;
		if (p->value.kind == TYC_ENUM) {
			c.i = ty_variant_index(p->type, c.s);
			if (c.i < 0)
				return false;
		}
		break;
	case TYC_INT:
		if (!json_int(v, &c.i))
			return false;
		break;
	case TYC_FLOAT:
		if (!json_double(v, &c.f))
			return false;
		break;
	case TYC_BOOL:
		if (!json_bool(v, &b))
			return false;
		c.i = b;
		break;
	case TYC_NONE:
	case TYC_NULL:
	case TYC_LIST: case TYC_RECORD: case TYC_MAP: case TYC_ARM:
		return false;
	}
	c.kind = p->value.kind;
	*out = c;
	return true;
}

static void
apply_param(struct apply *ap, struct param *p, struct json v)
{
	struct ty_const c;

	if (!read_param(ap, p, v, &c))
		leave_out(ap, p->name, "the value does not fit the param's "
		    "type");
	else if (!choices_allow(&p->choices, &c))
		leave_out(ap, p->name, "the value is not one of the param's "
		    "choices any more");
	else if (ap->kept)
		note_kept(ap, p->name, v);
	else
		p->value = c;
}

/* What -D says goes over what was tuned. */
static void
apply_pin(struct apply *ap, const struct pin *p, struct json v)
{
	const char *value = choices_json(ap->a, &p->value);
	struct buf was = BASE_BUF_INIT, is = BASE_BUF_INIT;
	struct json own;

	json_canon(&was, v);
	if (json_parse(value, strlen(value), &own, NULL, NULL))
		json_canon(&is, own);
	if (strcmp(buf_str(&was), buf_str(&is)) != 0 && ap->stale)
		ap->stale(ap->arg, p->name, arena_printf(ap->a, "it is %s by "
		    "-D, while the other values were found with %s",
		    buf_str(&is), buf_str(&was)));
	buf_release(&was);
	buf_release(&is);
}

static void
apply_slot(struct apply *ap, const char *slot, struct json v)
{
	const char *dot = strrchr(slot, '.');
	struct prompt *p;
	struct param *k;
	struct pin *pin;

	for (pin = ap->m->pin; pin; pin = pin->next) {
		if (strcmp(pin->name, slot) != 0)
			continue;
		apply_pin(ap, pin, v);
		return;
	}
	for (k = ap->m->param; k; k = k->next) {
		if (strcmp(k->name, slot) != 0)
			continue;
		apply_param(ap, k, v);
		return;
	}
	for (p = ap->m->prompt; p && dot; p = p->next) {
		if (strlen(p->name) != (size_t)(dot - slot) ||
		    strncmp(p->name, slot, strlen(p->name)) != 0)
			continue;
		apply_leaf(ap, p, slot, dot + 1, v);
		return;
	}
	leave_out(ap, slot, "the program has no such slot any more");
}

/* True if nothing was left out. */
static bool
apply_all(struct apply *ap)
{
	struct json_walk w = json_walk(ap->t->slots);
	struct json key, v;
	const char *name;

	ap->whole = true;
	while (json_next(&w, &key, &v)) {
		name = json_string(ap->a, key);
		if (name)
			apply_slot(ap, name, v);
	}
	return ap->whole;
}

bool
tuned_apply(struct arena *a, const struct tuned *t, struct mod *m,
    bool carry, void (*stale)(void *arg, const char *slot, const char *why),
    void *arg)
{
	struct apply ap = { .a = a, .t = t, .m = m, .carry = carry,
	    .stale = stale, .arg = arg };

	m->tuned = t->hash;
	m->tuned_note = t->note;
	return apply_all(&ap);
}

const char *
tuned_slots(struct arena *a, const struct tuned *t, const struct mod *m,
    void (*stale)(void *arg, const char *slot, const char *why), void *arg)
{
	struct buf kept = BASE_BUF_INIT;
	struct apply ap = { .a = a, .t = t, .m = m, .carry = true,
	    .stale = stale, .arg = arg, .kept = &kept };
	const char *s;

	apply_all(&ap);
	s = arena_printf(a, "{%s}", buf_str(&kept));
	buf_release(&kept);
	return s;
}
