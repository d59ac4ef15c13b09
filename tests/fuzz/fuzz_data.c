/* Fuzzes the readers of data: any bytes as JSONL and as CSV.  Rows are JSON
 * objects on one line, which are read again as they are; what is wrong with a
 * file is told with its place; and its parts have all its rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/json.h"
#include "tune/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

/* Puts the bytes into a file without a name, and its path into `path`. */
static int
put(char path[64], const char *s, size_t n)
{
	char name[] = "/tmp/fuzz_data_XXXXXX";
	int fd = mkstemp(name);

	must(fd >= 0 && write(fd, s, n) == (ssize_t)n);
	unlink(name);
	snprintf(path, 64, "/dev/fd/%d", fd);
	return fd;
}

/* The rows as JSONL are the same rows. */
static void
again(const struct rows *rows)
{
	struct data_spec spec = { .kind = DATA_JSONL };
	struct buf b = BUF_INIT;
	struct data_error err;
	struct arena a = { 0 };
	struct rows other;
	char path[64];
	size_t i;
	int fd;

	for (i = 0; i < rows->n; i++) {
		buf_put(&b, rows->row[i].json, rows->row[i].len);
		buf_puts(&b, "\n");
	}
	fd = put(path, buf_str(&b), b.len);
	spec.path = path;
	must(data_load(&spec, &a, &other, &err) == MIP_OK);
	must(other.n == rows->n);
	for (i = 0; i < rows->n; i++)
		must(strcmp(other.row[i].json, rows->row[i].json) == 0);
	close(fd);
	arena_release(&a);
	buf_release(&b);
}

static void
look_at(const struct rows *rows)
{
	struct json v;
	size_t i;

	for (i = 0; i < rows->n; i++) {
		const struct row *r = &rows->row[i];

		must(strlen(r->json) == r->len && r->line > 0);
		must(!memchr(r->json, '\n', r->len));
		must(json_parse(r->json, r->len, &v, NULL, NULL));
		must(r->json[0] == '{');
	}
	again(rows);
}

static void
fuzz_kind(enum data_kind kind, const uint8_t *data, size_t size)
{
	static const struct data_rename rename[] = { { "a", "text" } };
	static const char *const input[] = { "a", "b" };
	struct data_spec spec = { .kind = kind };
	struct data_error err = { .message = NULL };
	struct arena a = { 0 };
	struct split split;
	struct rows rows;
	enum mip_status s;
	char path[64];
	int fd = put(path, (const char *)data, size);

	spec.path = path;
	s = data_load(&spec, &a, &rows, &err);
	must(s == MIP_OK || (s == MIP_USAGE && err.message && err.file));
	if (s == MIP_OK) {
		look_at(&rows);
		spec.how = DATA_FRACTIONS;
		spec.fraction[0] = spec.fraction[1] = 0.25;
		spec.fraction[2] = 0.5;
		spec.rename = size % 2 ? rename : NULL;
		spec.nrename = size % 2;
		must(lseek(fd, 0, SEEK_SET) == 0);
		s = data_read(&spec, input, size % 3, &a, &split, &err);
		must(s == MIP_OK || (s == MIP_USAGE && err.message));
		if (s == MIP_OK)
			must(split.part[0].n + split.part[1].n +
			    split.part[2].n == rows.n);
	}
	close(fd);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 << 14) {
		fuzz_kind(DATA_JSONL, data, size);
		fuzz_kind(DATA_CSV, data, size);
	}
	return 0;
}
