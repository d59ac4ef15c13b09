/* Memory that fails in the functions of the language: the same values, or a
 * run that has failed as MIP_NOMEM.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <string.h>

#include "run/mip.h"

/* Right, or the run has failed for want of memory. */
static bool
settle(struct mip *m, bool right)
{
	enum mip_status s = mip_status(m);

	mip_free(m);
	return s == MIP_OK ? right : fault_met() && s == MIP_NOMEM;
}

static bool
texts(void *arg)
{
	struct mip *m = mip_new(arg);
	struct mip_strings parts;
	const char *s, *t;
	bool right;

	if (!m)
		return fault_met();
	s = mip_repeat(m, "One two three. ", 300);
	parts = mip_chunk(m, s, 100);
	right = mip_words(m, s).n == 900;
	right = mip_join(m, " ", parts)[0] == 'O' && right;
	t = mip_title(m, mip_normalize(m, "The \xc3\x84RA"));
	right = strcmp(t, "\xc3\x84ra") == 0 && right;
	right = mip_range(m, 5000).n == 5000 && right;
	return settle(m, right);
}

static bool
patterns(void *arg)
{
	struct mip *m = mip_new(arg);
	const int64_t *at;
	const char *s;
	bool right;

	if (!m)
		return fault_met();
	s = mip_regex_replace(m, "a1b22", "\\d+", "<$0>");
	right = strcmp(s, "a<1>b<22>") == 0;
	right = mip_regex_all(m, s, "\\d+").n == 2 && right;
	s = mip_regex_find(m, "x=7", "x=(\\d)");
	right = s && strcmp(s, "7") == 0 && right;
	at = mip_string_index(m, "abc", "c");
	right = at && *at == 2 && right;
	return settle(m, right);
}

static bool
metrics(void *arg)
{
	static const char *const v[] = { "The cat", "Dog" };
	static const char *const w[] = { "dog!", "bird", "CAT" };
	struct mip_strings gold = { v, 2 }, pred = { w, 3 };
	struct mip *m = mip_new(arg);
	const double *number;
	bool right;

	if (!m)
		return fault_met();
	right = mip_exact_any(m, gold, "cat") > 0;
	right = mip_f1(m, "one two", "two one") > 0.9 && right;
	right = mip_mentions(m, "new york", "In New York.") > 0 && right;
	right = mip_recall(m, gold, pred) > 0.9 && right;
	right = mip_overlap(m, gold, pred) > 0.6 && right;
	right = mip_json_equal(m, "{\"a\":[1,2],\"b\":\"\\u00e9\"}",
	    "{\"b\":\"\xc3\xa9\",\"a\":[1.0,2]}") > 0 && right;
	right = mip_numeric_text(m, "1,200", "about 1200", 0, 0) > 0 && right;
	number = mip_number(m, "it is 5");
	right = number && *number > 4.9 && right;
	return settle(m, right);
}

int
main(void)
{
	const struct mip_options o = { .no_cache = true };
	struct mip_env *env;

	if (mip_env_new(&o, &env) != MIP_OK)
		return 1;
	fault_each("texts", FAULT_ALLOC, texts, env);
	fault_each("patterns", FAULT_ALLOC, patterns, env);
	fault_each("metrics", FAULT_ALLOC, metrics, env);
	mip_env_free(env);
	return fault_end();
}
