/* Memory, disk and files that fail while a corpus is opened and searched: what
 * is found is right, or the failure is told and nothing half made is kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/bm25.h"

static char dir[] = "/tmp/miproc-fault-" "XX" "XX" "XX", file[64], cache[64];

static bool
write_rows(void)
{
	FILE *f = fopen(file, "w");
	bool ok;
	int i;

	if (!f)
		return false;
	for (i = 0; i < 300; i++)
		fprintf(f, "{\"id\":%d,\"text\":\"w%d w%d and more\"}\n", i, i,
		    i / 2);
	ok = !ferror(f);
	return fclose(f) == 0 && ok;
}

/* The 300 rows are there, and the last one is found by its word. */
static bool
is_right(const struct corpus *c)
{
	struct bm25_options o = { false, 1.2, 0.75 };
	struct hit v[3];
	struct hits h = { v, 0, 3 };
	struct buf b = BUF_INIT;
	struct json row;
	char why[CORPUS_WHY] = "";
	bool ok = corpus_rows(c) == 300;

	if (!bm25_search(c, "W299!", &o, &h))
		return fault_met();
	ok = ok && h.n == 1 && v[0].row == 299;
	switch ((unsigned)corpus_row(c, 299, &b, &row, why)) {
	case MIP_OK:
		ok = ok && json_string_is(json_get(row, "text"),
		    "w299 w149 and more");
		break;
	default:
		ok = ok && fault_met() && why[0];
		break;
	}
	buf_release(&b);
	return ok;
}

static void
empty(void)
{
	char command[128];
	FILE *p;

	snprintf(command, sizeof command, "rm -rf %s", cache);
	p = popen(command, "r");
	if (p)
		pclose(p);
}

/* `arg`: the index is there already. */
static bool
opens(void *arg)
{
	static const char *const text[] = { "text", NULL };
	struct corpus_spec s = { .path = file, .text = text, .id = "id",
		.ranked = true, .dir = cache };
	struct corpus *c = NULL;
	char why[CORPUS_WHY];
	enum mip_status st;
	bool ok;

	if (!arg)
		empty();
	st = corpus_open(&s, NULL, NULL, &c, why);
	if (st != MIP_OK)
		return !c && why[0] && (st == MIP_NOMEM || st == MIP_IO) &&
		    fault_met();
	ok = is_right(c) && (!why[0] || fault_met());
	corpus_close(c);
	return ok;
}

int
main(void)
{
	static int there;

	if (!mkdtemp(dir))
		return 2;
	snprintf(file, sizeof file, "%s/rows.jsonl", dir);
	snprintf(cache, sizeof cache, "%s/cache", dir);
	if (!write_rows())
		return 2;
	fault_each("corpus: memory", FAULT_ALLOC, opens, NULL);
	fault_each("corpus: files", FAULT_OPEN | FAULT_READ | FAULT_WRITE |
	    FAULT_SYNC, opens, NULL);
	fault_each("corpus: an index that is there", FAULT_ALL, opens,
	    &there);
	empty();
	unlink(file);
	rmdir(dir);
	return fault_end();
}
