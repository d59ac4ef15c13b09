/* Memory and disk that fail under the store of vectors: what was added is
 * there, or the failure is told, and the next one who adds mends the file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/vectors.h"

enum { ROWS = 40, LENGTH = 16 };

static char path[] = "/tmp/miproc-fault-" "XX" "XX" "XX";

static void
digest(unsigned char d[CORPUS_DIGEST], int n)
{
	memset(d, n, CORPUS_DIGEST);
}

static bool
is_whole(const struct vectors *v)
{
	unsigned char d[CORPUS_DIGEST];
	int i;

	for (i = 0; i < ROWS; i++) {
		digest(d, i);
		if (vectors_find(v, d) != i)
			return false;
	}
	return true;
}

/* Adds what is missing: all is there then, or a failure was met. */
static bool
fill(struct vectors *v)
{
	unsigned char d[CORPUS_DIGEST];
	float x[LENGTH] = { 1 };
	char why[VECTORS_WHY] = "";
	enum mip_status s = vectors_lock(v, NULL, NULL, why);
	int i;

	for (i = 0; s == MIP_OK && i < ROWS; i++) {
		digest(d, i);
		x[1] = (float)i;
		if (vectors_find(v, d) == VECTORS_NONE)
			s = vectors_add(v, d, x, LENGTH, why);
	}
	if (s == MIP_OK)
		s = vectors_load(v, why);
	vectors_unlock(v);
	return s == MIP_OK ? is_whole(v) : fault_met() && why[0];
}

/* The failure comes once: the second try makes it whole. */
static bool
twice(void *arg)
{
	struct vectors *v;
	char why[VECTORS_WHY] = "";
	bool ok = true;
	int i;

	if (arg)
		unlink(path);
	for (i = 0; i < 2; i++) {
		if (vectors_open(arg ? path : NULL, &v, why) != MIP_OK) {
			ok = ok && fault_met() && !v && why[0];
			continue;
		}
		ok = fill(v) && ok;
		vectors_close(v);
	}
	return ok;
}

int
main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 2;
	close(fd);
	fault_each("vectors: memory", FAULT_ALLOC, twice, path);
	fault_each("vectors: files", FAULT_OPEN | FAULT_READ | FAULT_WRITE,
	    twice, path);
	fault_each("vectors: in memory", FAULT_ALLOC, twice, NULL);
	unlink(path);
	return fault_end();
}
