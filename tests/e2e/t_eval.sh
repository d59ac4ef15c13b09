#!/bin/sh
# eval: what metrics may ask, and what is told of scores.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

# ---- a metric that asks leaves of the program, a program, the program ----

cat >judged.mp <<'END'
model local = "openai:small" {
	base_url = env("LMD_URL");
	temperature = 0.0; max_tokens = 64; price = free;
}
model big = "openai:large" {
	base_url = env("LMD_URL");
	temperature = 0.0; max_tokens = 64; price = free;
}
signature Answer = (question: string) -> (answer: string) "Answer it.";
signature Same = (one: string, other: string) -> (same: bool) "Are they one?";
module answer = predict(Answer) { model = local; }
module same = predict(Same) { model = big; }
program Alike(one: string, other: string) -> (same: bool) {
	return { same = same(one, other).same };
}
program QA(question: string) -> (answer: string) {
	return { answer = answer(question).answer };
}
data d = jsonl("d.jsonl") { split = [2, 2, 2]; }
metric stable(gold, pred) {
	let again = QA(question = pred.question);
	let plain = answer(question = gold.hint);
	let a = Alike(one = again.answer, other = plain.answer);
	return a.same ? 1.0 : 0.0, plain.answer;
}
optimize QA {
	using = random;
	train = d.train; dev = d.dev; test = d.test;
	metric = stable;
}
END
for i in 1 2 3 4 5 6; do
	echo "{\"question\":\"what is $i?\",\"hint\":\"say $i\"}"
done >d.jsonl
cat >script <<'END'
{"match_system":"Are they one","match_user":"say","reply":"{\"same\":true}"}
{"match_system":"Are they one","reply":"{\"same\":false}"}
{"match_user":"say","reply":"say so"}
{"reply":"so"}
END
lmd_start
ok 'a metric asks what it likes' status 0 "$MIPROC" eval judged.mp -O0
ok 'and scores' says '^stable  *1\.000 '
ok 'with the model of a judge' grep -q '"model":"large"' log
: >log
rm -rf cache
ok 'which may be another' status 0 "$MIPROC" eval judged.mp -O0 \
    --model big=openai:huge
ok 'that is asked' grep -q '"model":"huge"' log
ok 'in its place' sh -c '! grep -q "\"model\":\"large\"" log'
ok 'a model that is nowhere is told' status 2 "$MIPROC" eval judged.mp -O0 \
    --model bigg=openai:huge
ok 'with those there are' says 'it has local, big'
done_testing
