#!/bin/sh
# End to end: a metric says which module of a program is to blame.  Its calls
# become no demonstrations, and who writes instructions is told.
#
# SPDX-License-Identifier: GPL-3.0-or-later
. "${SRCDIR:-.}/tests/e2e/lib.sh"

# With every other row the first module goes wrong, though all ends well.
awk 'BEGIN {
	for (i = 0; i < 60; i++)
		printf "{\"question\":\"%s number %d\",\"answer\":\"yes\"," \
		    "\"fact\":\"a good fact\"}\n", i % 2 ? "odd" : "even", i
}' >"$tmp/rows.jsonl"

cat >"$tmp/script" <<'END'
{"match_system":"Find a fact","match_user":"odd","reply":"some rumour"}
{"match_system":"Find a fact","reply":"a good fact"}
{"match_system":"Answer the question","reply":"yes"}
{"match":"module find\\ninputs","reply":"Find it twice."}
{"match":"module answer\\ninputs","reply":"Answer it twice."}
{"reply":"It is about numbers."}
END

cat >"$tmp/qa.mp" <<'END'
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
}
signature Find = (question: string) -> (fact: string) "Find a fact.";
signature Answer = (question: string, fact: string) -> (answer: string)
    "Answer the question.";
module find   = predict(Find) { model = local; }
module answer = predict(Answer) { model = local; }

program QA(question: string) -> (answer: string, fact: string) {
	let f = find(question);
	let a = answer(question, fact = f.fact);
	return { answer = a.answer, fact = f.fact };
}
data rows = jsonl("rows.jsonl") { split = [20, 20, 20]; }

metric right(gold, pred) {
	let e = exact(gold.answer, pred.answer);
	if exact(gold.fact, pred.fact) < 1 {
		credit(find, 1, "said so before");
		credit(find, 0, "this is hearsay: " + pred.fact);
	}
	if format_rate() < 1 {
		credit(answer, 0, "out of form");
	}
	return e, "all of it";
}

optimize QA {
	using = mipro { trials = 4; minibatch = 5; formats = off;
		early_stop = off; DEMOS }
	train = rows.train; dev = rows.dev; test = rows.test; metric = right;
}
END

with() {
	sed "s/DEMOS/$1/" "$tmp/qa.mp" >"$tmp/x.mp"
	rm -f "$tmp/x.tuned" "$tmp/x" "$tmp/log"
	lmd_start
	status 0 "$MIPROC" -o "$tmp/x" "$tmp/x.mp" --no-cache
	got=$?
	lmd_stop
	return $got
}

# asked MODULE TEXT: how many of its requests hold a text.
asked() {
	case $1 in
	find)   grep 'Find a fact\|Find it twice' "$tmp/log" ;;
	answer) grep 'Answer the question\|Answer it twice' "$tmp/log" ;;
	esac | grep -v 'better instruction\|what task the program' |
	    grep -c "$2"
}

# told MODULE TEXT: the same of the requests for an instruction for it.
told() {
	grep "module $1.\{1,4\}inputs" "$tmp/log" | grep -c "$2"
}

ok 'it is tuned' with ''
ok 'a rumour is asked for' [ "$(asked find 'odd number')" -gt 0 ]
ok 'demonstrations are shown' [ "$(asked find '"assistant"')" -gt 0 ]
ok 'a rumour is none of them' [ "$(asked find 'some rumour')" -eq 0 ]
ok 'to the other module it is one' \
    [ "$(asked answer 'assistant.*some rumour\|some rumour.*assistant')" -gt 0 ]
ok 'who writes the instruction is told' \
    [ "$(told find 'wrong: this is hearsay: some rumour')" -gt 0 ]
ok 'with the call' [ "$(told find 'in: {.*odd number')" -gt 0 ]
ok 'not of what went well' [ "$(told find 'in: {.*even number')" -eq 0 ]
ok 'nor about the other module' \
    [ "$(told answer 'hearsay\|all of it\|out of form')" -eq 0 ]

ok 'without demonstrations' with 'max_bootstrapped = 0; max_labeled = 0;'
ok 'there are none' [ "$(asked find '"assistant"')" -eq 0 ]
ok 'who writes is told all the same' \
    [ "$(told find 'wrong: this is hearsay: some rumour')" -gt 0 ]
within() {
	most=$(sed -n 's/.*at most \([0-9]*\) LM calls.*/\1/p' "$tmp/err")
	[ -n "$most" ] && [ "$(requests)" -le "$most" ] ||
	    { echo "$(requests) of $most"; false; }
}
ok 'within the bound that is announced' within

done_testing
