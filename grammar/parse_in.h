/* What the grammar and the scanner share while one file is read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSE_IN_H
#define PARSE_IN_H

#include "base/diag.h"
#include "base/names.h"
#include "base/source.h"
#include "front/ast.h"

/* A chain of nodes in the making. */
struct chain {
	struct ast *first, *last;
};

struct parse {
	struct arena *a;
	struct names *names;
	struct source *source;
	struct diag *d;
	struct unit *unit;
	void *scanner;                  /* of flex */
	size_t pos;                     /* of the next byte to scan */
	struct chain decls;
	struct comment *last_comment;
	bool too_deep;                  /* has been reported */
};

#endif
