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
ok 'and scores' says 'as written  *1\.000 '
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

# ---- what is told of rows ----

cat >r.mp <<'END'
model local = "openai:small" {
	base_url = env("LMD_URL"); temperature = 0.0; max_tokens = 64; price { in = 1.0; out = 2.0; }
	context = 1000;
}
signature Answer = (question: string) -> (n: int) "Answer it.";
module answer = predict(Answer) { model = local; reask = 1; }
program QA(question: string) -> (n: int) {
	return { n = answer(question).n };
}
data d = jsonl("r.jsonl") { split = [0, 8, 0]; }
metric right(gold, pred) {
	return pred.n == gold.n ? 1.0 : 0.0, "it is " + str(gold.n);
} with { on_fail = 0.25; }
optimize QA {
	using = random;
	train = d.dev; dev = d.dev; metric = right;
	budget { calls = 100; }
}
END
for i in 1 2 3 4 5 6 7 8; do
	echo "{\"question\":\"row $i\",\"n\":$i,\"tag\":\"a \\\"b\\\" $i\"}"
done >r.jsonl
cat >script <<'END'
{"match_user":"row 1","reply":"{\"n\":1}"}
{"match_user":"row 2","reply":"{\"n\":7}"}
{"match_user":"row 3","reply":"Sure! {\"n\": 3,}"}
{"match":"row 4","reply":"no number comes to mind"}
{"match_user":"row 5","finish":"length","reply":"{\"n\""}
{"match_user":"row 6","finish":"content_filter","refusal":"I will not"}
{"reply":"{\"n\":0}"}
END
lmd_stop
rm -f log
lmd_start
ok 'rows are scored' status 0 "$MIPROC" eval r.mp --rows rows.out -j 3
ok 'with their mean, failed ones as the metric says' \
    says '^  as written  *0\.344  \[.*\]  8 rows$'
ok 'how they failed' says '^  *failed: .*1 format'
ok 'each kind' says '1 refusal'
ok 'of its own' says '1 truncated'
ok 'and how many replies were in their format' \
    says 'replies in their format at once: [0-9]* of [0-9]* ('
ok 'which of what rows' says '^right on 8 dev rows (95% intervals)$'
ok 'what it took' says '^[0-9]* LM calls paid, 0 from cache, [0-9]* tokens, '
ok 'and each leaf' grep -Eq '^answer +[1-9][0-9]* +0 +[1-9]' out
ok 'a line for each row' sh -c '[ "$(wc -l <rows.out)" -eq 8 ]'
ok 'is JSON' sh -c 'python3 -c "
import json
rows = [json.loads(l) for l in open(\"rows.out\")]
by = {r[\"row\"][\"n\"]: r for r in rows}
assert [r[\"line\"] for r in rows] == list(range(1, 9))
assert by[1][\"out\"] == {\"n\": 1} and by[1][\"class\"] == \"ok\"
assert by[1][\"row\"][\"tag\"] == \"a \\\"b\\\" 1\"
assert by[1][\"scores\"] == {\"right\": 1.0}
assert by[2][\"scores\"] == {\"right\": 0.0}
assert by[2][\"feedback\"] == {\"right\": \"it is 2\"}
assert by[3][\"class\"] == \"repaired\" and by[3][\"out\"] == {\"n\": 3}
assert by[4][\"class\"] == \"format\" and \"out\" not in by[4]
assert by[4][\"usage\"][\"calls\"] == 2 and by[4][\"why\"]
assert by[4][\"scores\"] == {\"right\": 0.25}
assert by[5][\"class\"] == \"truncated\"
assert by[6][\"class\"] == \"refusal\"
assert by[4][\"leaves\"][0][\"leaf\"] == \"answer\"
assert by[4][\"leaves\"][0][\"calls\"] == 2
assert by[4][\"leaves\"][0][\"reasked\"] == 1
assert len(by[4][\"leaves\"][0][\"seconds\"]) == 2
clean = sum(r[\"usage\"][\"clean\"] for r in rows)
asked = sum(r[\"usage\"][\"asked\"] for r in rows)
out = open(\"out\").read()
assert \"at once: %d of %d\" % (clean, asked) in out, (clean, asked)
assert clean == 4, clean
assert all(\"run\" not in r and \"ok\" not in r for r in rows)
"'
ok 'rows go to standard output, too' status 0 "$MIPROC" eval r.mp --rows -
ok 'where nothing else is' sh -c '[ "$(grep -c "^{.*}$" out)" -eq 8 ] &&
    [ "$(wc -l <out)" -eq 8 ] && grep -q "^right on 8" err'
ok 'replies came from the cache' says ' 0 LM calls paid\|^0 LM calls paid'
ok 'a file that cannot be written is told' status 2 "$MIPROC" eval r.mp \
    --rows none/rows.out
ok 'before anything is asked' says 'none/rows.out'
ok 'eval has no -o' status 2 "$MIPROC" eval r.mp -o x
ok 'and says what there is' says '--rows FILE'
ok 'what it costs at most' status 0 "$MIPROC" eval r.mp -n
ok 'is told before' says 'at most 16 LM calls (16 by the program, 0 by metr'
ok 'a part without rows' status 2 "$MIPROC" eval r.mp --split test
ok 'is named' says 'no test rows'
ok 'a budget that is too small' status 4 "$MIPROC" eval r.mp --no-cache \
    --max-calls 3 -j 1
ok 'gives no score of the rows before' says 'nothing was scored'
ok 'nor a mean' sh -c '! grep -q rows out'

# ---- two tunings on the same rows ----

# tuned NAME INSTRUCTION [HASH]: a tuned file for r.mp or c.mp.
tuned() {
	cat >"$1" <<END
{"format": 1, "leaves": {"answer": {"hash": "$hash",
 "in": ["question: string"], "out": ["n: int"]}},
 "program": {"hash": "$hash", "name": "QA"},
 "slots": {"answer.instruction": ["$2"]}}
END
}
sed 's/r\.jsonl/c.jsonl/; s/\[0, 8, 0\]/[0, 0, 12]/; s/d\.dev/d.test/g
    s/dev = d.test;/dev = d.test; test = d.test;/' r.mp >c.mp
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "{\"question\":\"row $i!\",\"n\":$i}"
done >c.jsonl
{
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		echo "{\"match_system\":\"Well\",\"match_user\":\"row $i!\"," \
		    "\"reply\":\"{\\\"n\\\":$i}\"}"
	done
	echo '{"match_system":"Badly","reply":"{\"n\":-1}"}'
	echo '{"match_user":"row 1!","reply":"{\"n\":1}"}'
	echo '{"reply":"{\"n\":0}"}'
} >script
lmd_stop
rm -f log
lmd_start
hash=0
tuned none.tuned 'Well.'
ok 'a tuned file of another version is compared as far as it fits' \
    status 0 "$MIPROC" eval c.mp --compare none.tuned none.tuned
ok 'and what is stale is told, with the file' \
    says 'none.tuned: answer.instruction: its module has changed since'
ok 'which -Werror refuses' status 1 "$MIPROC" eval c.mp -Werror \
    --compare none.tuned none.tuned
ok 'tuning it' status 0 "$MIPROC" tune c.mp --max-calls 5000 -q
hash=$(sed -n '/"leaves"/,/}/s/.*"hash": "\(.*\)",/\1/p' c.tuned)
rm c.tuned
tuned good.tuned 'Well.'
tuned bad.tuned 'Badly.'
tuned gone.tuned 'Well.'
sed 's/answer\.instruction/lost.instruction/' gone.tuned >x &&
    mv x gone.tuned
sed 's/"slots": {/&"answer.demos": [{"question": "row 3!", "n": 3},\
    {"question": "row 99!", "n": 9}, {"n": 5, "question": "row 5!"}],/' \
    good.tuned >shown.tuned
cp shown.tuned c.tuned
ok 'a row that is shown as a demonstration is told of' status 0 "$MIPROC" \
    eval c.mp --split test -q
ok 'with their number and the first' \
    says '2 test rows are among the demonstrations of answer, the first on'
ok 'of a tuning that is compared, too' status 1 "$MIPROC" eval c.mp \
    --split test --compare good.tuned shown.tuned -Werror=demo-leak
ok 'by the name of the warning' says 'Werror=demo-leak'
ok 'others are not' status 0 "$MIPROC" eval c.mp --split test \
    --compare good.tuned bad.tuned -Werror=demo-leak -q
rm c.tuned
ok 'two tunings are compared' status 0 "$MIPROC" eval c.mp --split test \
    --compare bad.tuned good.tuned --rows both.out -q
ok 'with nothing stale' sh -c '! grep stale err'
ok 'they are named' says ': first bad.tuned, second good.tuned$'
ok 'each is scored' says '^  first  *0\.000 '
ok 'on the same rows' says '^  second  *1\.000 '
ok 'the difference is paired' says '^  difference  *+1\.000  \[+0.*paired'
ok 'with how many rows are better' says '; 12 rows better, 0 worse$'
ok 'and a verdict' says '^the second is better$'
ok 'rows of both' sh -c '[ "$(grep -c "\"tuned\":\"bad.tuned\"" both.out)" \
    -eq 12 ] && [ "$(grep -c "\"tuned\":\"good.tuned\"" both.out)" -eq 12 ]'
ok 'the other way round' status 0 "$MIPROC" eval c.mp --split test \
    --compare good.tuned bad.tuned -q
ok 'it is worse' says '^the second is worse$'
ok 'the program as written may be one' status 0 "$MIPROC" eval c.mp \
    --split test --compare - bad.tuned -q
ok 'which differs in one row' says '; 0 rows better, 1 worse$'
ok 'so that nothing is certain' says 'may be chance'
ok 'slots that are gone are left out' status 0 "$MIPROC" eval c.mp -q \
    --split test --compare - gone.tuned
ok 'and told' says 'gone.tuned: lost.instruction: the program has no such'
ok 'so that nothing differs' says '^  difference  *+0\.000 '
ok 'a budget holds for both together' status 4 "$MIPROC" eval c.mp -q \
    --split test --compare good.tuned bad.tuned --no-cache --max-calls 20
ok 'less is better, if the metric says so' sh -c "
    sed 's/on_fail = 0.25;/on_fail = 0.25; minimize;/' c.mp >l.mp"
ok 'then' status 0 "$MIPROC" eval l.mp --split test -q \
    --compare bad.tuned good.tuned
ok 'more is worse' says '^the second is worse$'
ok 'on rows, too' says '; 0 rows better, 12 worse$'
ok 'what is no tuned file is refused' status 2 "$MIPROC" eval c.mp -q \
    --compare good.tuned c.jsonl
ok 'by name' says 'c.jsonl: '

ok 'what differs is shown' status 0 "$MIPROC" diff bad.tuned good.tuned
ok 'by lines' sh -c 'printf "%s\n" slots: "  answer.instruction:" \
    "  - Badly." "  + Well." | cmp - out'
ok 'of what is there' status 2 "$MIPROC" diff bad.tuned nowhere.tuned
ok 'or not' says 'nowhere.tuned'

# ---- the gate ----

gate() {
	sed "s/metric = right;/metric = right; gate { right = $1; }/" c.mp
}
gate '0.7; confidence = 0.9' >g.mp
cp good.tuned g.tuned
ok 'a gate is met' status 0 "$MIPROC" eval g.mp --split test -q
ok 'at its own confidence' \
    says '^gate met: right is at least 0\.816 .*(90% interval), 0\.7 is want'
gate '0.82; confidence = 0.9' >g.mp
ok 'or not' status 5 "$MIPROC" eval g.mp --split test -q
ok 'and why' says 'gate not met: right is at least 0\.816 .*0\.82 is wanted'
gate '0.82; confidence = 0.8' >g.mp
ok 'less confidence, more is met' status 0 "$MIPROC" eval g.mp --split test -q
ok 'a gate is on test rows alone' status 0 "$MIPROC" eval g.mp --split test \
    -q --compare bad.tuned bad.tuned
sed 's/optimize QA/metric all(gold, pred) = 0.0;\n&/' g.mp >h.mp
ok 'and on its own metric' status 0 "$MIPROC" eval h.mp --split test -q \
    --metric all
sed 's/on_fail = 0.25;/on_fail = 0.25; minimize;/
    s/right = 0.82/right = 0.2/' g.mp >h.mp
cp bad.tuned h.tuned
ok 'where less is better, the upper end counts' status 0 "$MIPROC" eval h.mp \
    --split test -q
ok 'as is told' says '^gate met: right is at most 0\.120 '

# ---- what tuning must show ----

rows 150 >rows.jsonl
skill >script
lmd_stop
lmd_start
classifier >s.mp
sed 's/test = d\.test; //' s.mp >t.mp
gates() {
	sed "s/metric = acc;/metric = acc; gate { acc = $1; }/" s.mp
}
ok 'a gain that is certain' status 0 "$MIPROC" tune s.mp \
    --require-improvement
ok 'is told' says '^tuning helped$'
ok 'row by row' says '^  difference .*; [1-9][0-9]* rows better, [0-9]* worse$'
ok 'and written' test -s s.tuned
echo old >out1
cp out1 old
gates 0.9 >u.mp
ok 'a gate that is not met' status 5 "$MIPROC" u.mp -O1 -o out1
ok 'is told, behind the scores' says '^  after '
ok 'with what was wanted' says 'gate not met: acc is at least .*0\.9 is wanted'
ok 'and what follows' says 'nothing was written'
ok 'no tuned file' test ! -e u.tuned
ok 'the output as it was' cmp out1 old
gates 0.2 >u.mp
ok 'one that is met' status 0 "$MIPROC" u.mp -O1 -o out1
ok 'at 95%, if nothing is said' says '^gate met: .*(95% interval), 0\.2 is wan'
ok 'gives the tuned file' test -s u.tuned
ok 'and the program' ./out1 --version
rm u.tuned
ok 'stopped before the test rows' status 4 "$MIPROC" tune u.mp --no-cache \
    --max-calls 150
ok 'it is not decided' says 'the gate is not decided without the test rows'
ok 'nor written' test ! -e u.tuned
ok 'no gain' status 6 "$MIPROC" c.mp -O1 -o out2 \
    --require-improvement --max-calls 5000
ok 'is no improvement' says 'no improvement for certain on the test rows'
ok 'so that nothing is written' test ! -e c.tuned -a ! -e out2
ok 'without test rows' status 2 "$MIPROC" tune t.mp --require-improvement
ok 'none can be shown' says '--require-improvement needs test rows'
sed 's/metric = acc;/metric = acc; gate { acc = 0.2; }/' t.mp >u.mp
rm -f log
ok 'nor a gate met' status 2 "$MIPROC" tune u.mp
ok 'as is told' says 'u.mp: the gate needs test rows'
ok 'before anything is asked' test "$(requests)" -eq 0
done_testing
