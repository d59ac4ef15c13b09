/* Messages about the user's source: classes with stable codes, positions,
 * carets; text, JSON or SARIF.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdio.h>

#include "base/base.h"
#include "base/source.h"

enum severity { SEV_NOTE, SEV_WARNING, SEV_ERROR };

/* diag.def: D(NAME, code, severity, "class text", "warning-name" or NULL,
 * "one paragraph for `miproc explain`"). */
enum diag_class {
#define D(name, code, sev, text, flag, explain) E_##name,
#include "base/diag.def"
#undef D
	E_NCLASS
};

enum diag_format { DIAG_TEXT, DIAG_JSON, DIAG_SARIF };

struct diag {
	const struct sources *sources;
	FILE *out;                      /* standard error */
	enum diag_format format;
	const char *version;            /* of the compiler, for SARIF; NULL */
	bool color, quiet;              /* quiet: no warnings (-w) */
	bool werror;
	unsigned max_errors;            /* 0: no limit */
	unsigned nerror, nwarning;
	unsigned char off[E_NCLASS];    /* -Wno-x; missing-description is off
	                                 * to begin with */
	unsigned char as_error[E_NCLASS];       /* -Werror=x */
	void *list;                     /* kept for JSON and SARIF; private */
};

void diag_init(struct diag *d, const struct sources *s, FILE *out);

/* Reports one message of `class` at `at`: `detail` completes the class text
 * after a colon ("" for none).
 *     qa.mp:2:11: error: unknown name: 'anwser' [MP0201]
 *       2 |     return anwser;
 *         |            ^~~~~~ */
void diag(struct diag *d, struct span at, enum diag_class c,
    const char *detail, ...) BASE_PRINTF(4, 5);

/* A note under the last message. */
void diag_note(struct diag *d, struct span at, const char *fmt, ...)
    BASE_PRINTF(3, 4);

/* What the last message would have in place of the text at `at` (with no
 * length: before it).  Shown under the carets if it stands in their line. */
void diag_fix(struct diag *d, struct span at, const char *text);

/* True when no more should be reported (-fmax-errors reached). */
bool diag_full(const struct diag *d);

/* -Wname, -Wno-name, -Werror=name; false if there is no such warning. */
bool diag_flag(struct diag *d, const char *name, bool on, bool error);

/* Is the warning shown? */
bool diag_is_on(const struct diag *d, const char *name);

/* Writes what JSON and SARIF gather; call once at the end. */
void diag_finish(struct diag *d);

const char *diag_code(enum diag_class c);               /* "MP0201" */

/* The paragraph on a code ("MP0201") for `miproc explain`; NULL if there is no
 * such class. */
const char *diag_explain(const char *code);

/* The names of warnings, one after another: false past the last. */
bool diag_warning(unsigned i, const char **name, const char **text);

/* The name among `n` that is nearest to `word` (Damerau-Levenshtein, at most
 * a third of its length), or NULL. */
const char *diag_nearest(const char *word, const char *const *name, size_t n);

#endif
