/* A model's reply as a typed value: tolerant, type-driven, never silent.
 *
 * Candidates are found in the text (strict JSON, the expected layout, fences,
 * balanced regions, repaired JSON, other layouts, scalars in text), each is
 * coerced to the type, and the cheapest wins.  Every liberty taken is a flag
 * with a cost.  Linear in the text, not recursive on its depth.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REPLY_H
#define REPLY_H

#include "core/arena.h"
#include "core/buf.h"
#include "miproc_gen.h"
#include "type/type.h"

/* X(NAME, word, cost): a repair or coercion; the cost of one use. */
#define REPLY_FLAG_MAP(X) \
	X(FROM_TEXT, from_text, 1) X(FENCE, fence, 0) \
	X(TRAILING_COMMA, trailing_comma, 1) \
	X(MISSING_COMMA, missing_comma, 1) X(CLOSED, closed, 3) \
	X(BARE_KEY, bare_key, 1) X(BARE_WORD, bare_word, 2) \
	X(SINGLE_QUOTES, single_quotes, 1) X(SMART_QUOTES, smart_quotes, 1) \
	X(BACKTICKS, backticks, 1) X(TRIPLE_QUOTES, triple_quotes, 1) \
	X(INNER_FENCE, inner_fence, 1) X(RAW_NEWLINE, raw_newline, 1) \
	X(INNER_QUOTE, inner_quote, 2) X(LOST_QUOTE, lost_quote, 4) \
	X(COMMENT, comment, 1) X(PYTHON_WORD, python_word, 1) \
	X(ESCAPE, escape, 1) X(DOUBLE_ENCODED, double_encoded, 2) \
	X(DOUBLED_BRACES, doubled_braces, 1) \
	X(NUMBER_FORMAT, number_format, 1) X(TO_STRING, to_string, 2) \
	X(FLOAT_TO_INT, float_to_int, 1) X(FROM_STRING, from_string, 1) \
	X(PERCENT, percent, 1) X(FRACTION, fraction, 2) X(CASE, case, 1) \
	X(BOOL_WORD, bool_word, 2) X(NULL_WORD, null_word, 1) \
	X(QUOTES, quotes, 0) X(ACCENT, accent, 2) X(DESCRIBED, described, 1) \
	X(WRAP, wrap, 2) X(GATHERED, gathered, 1) X(BULLETS, bullets, 2) \
	X(UNWRAP, unwrap, 2) X(FIRST_OF_MANY, first_of_many, 3) \
	X(KEY_CASE, key_case, 1) X(EXTRA_KEY, extra_key, 1) \
	X(DEFAULT, default, 1) X(DUPLICATE_KEY, duplicate_key, 2) \
	X(IMPLIED_KEY, implied_key, 3) X(LITERAL_FILLED, literal_filled, 2) \
	X(BAD_UTF8, bad_utf8, 1) X(LENGTH_HIT, length_hit, 0) \
	X(JSON, json, 1) X(MARKERS, markers, 1) X(LABELS, labels, 1) \
	X(TAGS, tags, 1) X(REASONING_CUT, reasoning_cut, 0) \
	X(DROPPED_ITEM, dropped_item, 4) X(CHECK_FAILED, check_failed, 0)

enum reply_flag {
#define REPLY_FLAG_ENUM(name, word, cost) REPLY_##name,
	REPLY_FLAG_MAP(REPLY_FLAG_ENUM)
#undef REPLY_FLAG_ENUM
	REPLY_NFLAG
};

#define REPLY_ERROR_MAP(X) \
	X(NONE, none) X(EMPTY, empty) X(REFUSAL, refusal) \
	X(TRUNCATED, truncated) X(NO_JSON, no_json) X(TYPE, type) \
	X(MISSING, missing) X(ITEM, item) X(AMBIGUOUS, ambiguous) \
	X(NO_MATCH, no_match) X(ASSERT, assert) X(TOO_DEEP, too_deep) \
	X(TOO_LONG, too_long) X(NOMEM, nomem)

enum reply_error {
#define REPLY_ERROR_ENUM(name, word) REPLY_E_##name,
	REPLY_ERROR_MAP(REPLY_ERROR_ENUM)
#undef REPLY_ERROR_ENUM
	REPLY_NERROR
};

enum reply_finish { REPLY_STOP, REPLY_LENGTH, REPLY_FILTER };

struct reply_options {
	enum mip_format format;         /* the layout that was asked for */
	enum reply_finish finish;
	enum mip_parse parse;
	int max_repair;                 /* -1: any */
	bool drop_bad_items;            /* bad_items = drop */
	bool null_bad_optional;         /* bad_optional = null */
	bool cut_is_error;              /* on_truncation = error: REPLY_LENGTH
	                                 * fails even a whole value */
	/* Does the condition hold over the record?  NULL: none is looked at. */
	bool (*holds)(void *arg, const struct mip_check *c,
	    const void *record);
	void *holds_arg;
	bool single;                    /* `type` is not a struct of outputs but
	                                 * one value (tests, tool arguments) */
};

/* How a reply was read: for traces, re-asks and scores. */
struct reply_note {
	enum reply_error error;
	char path[160];                 /* of the error, "" at the top */
	char message[320];              /* one plain sentence: the re-ask */
	const char *label;              /* of a constraint: "range", "len",
	                                 * "regex", a hint; "" elsewhere */
	uint64_t flags;                 /* 1 << enum reply_flag */
	unsigned cost;
	size_t from, to;                /* bytes of the text that were used */
	const char **check;             /* labels of each @check that does not
	                                 * hold; in the value's arena */
	size_t ncheck;
};

/* How much is tolerated (o->parse): MIP_TOLERANT everything that has a flag,
 * MIP_NATIVE one JSON value and nothing around it (coercions are allowed),
 * MIP_STRICT nothing that has a cost.
 *
 * Reads `n` bytes at `text` into `out` (of `t->size` bytes, zeroed first);
 * what it points to lives in `a`.  MIP_OK; else MIP_FORMAT, MIP_REFUSAL,
 * MIP_TRUNCATED or MIP_NOMEM, and `note` says why. */
enum mip_status reply_read(struct arena *a, const struct mip_type *t,
    const struct reply_options *o, const char *text, size_t n, void *out,
    struct reply_note *note);

/* Appends to `out`, as JSON of the type `t`, what can be said of a reply that
 * is still being written: null where nothing is known yet, strings and lists
 * as far as they go, numbers and names once they are whole, unions once a
 * literal field names the arm or they are whole, fields with MIP_STREAM_DONE
 * once they are closed.  Later texts never take a value back, as far as the
 * model keeps to the layout; reply_read has the last word. */
enum mip_status reply_partial(const struct mip_type *t,
    const struct reply_options *o, const char *text, size_t n,
    struct buf *out);

const char *reply_flag_word(enum reply_flag f);
unsigned reply_flag_cost(enum reply_flag f);
const char *reply_error_word(enum reply_error e);

#endif
