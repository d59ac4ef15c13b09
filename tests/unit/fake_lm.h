/* A client of models without models: replies by rules, for tests that are
 * about what stands above it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FAKE_LM_H
#define FAKE_LM_H

#include "lm/lm.h"

/* The first rule that fits and has `times` left answers. */
struct fake_rule {
	const char *match;              /* part of the messages; NULL: any */
	const char *sample;             /* the sample key; NULL: any */
	const char *model;              /* the model's name; NULL: any */
	const char *text;
	enum mip_status status;
	enum reply_finish finish;
	bool refused, cached;
	bool hold;                      /* until fake_release or a cancel */
	int times;                      /* 0: always */
};

/* What was asked, in the order of asking. */
struct fake_call {
	char messages[8192];
	char sample[80];
	char model[40];
	char schema_name[80];
	bool schema;
};

void fake_rules(const struct fake_rule *v, size_t n);
#define RULES(...) do { \
	const struct fake_rule rules[] = { __VA_ARGS__ }; \
	fake_rules(rules, sizeof rules / sizeof rules[0]); \
} while (0)

size_t fake_calls(void);
const struct fake_call *fake_call(size_t i);

/* Waits until `n` calls are held; lets them go. */
void fake_wait_held(unsigned n);
void fake_release(void);

#endif
