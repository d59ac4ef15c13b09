/* Prints random programs, always the same of one seed.
 *
 *     mpgen [-n PROGRAMS] SEED
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct buf b = BUF_INIT;
	unsigned n = 20;

	if (argc > 3 && strcmp(argv[1], "-n") == 0) {
		n = (unsigned)strtoul(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (argc != 2 || n == 0 || n > 200) {
		fputs("usage: mpgen [-n PROGRAMS] SEED\n", stderr);
		return 2;
	}
	mpgen_seed(&b, strtoull(argv[1], NULL, 10), n);
	fputs(buf_str(&b), stdout);
	buf_release(&b);
	return 0;
}
