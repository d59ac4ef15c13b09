/* A program as the compiler writes it: two leaves, a parameter, a metric
 * that counts and one that asks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample.h"

static const struct mip_model small = {
	.name = "small",
	.provider = "openai",
	.id = "small-1",
	.base_url = { "SAMPLE_BASE_URL", "http://127.0.0.1:9/v1" },
	.temperature = MIP_UNSET,
	.top_p = MIP_UNSET,
	.max_tokens = 256,
	.seed = -1,
	.priced = true,
	.price_in = 1,
	.price_out = 2,
	.sending.attempts = 1,
};

static const struct mip_model big = {
	.name = "big",
	.provider = "openai",
	.id = "big-1",
	.base_url = { "SAMPLE_BASE_URL", "http://127.0.0.1:9/v1" },
	.temperature = MIP_UNSET,
	.top_p = MIP_UNSET,
	.max_tokens = 256,
	.seed = -1,
	.sending.attempts = 1,
};

/* ---- recall: question -> facts ---- */

struct recall_in {
	const char *question;
};

struct recall_out {
	const char *facts;
};

static const struct mip_field recall_in_fields[] = {
	{ MIP_FIELD(struct recall_in, question, &mip_string,
	    "what the user wants to know") },
};

static const struct mip_type recall_in_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct recall_in),
	.name = "recall_in",
	.field = recall_in_fields,
	.n = 1,
};

static const struct mip_field recall_out_fields[] = {
	{ MIP_FIELD(struct recall_out, facts, &mip_string,
	    "what is known about it") },
};

static const struct mip_type recall_out_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct recall_out),
	.name = "recall_out",
	.field = recall_out_fields,
	.n = 1,
};

static const char *const recall_text[] = {
	"List the facts that bear on the question, ",
	"one on each line.",
	NULL
};

static const struct recall_out recall_refused = { "nothing" };

const struct mip_prompt recall = {
	.name = "recall",
	.hash = "11aa",
	.in = &recall_in_type,
	.out = &recall_out_type,
	.text = recall_text,
	.format = MIP_PLAIN,
	.temperature = MIP_UNSET,
	.model = &small,
	.reask = 1,
	.max_repair = -1,
	.on_refusal = &recall_refused,
};

/* ---- judge: question, facts -> answer, confidence, mood ---- */

struct judge_in {
	const char *question;
	const char *facts;
};

static const struct mip_variant mood_names[] = {
	{ .name = "SURE" },
	{ .name = "UNSURE", .alias = "not sure" },
};

static const struct mip_type mood_type = {
	.kind = MIP_ENUM,
	.size = sizeof(enum mood),
	.name = "Mood",
	.variant = mood_names,
	.n = 2,
};

static const struct mip_field judge_in_fields[] = {
	{ MIP_FIELD(struct judge_in, question, &mip_string, NULL) },
	{ MIP_FIELD(struct judge_in, facts, &mip_string, NULL) },
};

static const struct mip_type judge_in_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct judge_in),
	.name = "judge_in",
	.field = judge_in_fields,
	.n = 2,
};

static const struct mip_field judge_out_fields[] = {
	{ MIP_FIELD(struct qa_out, answer, &mip_string, NULL) },
	{ MIP_FIELD(struct qa_out, confidence, &mip_int, "0 to 100"),
	    .flags = MIP_HAS_MIN | MIP_HAS_MAX, .min = 0, .max = 100 },
	{ MIP_FIELD(struct qa_out, mood, &mood_type, NULL) },
};

static const struct mip_type judge_out_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct qa_out),
	.name = "judge_out",
	.field = judge_out_fields,
	.n = 3,
};

static const char *const judge_text[] = {
	"Answer the question from the facts alone.",
	NULL
};

const struct mip_prompt judge = {
	.name = "m.judge",
	.hash = "22bb",
	.in = &judge_in_type,
	.out = &judge_out_type,
	.text = judge_text,
	.format = MIP_JSON,
	.temperature = MIP_UNSET,
	.model = &small,
	.reask = 1,
	.max_repair = -1,
};

/* ---- qa ---- */

static const int64_t k_value = 1;

const struct mip_param sample_k = {
	.name = "K",
	.type = &mip_int,
	.value = &k_value,
};

static const struct mip_type hints_type = {
	.kind = MIP_OPTIONAL,
	.size = sizeof(const struct mip_strings *),
	.of = &mip_string_list,
};

static const bool brief_default = false;

static const struct mip_field qa_in_fields[] = {
	{ MIP_FIELD(struct qa_in, question, &mip_string,
	    "what you want to know") },
	{ MIP_FIELD(struct qa_in, brief, &mip_bool, "a short answer"),
	    .fallback = &brief_default },
	{ MIP_FIELD(struct qa_in, hints, &hints_type, NULL) },
};

static const struct mip_type qa_in_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct qa_in),
	.name = "qa_in",
	.field = qa_in_fields,
	.n = 3,
};

enum mip_status
qa(struct mip *m, const struct qa_in *in, struct qa_out *out)
{
	struct recall_in r_in = { .question = in->question };
	int64_t k = mip_param_int(m, &sample_k), i;
	struct recall_out *r;
	struct judge_in j_in;
	const char *facts = "";

	mip_begin(m);
	r = mip_alloc(m, (size_t)k, sizeof *r);
	if (!r)
		return mip_status(m);
	for (i = 0; i < k; i++)
		mip_ask(m, &recall, &r_in, &r[i]);
	if (mip_wait(m) != MIP_OK)
		return mip_status(m);

	for (i = 0; i < k; i++)
		facts = mip_concat(m, facts, i > 0 ? "\n" : "", r[i].facts,
		    (const char *)NULL);
	j_in.question = in->question;
	j_in.facts = facts;
	mip_ask(m, &judge, &j_in, out);
	return mip_wait(m);
}

static enum mip_status
qa_run(struct mip *m, const void *in, void *out)
{
	return qa(m, in, out);
}

static const struct mip_prompt *const qa_prompts[] = { &recall, &judge };
static const struct mip_param *const qa_params[] = { &sample_k };
static const struct mip_model *const qa_models[] = { &small, &big };

const struct mip_program qa_program = {
	.abi = MIP_ABI,
	.name = "qa",
	.desc = "Answers questions from what the model knows.",
	.version = MIP_VERSION,
	.hash = "33cc",
	.tuned = "",
	.in = &qa_in_type,
	.out = &judge_out_type,
	.prompt = qa_prompts,
	.nprompt = 2,
	.param = qa_params,
	.nparam = 1,
	.model = qa_models,
	.nmodel = 2,
	.calls_min = 2,
	.calls_max = 9,
	.run = qa_run,
};

/* ---- metrics ---- */

struct score_gold {
	const char *answer;
};

static const struct mip_field score_gold_fields[] = {
	{ MIP_FIELD(struct score_gold, answer, &mip_string, NULL) },
};

static const struct mip_type score_gold_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct score_gold),
	.name = "score_gold",
	.field = score_gold_fields,
	.n = 1,
};

static enum mip_status
score_run(struct mip *m, const void *gold, const void *in, const void *out,
    struct mip_score *score)
{
	const struct score_gold *g = gold;
	const struct qa_out *o = out;

	(void)in;
	score->value = mip_f1(m, g->answer, o->answer);
	if (score->value < 1)
		score->feedback = mip_concat(m, "expected ", g->answer,
		    (const char *)NULL);
	if (score->value < 1)
		mip_credit(m, "recall", score->value, "too short");
	if (score->value < 1)
		mip_credit(m, "m.judge", 1, NULL);
	return mip_status(m);
}

static const struct mip_metric score = {
	.name = "score",
	.gold = &score_gold_type,
	.on_fail = 0.25,
	.run = score_run,
};

struct grade_out {
	double grade;
};

static const struct mip_field grade_out_fields[] = {
	{ MIP_FIELD(struct grade_out, grade, &mip_float, NULL) },
};

static const struct mip_type grade_out_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(struct grade_out),
	.name = "grade_out",
	.field = grade_out_fields,
	.n = 1,
};

static const char *const grade_text[] = { "Grade the facts.", NULL };

const struct mip_prompt grade = {
	.name = "grade",
	.hash = "44dd",
	.in = &judge_in_type,
	.out = &grade_out_type,
	.text = grade_text,
	.format = MIP_JSON,
	.temperature = MIP_UNSET,
	.model = &big,
	.max_repair = -1,
};

static const struct mip_type graded_gold_type = {
	.kind = MIP_STRUCT,
	.size = sizeof(char *),
	.name = "graded_gold",
};

static enum mip_status
graded_run(struct mip *m, const void *gold, const void *in, const void *out,
    struct mip_score *s)
{
	const struct qa_in *i = in;
	const struct qa_out *o = out;
	struct judge_in g_in = { i->question, o->answer };
	struct grade_out g;

	(void)gold;
	mip_ask(m, &grade, &g_in, &g);
	if (mip_wait(m) != MIP_OK)
		return mip_status(m);
	s->value = g.grade;
	return MIP_OK;
}

static const struct mip_metric graded = {
	.name = "graded",
	.gold = &graded_gold_type,
	.minimize = true,
	.on_fail = 1,
	.run = graded_run,
};

static const struct mip_metric *const qa_metrics[] = { &score, &graded };

/* ---- tests ---- */

static const struct mip_claim capital_claims[] = {
	{ "n > 1", 11, true },
	{ "n > 2", 12, false },
	{ "a == \"blue\"", 13, true },
};

/* Says yes and no, asks recall, and expects what it got. */
static enum mip_status
capital(struct mip *m)
{
	struct recall_in in = { "Why?" };
	struct recall_out out;
	int64_t n;

	mip_ask(m, &recall, &in, &out);
	if (mip_wait(m) != MIP_OK)
		return mip_status(m);
	for (n = 1; n < 4; n++)
		if (!mip_claim(m, &capital_claims[1], n > 2)) {
			mip_claim_say(m, "too few");
			mip_claim_show(m, "n", &mip_int, &n);
			mip_claim_show(m, "out", &recall_out_type, &out);
		}
	mip_claim(m, &capital_claims[0], true);
	if (!mip_claim(m, &capital_claims[2], strcmp(out.facts, "sky") == 0))
		return mip_claim_fail(m);
	return mip_status(m);
}

static const struct mip_test qa_tests[] = { { "capital", capital } };

/* Of a judge. */
static const struct mip_model severe = {
	.name = "severe",
	.provider = "openai",
	.id = "severe-1",
	.temperature = MIP_UNSET,
	.top_p = MIP_UNSET,
	.seed = -1,
};

static const struct mip_model *const eval_models[] = { &severe };

const struct mip_eval qa_eval = { .metric = qa_metrics, .nmetric = 2,
	.test = qa_tests, .ntest = 1, .model = eval_models, .nmodel = 1 };

/* ---- echo ---- */

static enum mip_status
echo_run(struct mip *m, const void *in, void *out)
{
	mip_begin(m);
	mip_ask(m, &recall, in, out);
	return mip_wait(m);
}

static const struct mip_prompt *const echo_prompts[] = { &recall };

const struct mip_program echo_program = {
	.abi = MIP_ABI,
	.name = "echo",
	.desc = "",
	.version = MIP_VERSION,
	.hash = "55ee",
	.tuned = "66ff",
	.in = &recall_in_type,
	.out = &recall_out_type,
	.prompt = echo_prompts,
	.nprompt = 1,
	.model = qa_models,
	.nmodel = 2,
	.calls_min = 1,
	.calls_max = 1,
	.run = echo_run,
};
