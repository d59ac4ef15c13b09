/* Fuzzes the reply reader: any bytes, any type, any layout.  What is read
 * must be writable, what is refused must say why, and each beginning of the
 * text must have a partial value that is JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "reply/reply.h"
#include "type/type.h"
#include "../unit/reply_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mip_type *const fuzz_type[] = {
	&s_t, &s_list, &deep_t, &thought_t, &absent_t, &bound_t, &shape_t,
	&either_t, &vote_t, &tree_t, &fork_t, &label, &label_list, &mail,
	&title, &ab, &literal_t, &int_map, &one_int, &one_string, &one_list,
	&code_t, &mip_int, &mip_float, &mip_bool, &mip_string, &mip_int_list,
	&mip_string_list, &mip_string_optional, &int_optional,
	&label_optional, &bool_optional, &s_optional,
};

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
fuzz_partial(const struct mip_type *t, const struct reply_options *o,
    const char *text, size_t n)
{
	struct buf b = BUF_INIT;
	struct json j;

	must(reply_partial(t, o, text, n, &b) == MIP_OK);
	must(json_parse(buf_str(&b), b.len, &j, NULL, NULL));
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t ntype = sizeof(fuzz_type) / sizeof(*fuzz_type);
	struct reply_options o = { .max_repair = -1 };
	struct arena a = { 0 };
	struct buf b = BUF_INIT;
	const struct mip_type *t;
	struct reply_note note;
	enum mip_status s;
	struct json j;
	void *out;

	if (size < 2 || size > 1 << 16)
		return 0;
	t = fuzz_type[data[0] % ntype];
	o.single = t->kind != MIP_STRUCT || (data[1] & 1) != 0;
	o.format = (enum mip_format)((data[1] >> 1) % MIP_NFORMAT);
	o.finish = (enum reply_finish)((data[1] >> 4) % 3);
	o.drop_bad_items = o.null_bad_optional = (data[1] & 128) != 0;
	out = arena_alloc(&a, t->size);
	must(out != NULL);
	data += 2;
	size -= 2;
	s = reply_read(&a, t, &o, (const char *)data, size, out, &note);
	must((s == MIP_OK) == (note.error == REPLY_E_NONE));
	must((s == MIP_OK) == (note.message[0] == '\0'));
	must(note.from <= note.to && note.to <= size);
	must(s != MIP_NOMEM);
	if (s == MIP_OK) {
		type_write(&b, t, out, true);
		must(json_parse(buf_str(&b), b.len, &j, NULL, NULL));
	}
	fuzz_partial(t, &o, (const char *)data, size);
	fuzz_partial(t, &o, (const char *)data, size / 2);
	buf_release(&b);
	arena_release(&a);
	return 0;
}
