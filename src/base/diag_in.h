/* Messages that are kept until the end, for JSON and SARIF.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_DIAG_IN_H
#define BASE_DIAG_IN_H

#include "base/diag.h"

/* A change that would help. */
struct diag_change {
	struct span at;
	const char *text;
	struct diag_change *next;
};

struct diag_message {
	enum diag_class class;
	enum severity severity;         /* as shown, after -Werror */
	struct span at;
	const char *text;
	struct diag_change *fix;        /* in order */
	struct diag_message *note;      /* in order */
	struct diag_message *next;
};

/* What diag->list points to. */
struct diag_list {
	struct arena *a;
	struct diag_message *first, *last;      /* JSON and SARIF only */
	struct diag_message *last_note;
	struct diag_message *now;       /* the last message */
	bool shown;                     /* the last message was not dropped */
	const struct source *in;        /* of the last message in text form */
};

struct diag_info {
	const char *text, *flag, *explain;
	enum severity severity;
	unsigned code;
};
extern const struct diag_info diag_classes[E_NCLASS];

/* The first and the last place of a message; columns from 1. */
struct diag_range {
	struct place from, to;
};
struct diag_range diag_range(const struct diag *d, struct span at);

const char *diag_severity_word(enum severity s);
void diag_text(struct diag *d, const struct diag_message *m);
void diag_text_fix(struct diag *d, const struct diag_message *m,
    const struct diag_change *f);
void diag_json(struct diag *d);
void diag_sarif(struct diag *d);

#endif
