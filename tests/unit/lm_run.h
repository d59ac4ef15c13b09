/* What the tests of lm share: a fake server, its rules, calls.  To be included
 * once, after cmocka.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LM_RUN_H
#define LM_RUN_H

#include "lm/lm.h"
#include "lmd_run.h"
#include "slow.h"

#define KEY "sk-secret-0123456789"
#define SCHEMA "{\"type\":\"object\"}"

/* Streams leave time to listen to each piece. */
static const char lm_rules_form[] =
	"{\"match\":\"w-busy\",\"status\":503,\"times\":2}\n"
	"{\"match\":\"w-always\",\"status\":500,\"error\":\"sick\"}\n"
	"{\"match\":\"w-bad\",\"status\":400,\"error\":\"no such field\"}\n"
	"{\"match\":\"w-key\",\"status\":401,\"error\":\"bad key " KEY "\"}\n"
	"{\"match\":\"w-401\",\"status\":401}\n"
	"{\"match\":\"w-403\",\"status\":403}\n"
	"{\"match\":\"w-long\",\"status\":429,"
	    "\"headers\":{\"Retry-After\":\"3600\"}}\n"
	"{\"match\":\"\\\"w-quota\",\"path\":\"/v1/chat/completions\","
	    "\"status\":429,\"json\":{\"error\":{\"message\":\"no money\","
	    "\"code\":\"insufficient_quota\"}}}\n"
	"{\"match\":\"w-short\",\"status\":429,\"times\":1,"
	    "\"headers\":{\"Retry-After\":\"1\"}}\n"
	"{\"match\":\"w-html\",\"action\":\"html\"}\n"
	"{\"match\":\"w-reset\",\"action\":\"reset\",\"times\":2}\n"
	"{\"match\":\"w-hang\",\"action\":\"hang\"}\n"
	"{\"match\":\"w-slow\",\"delay_ms\":300,\"reply\":\"slow\"}\n"
	"{\"match\":\"w-torn\",\"piece_ms\":%d,\"break_after\":4,"
	    "\"times\":1,\"reply\":\"this one will not be heard to its "
	    "end, for it breaks\"}\n"
	"{\"match\":\"w-drip\",\"piece_ms\":%d,\"reply\":\"it drips and drips"
	    " and drips and does not stop for a good while; and then it "
	    "does\"}\n"
	"{\"match\":\"w-late\",\"delay_ms\":300,\"reply\":\"it came late, "
	    "and whole\"}\n"
	"{\"match\":\"w-leak\",\"piece_ms\":%d,\"reply\":\"the key is "
	    "sk-secret-01 no, " KEY "-" KEY "; so\"}\n"
	"{\"match\":\"w-cut\",\"reply\":\"half a\",\"finish\":\"length\"}\n"
	"{\"match\":\"w-filter\",\"reply\":\"\","
	    "\"finish\":\"content_filter\"}\n"
	"{\"match\":\"w-refuse\",\"refusal\":\"I cannot\"}\n"
	"{\"match\":\"w-think\",\"reply\":\"42\",\"reasoning\":\"six by 7\"}\n"
	"{\"match\":\"w-echo\",\"reply\":\"you sent " KEY "\"}\n"
	"{\"match\":\"json_schema\",\"status\":400,"
	    "\"error\":\"response_format json_schema is not known\"}\n"
	"{\"match\":\"w-nogbnf1\",\"status\":400,\"times\":1,"
	    "\"error\":\"failed to parse grammar\"}\n"
	"{\"match\":\"w-nogbnf2\",\"status\":400,"
	    "\"error\":\"failed to parse grammar\"}\n"
	"{\"match\":\"w-usage\",\"reply\":\"ok\",\"usage\":"
	    "{\"prompt_tokens\":1000,\"completion_tokens\":100,"
	    "\"cached\":400}}\n"
	"{\"match\":\"m-dead\",\"status\":500}\n"
	"{\"match\":\"m-one\",\"reply\":\"from one\"}\n"
	"{\"match\":\"m-two\",\"reply\":\"from two\"}\n"
	"{\"reply\":\"hello\"}\n";

static inline const char *
lm_rules(void)
{
	static char rules[sizeof lm_rules_form + 30];

	snprintf(rules, sizeof rules, lm_rules_form, slow(30), slow(30),
	    slow(20));
	return rules;
}

static inline struct mip_model
model(const char *id)
{
	return (struct mip_model){
		.name = "small", .provider = "openai", .id = id,
		.base_url = { .text = lmd.url }, .temperature = 0,
		.top_p = MIP_UNSET, .seed = -1, .max_tokens = 100,
		.sending = { .attempts = 3, .backoff_ms = 20,
		    .max_wait_ms = 2000, .timeout_ms = slow(5000) },
	};
}

static inline struct lm *
client(struct mip_options o)
{
	struct lm *l;
	char why[320];

	if (!o.cache_dir)
		o.no_cache = true;
	assert_int_equal(lm_new(&o, &l, why), MIP_OK);
	assert_string_equal(why, "");
	return l;
}

#define CLIENT(...) client((struct mip_options){ __VA_ARGS__ })

struct ask {
	struct lm_call c;
	char messages[160];
};

static inline void
ask(struct ask *a, const struct mip_model *m, struct lm_group *g,
    const char *word)
{
	memset(a, 0, sizeof *a);
	snprintf(a->messages, sizeof a->messages,
	    "[{\"role\":\"user\",\"content\":\"%s\"}]", word);
	a->c = (struct lm_call){
		.model = m, .messages = a->messages,
		.messages_len = strlen(a->messages), .leaf = "leaf",
		.temperature = MIP_UNSET, .sample = "", .group = g,
	};
}

/* One call from start to end; the caller releases a->c. */
static inline enum mip_status
call(struct lm *l, struct ask *a, const struct mip_model *m, const char *word)
{
	struct lm_group g;

	assert_true(lm_group_init(&g));
	ask(a, m, &g, word);
	lm_start(l, &a->c);
	lm_wait(&g);
	lm_group_release(&g);
	if (a->c.status == MIP_OK)
		assert_non_null(a->c.text);
	else
		assert_true(a->c.message[0] != '\0');
	return a->c.status;
}

/* The same with a client of its own, and nothing else looked at. */
static inline enum mip_status
once(const char *word, struct ask *a)
{
	struct lm *l = CLIENT(.seed = 1);
	static struct mip_model m;
	enum mip_status s;

	m = model("m");
	s = call(l, a, &m, word);
	lm_free(l);
	return s;
}

static inline bool
says(const struct ask *a, const char *text)
{
	return strstr(a->c.message, text) != NULL;
}

static inline int
up(void **state)
{
	(void)state;
	return lmd_start(&lmd, lm_rules()) ? 0 : -1;
}

#endif
