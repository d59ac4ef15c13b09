/* The layouts of the public headers, which generated code relies on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "miproc_gen.h"

/* Of the layouts below, for MIP_ABI as it is: when they change on purpose,
 * raise MIP_ABI and put the new number here. */
#define LAYOUTS UINT64_C(0xf45638ac15a8fbea)

#define SIZE(name) sizeof(struct name)
#define AT(name, member) offsetof(struct name, member)

/* Sizes, and where each member stands, of 64-bit machines; and the values of
 * enums that tables have. */
static const size_t layout[] = {
	SIZE(mip_strings), AT(mip_strings, v), AT(mip_strings, n),
	SIZE(mip_ints), AT(mip_ints, v), AT(mip_ints, n),
	SIZE(mip_floats), AT(mip_floats, v), AT(mip_floats, n),
	SIZE(mip_bools), AT(mip_bools, v), AT(mip_bools, n),
	SIZE(mip_variant), AT(mip_variant, name), AT(mip_variant, alias),
	AT(mip_variant, desc),
	SIZE(mip_check), AT(mip_check, text), AT(mip_check, must),
	AT(mip_check, holds),
	SIZE(mip_field), AT(mip_field, name), AT(mip_field, alias),
	AT(mip_field, desc), AT(mip_field, type), AT(mip_field, offset),
	AT(mip_field, fallback), AT(mip_field, flags), AT(mip_field, min),
	AT(mip_field, max), AT(mip_field, regex), AT(mip_field, check),
	AT(mip_field, ncheck),
	SIZE(mip_type), AT(mip_type, kind), AT(mip_type, size),
	AT(mip_type, name), AT(mip_type, of), AT(mip_type, field),
	AT(mip_type, variant), AT(mip_type, arm), AT(mip_type, value),
	AT(mip_type, n), AT(mip_type, arm_at),
	SIZE(mip_setting), AT(mip_setting, env), AT(mip_setting, text),
	SIZE(mip_pair), AT(mip_pair, name), AT(mip_pair, value),
	SIZE(mip_sending), AT(mip_sending, attempts),
	AT(mip_sending, backoff_ms), AT(mip_sending, max_wait_ms),
	AT(mip_sending, retry_on), AT(mip_sending, timeout_ms),
	AT(mip_sending, deadline_ms), AT(mip_sending, hedge_ms),
	AT(mip_sending, hedge_share),
	AT(mip_sending, running), AT(mip_sending, adaptive),
	AT(mip_sending, rpm),
	SIZE(mip_model), AT(mip_model, name), AT(mip_model, provider),
	AT(mip_model, id), AT(mip_model, base_url), AT(mip_model, key_env),
	AT(mip_model, identity), AT(mip_model, temperature),
	AT(mip_model, top_p), AT(mip_model, max_tokens),
	AT(mip_model, context), AT(mip_model, seed), AT(mip_model, stop),
	AT(mip_model, effort), AT(mip_model, no_system),
	AT(mip_model, prompt_cache), AT(mip_model, structure),
	AT(mip_model, priced), AT(mip_model, price_in),
	AT(mip_model, price_out), AT(mip_model, price_cached),
	AT(mip_model, price_written),
	AT(mip_model, sending), AT(mip_model, tpm), AT(mip_model, option),
	AT(mip_model, noption), AT(mip_model, route), AT(mip_model, to),
	AT(mip_model, nto), AT(mip_model, sticky),
	SIZE(mip_http), AT(mip_http, name), AT(mip_http, url),
	AT(mip_http, key_env), AT(mip_http, key_header), AT(mip_http, sending),
	SIZE(mip_retriever), AT(mip_retriever, name), AT(mip_retriever, by),
	AT(mip_retriever, of), AT(mip_retriever, text),
	AT(mip_retriever, score), AT(mip_retriever, path),
	AT(mip_retriever, id), AT(mip_retriever, model),
	AT(mip_retriever, stem), AT(mip_retriever, k1), AT(mip_retriever, b),
	AT(mip_retriever, http), AT(mip_retriever, results),
	AT(mip_retriever, fresh),
	SIZE(mip_piece), AT(mip_piece, text), AT(mip_piece, path),
	AT(mip_piece, npath),
	SIZE(mip_prompt), AT(mip_prompt, name), AT(mip_prompt, hash),
	AT(mip_prompt, in), AT(mip_prompt, out), AT(mip_prompt, text),
	AT(mip_prompt, piece), AT(mip_prompt, npiece), AT(mip_prompt, fence),
	AT(mip_prompt, demo), AT(mip_prompt, ndemo), AT(mip_prompt, cases),
	AT(mip_prompt, ncase), AT(mip_prompt, near_by), AT(mip_prompt, format),
	AT(mip_prompt, temperature), AT(mip_prompt, model),
	AT(mip_prompt, structure), AT(mip_prompt, parse),
	AT(mip_prompt, reask), AT(mip_prompt, max_repair),
	AT(mip_prompt, on_refusal), AT(mip_prompt, trim_demos),
	SIZE(mip_param), AT(mip_param, name), AT(mip_param, type),
	AT(mip_param, value),
	SIZE(mip_tool), AT(mip_tool, name), AT(mip_tool, kind),
	AT(mip_tool, argv), AT(mip_tool, http), AT(mip_tool, in),
	AT(mip_tool, out), AT(mip_tool, text_in), AT(mip_tool, text_out),
	AT(mip_tool, keep), AT(mip_tool, effect), AT(mip_tool, timeout_ms),
	AT(mip_tool, max_output), AT(mip_tool, memory), AT(mip_tool, cpu_s),
	AT(mip_tool, jobs), AT(mip_tool, env), AT(mip_tool, on_fail),
	SIZE(mip_program), AT(mip_program, abi), AT(mip_program, name),
	AT(mip_program, desc), AT(mip_program, version), AT(mip_program, hash),
	AT(mip_program, tuned), AT(mip_program, in), AT(mip_program, out),
	AT(mip_program, prompt), AT(mip_program, nprompt),
	AT(mip_program, param), AT(mip_program, nparam),
	AT(mip_program, model), AT(mip_program, nmodel), AT(mip_program, tool),
	AT(mip_program, ntool), AT(mip_program, retriever),
	AT(mip_program, nretriever), AT(mip_program, calls_min),
	AT(mip_program, calls_max), AT(mip_program, run),
	SIZE(mip_score), AT(mip_score, value), AT(mip_score, feedback),
	SIZE(mip_metric), AT(mip_metric, name), AT(mip_metric, gold),
	AT(mip_metric, on_fail), AT(mip_metric, minimize), AT(mip_metric, run),
	SIZE(mip_claim), AT(mip_claim, text), AT(mip_claim, line),
	AT(mip_claim, must),
	SIZE(mip_test), AT(mip_test, name), AT(mip_test, run),
	SIZE(mip_eval), AT(mip_eval, metric), AT(mip_eval, nmetric),
	AT(mip_eval, test), AT(mip_eval, ntest), AT(mip_eval, model),
	AT(mip_eval, nmodel), AT(mip_eval, tool), AT(mip_eval, ntool),
	AT(mip_eval, retriever), AT(mip_eval, nretriever),
	SIZE(mip_options), AT(mip_options, cache_dir),
	AT(mip_options, no_cache), AT(mip_options, refresh),
	AT(mip_options, offline), AT(mip_options, base_url),
	AT(mip_options, model), AT(mip_options, timeout_ms),
	AT(mip_options, time_limit_ms), AT(mip_options, max_cost),
	AT(mip_options, max_calls), AT(mip_options, max_tokens),
	AT(mip_options, trace), AT(mip_options, trace_content),
	AT(mip_options, ledger), AT(mip_options, journal),
	AT(mip_options, record), AT(mip_options, replay),
	AT(mip_options, cache_size), AT(mip_options, seed),
	AT(mip_options, threads), AT(mip_options, allow),
	AT(mip_options, root),
	SIZE(mip_leaf_usage), AT(mip_leaf_usage, leaf),
	AT(mip_leaf_usage, calls), AT(mip_leaf_usage, cached),
	AT(mip_leaf_usage, reasked), AT(mip_leaf_usage, failed),
	AT(mip_leaf_usage, tokens_in), AT(mip_leaf_usage, tokens_in_cached),
	AT(mip_leaf_usage, tokens_out), AT(mip_leaf_usage, usd),
	AT(mip_leaf_usage, nominal_usd), AT(mip_leaf_usage, latency_s),
	AT(mip_leaf_usage, latency_p95_s),
	SIZE(mip_retry), AT(mip_retry, reply), AT(mip_retry, step),
	AT(mip_retry, n), AT(mip_retry, past),
	SIZE(mip_part), AT(mip_part, leaf), AT(mip_part, call),
	AT(mip_part, json), AT(mip_part, again), AT(mip_part, done),
	MIP_NSTATUS, MIP_OK, MIP_FORMAT, MIP_REFUSAL, MIP_TRUNCATED,
	MIP_ASSERT, MIP_FAIL, MIP_INFRASTRUCTURE, MIP_QUOTA, MIP_DENIED,
	MIP_BUDGET, MIP_OFFLINE,
	MIP_CANCELLED, MIP_USAGE, MIP_IO, MIP_NOMEM,
	MIP_STRING, MIP_INT, MIP_FLOAT, MIP_BOOL, MIP_ENUM, MIP_STRUCT,
	MIP_LIST, MIP_OPTIONAL, MIP_MAP, MIP_UNION, MIP_LITERAL, MIP_IMAGE,
	MIP_FILE, MIP_AUDIO, MIP_FENCE, MIP_HIDDEN, MIP_HAS_MIN, MIP_HAS_MAX,
	MIP_STREAM_DONE, MIP_PLAIN, MIP_JSON, MIP_MARKERS, MIP_LABELS, MIP_XML,
	MIP_NFORMAT, MIP_STRUCTURE_AUTO, MIP_STRUCTURE_NATIVE,
	MIP_STRUCTURE_FUNCTION, MIP_STRUCTURE_GRAMMAR,
	MIP_STRUCTURE_JSON_OBJECT, MIP_STRUCTURE_PROMPT, MIP_DIRECT,
	MIP_FALLBACK, MIP_ROUND_ROBIN, MIP_TOLERANT, MIP_STRICT, MIP_NATIVE,
	MIP_EXEC, MIP_HTTP, MIP_BM25, MIP_EMBED, MIP_SEARCH,
};

static void
layouts(void **state)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	(void)state;
	if (sizeof(void *) != 8 || sizeof(long) != 8)
		skip();
	for (i = 0; i < sizeof layout / sizeof layout[0]; i++)
		h = (h ^ layout[i]) * UINT64_C(1099511628211);
	if (h != LAYOUTS)
		fail_msg("the layouts of the public headers have changed: "
		    "raise MIP_ABI, and LAYOUTS here becomes 0x%llx",
		    (unsigned long long)h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
