#!/bin/sh
# show and doctor: what was tried and kept, and whether all is there.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
unset OPENAI_API_KEY
rows 60 >rows.jsonl
classifier >s.mp
skill >script
lmd_start

# ---- before anything was tuned ----

ok 'no study gives 2' status 2 "$MIPROC" show trials s.mp
ok 'and says where it would be' says 'no study of s.mp: .*\.miproc/s\.db'
ok 'no demonstrations' status 0 "$MIPROC" show demos s.mp
ok 'are none' says '^classify: 0 demonstrations$'
ok 'what is shown has a name' status 2 "$MIPROC" show everything s.mp
ok 'and the names are told' says 'prompt, plan, trials or demos'
ok 'show wants a file' status 2 "$MIPROC" show trials
ok 'and says so' says 'show trials wants a file'
ok 'a program that is not tuned is well' status 0 "$MIPROC" doctor s.mp
ok 'and it is said' says '^note  s.mp: not tuned yet$'

# ---- after ----

ok 'tuned' status 0 "$MIPROC" tune -q --seed 3 s.mp
ok 'trials' status 0 "$MIPROC" show trials s.mp
ok 'name the run' says '^run 1: mipro, seed 3, complete$'
ok 'what it began with' says '^ *0  baseline .* as written$'
ok 'and what it tried' says '^ *1  full .*classify\.demos=[0-9]'
ok 'trials agree with the file' sh -c '
	test "$(grep -c "^ *[0-9]* .*  full " out)" = 8'
printf 'not a study' >.miproc/x.db
cp s.mp x.mp
ok 'a study that is none gives 2' status 2 "$MIPROC" show trials x.mp
ok 'and says why' says 'x\.db: .*not a database'
ok 'demonstrations' status 0 "$MIPROC" show demos s.mp
ok 'are counted' says '^classify: [1-9] demonstrations$'
ok 'and shown' says '^	text: message [0-9]* of the day$'
ok 'every one is a row' sh -c '
	sed -n "s/^	text: //p" out | while read -r line; do
		grep -qF "$line" rows.jsonl || exit 1
	done'
sed 's/message/a message\\nin the post,/' rows.jsonl >lines.jsonl
sed 's/rows\.jsonl/lines.jsonl/' s.mp >long.mp
ok 'texts of several lines' sh -c '"$0" tune -q long.mp && "$0" show demos \
    long.mp >out' "$MIPROC"
ok 'stand below their name' sh -c '
	grep -A 2 "^	text:$" out | grep -q "^		in the post, [0-9]* of the day"'

# ---- doctor ----

ok 'without a file' status 0 "$MIPROC" doctor
ok 'the compiler is tried' says '^ok    C compiler: '
ok 'and the cache' says "^ok    cache: $tmp/cache$"
ok 'nothing else' test "$(wc -l <out)" -eq 2
CC=false ok 'a compiler that fails gives 2' status 2 "$MIPROC" doctor
ok 'and is named' says '^FAIL  C compiler: false '
ok 'a cache that cannot be gives 2' \
    status 2 "$MIPROC" doctor --cache-dir /dev/null/x
ok 'and is named' says '^FAIL  cache: /dev/null/x: '
ok 'no cache is no fault' status 0 "$MIPROC" doctor --no-cache
asked=$(requests)
ok 'with a file' status 0 "$MIPROC" doctor s.mp
ok 'its data' says '^ok    data (train): rows.jsonl$'
ok 'its tuned file' says '^ok    tuned file: s.tuned$'
ok 'its model' says '^ok    model local: openai:fake answers in .*native$'
ok 'which was asked once' test "$(requests)" -eq $((asked + 1))
ok '-n asks nothing' status 0 "$MIPROC" doctor -n s.mp
ok 'at all' test "$(requests)" -eq $((asked + 1))

sed 's/NEUTRAL }/NEUTRAL, NONE }/' s.mp >other.mp
cp s.tuned other.tuned
ok 'a tuned file of another program gives 2' status 2 "$MIPROC" doctor other.mp
ok 'and is named' says '^FAIL  tuned file: other.tuned'
mv rows.jsonl gone.jsonl
ok 'rows that are gone give 2' status 2 "$MIPROC" doctor s.mp
ok 'and are named' says '^FAIL  data (train): rows.jsonl: No such file'
mv gone.jsonl rows.jsonl

cat >key.mp <<'END'
model paid = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	api_key = env("NOBODYS_KEY"); price = free;
}
tool count(text: string) -> string "Counts." = exec("./count");
caps { exec("./count"); }
signature Sum = (text: string) -> (gist: string) "Sum it up.";
module sum = predict(Sum) { model = paid; }
program Keyed(text: string) -> (gist: string) {
	let n = count(text);
	return { gist = n + sum(text).gist };
}
END
echo '#!/bin/sh' >count
ok 'no key and no command give 2' status 2 "$MIPROC" doctor key.mp
ok 'the key is named' says '^FAIL  key of paid: NOBODYS_KEY is not set$'
ok 'and the command' says '^FAIL  tool count: ./count: Permission denied$'
chmod +x count
NOBODYS_KEY=sesame ok 'both are there' status 0 "$MIPROC" doctor key.mp
ok 'and it is said' says '^ok    key of paid: NOBODYS_KEY is set$'
ok 'of both' says '^ok    tool count: ./count$'
ok 'the key itself is not shown' sh -c '! grep -q sesame out err'
lmd_stop
ok 'a server that is down gives 3' status 3 "$MIPROC" doctor s.mp
ok 'and is named' says '^FAIL  model local: http://127.0.0.1:'
ok 'mistakes of the source give 1' \
    sh -c 'echo "program" >bad.mp; "$0" doctor bad.mp 2>err; [ $? = 1 ]' \
    "$MIPROC"
done_testing
