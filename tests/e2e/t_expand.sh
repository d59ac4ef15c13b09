#!/bin/sh
# -E: one file that is the same program.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd)
cd "$tmp" || exit 1

# The hash of the program of a file, with options.
identity() {
	"$MIPROC" -w -O0 --emit=ir "$@" | sed -n '/^struct/q; /^	hash/p'
}

# Does -E of the file give the same program?  Options may follow.
same() {
	h=$(identity "$@") && [ "$h" ] && "$MIPROC" -w -E -o one.mp "$@" &&
	    [ "$(identity one.mp)" = "$h" ] && "$MIPROC" -w -E one.mp >two.mp &&
	    cmp one.mp two.mp && "$MIPROC" fmt --check one.mp
}

for f in "$src"/examples/*/*.mp "$src"/src/tune/*.mp \
    "$src"/tests/golden/c/*.mp "$src"/tests/golden/ir/*.mp; do
	[ "$(identity "$f" 2>/dev/null)" ] || continue
	ok "-E of ${f##*/} is the same program" same "$f"
done

mkdir lib
cat >lib/part.mp <<'END'
model m = "openai:x" { max_tokens = 9; }
const ROUNDS = 2;
param TONE: string = "plain" tune ["plain", "formal"];
signature Ask = (text: string, tone: string) -> (answer: string) "Answer.";
module ask = predict(Ask) { model = m; }
END
cat >main.mp <<'END'
import "part.mp" as p;
program Main(text: string) -> (answer: string) {
	let last = text;
	for i in 1 .. p.ROUNDS { last = p.ask(text = last, tone = p.TONE).answer; }
	return { answer = last };
}
END
ok 'imports of -I are in place' same main.mp -I lib
ok 'and the addresses are the same' \
    grep -q '^module p.ask = predict(p.Ask) { model = p.m; }$' one.mp
ok '-D is applied to a const' same main.mp -I lib -D p.ROUNDS=5
ok 'as its value' grep -q '^const p.ROUNDS = 5;$' one.mp
ok 'and to a param' same main.mp -I lib -D 'p.TONE=a "b" \c'
ok 'which is tuned no more' \
    grep -qF 'param p.TONE: string = "a \"b\" \\c";' one.mp
touch -d 2001-01-01 one.mp
cp -p one.mp was.mp
ok 'what is there is left alone' status 0 "$MIPROC" -E main.mp -I lib \
    -D 'p.TONE=a "b" \c' -o one.mp
ok 'if its bytes are the same' test ! one.mp -nt was.mp
ok '-E of a mistake gives 1' sh -c 'echo "const A = B;" >bad.mp
    "$0" -E bad.mp >none; [ $? = 1 ] && [ ! -s none ]' "$MIPROC"
ok '-E of no file gives 2' status 2 "$MIPROC" -E none.mp
ok 'to a directory gives 2' status 2 "$MIPROC" -E main.mp -I lib -o lib

# Files of imports are beside them.
cat >lib/data.mp <<'END'
const ROWS = "rows.jsonl";
data rows = jsonl("rows.jsonl") { split = [0.5, 0.5]; }
data parts { train = csv("../t.csv"); dev = csv("/d.csv"); }
tool near(x: string) -> int = exec("./near", "../z", "near");
END
cat >paths.mp <<'END'
import "part.mp" as p;
import "lib/data.mp" as d;
caps { exec("./lib/near"); }
program Main(text: string) -> (answer: string) {
	return { answer = p.ask(text, tone = str(d.near(text))).answer };
}
metric m(gold, pred) = exact(gold.answer, "./pred");
optimize Main {
	using = bootstrap;
	train = d.parts.train;
	dev = d.rows.dev;
	metric = m;
}
END
ok 'paths are relative to the main file' same paths.mp -I lib
ok 'of data' grep -qF 'jsonl("lib/rows.jsonl")' one.mp
ok 'of its parts' grep -qF 'train = csv("lib/../t.csv"); dev = csv("/d.csv")' \
    one.mp
ok 'of commands' grep -qF 'exec("./lib/near", "lib/../z", "near")' one.mp
ok 'and of nothing else' grep -qF 'gold.answer, "./pred"' one.mp
ok 'that is where data is looked for' sh -c '"$0" --emit=ir -I lib \
    paths.mp | grep -q "^dataset.*lib/rows.jsonl"' "$MIPROC"

# Names that would mean something else.
echo 'const lower = "x";
import "low.mp" as l;' >hides.mp
echo 'model m = "openai:x" { }
signature A = (t: string) -> (a: string) "A.";
module a = predict(A) { model = m; }
program P(t: string) -> (a: string) { return { a = lower(a(t).a) }; }' >low.mp
ok 'a function that is hidden' status 1 "$MIPROC" -E hides.mp
ok 'is told of' says 'low.mp:4:.*cannot be one file: .lower.* \[MP0910\]'
ok 'with what hides it' says '^hides.mp:1:1: note: which is here'
sed 's/return.*/let l = a(t); return { a = a(l.a).a }; }/' low.mp >low2.mp
echo 'import "low2.mp" as l;' >hides.mp
ok 'a variable that hides an import' status 1 "$MIPROC" -E hides.mp
ok 'is told of' says '.l. would be an import'
sed 's/let l = a(t)/let l = a(t).a/; s/a(l.a)/a(l)/' low2.mp >low3.mp
echo 'import "low3.mp" as l;' >hides.mp
ok 'one without such a member is not in the way' same hides.mp --program l.P
done_testing
