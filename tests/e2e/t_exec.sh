#!/bin/sh
# Tools that are commands: from the source to the processes that run.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
mkdir "$tmp/p" "$tmp/p/tools" "$tmp/elsewhere"
cd "$tmp" || exit 1

# command NAME, its text on standard input.
command_() {
	{ echo '#!/bin/sh'; cat; } >"p/tools/$1"
	chmod +x "p/tools/$1"
}

cat >script <<'END'
{"match_user":"many","reply":"9"}
{"reply":"3"}
END
cat >p/calc.mp <<'END'
import "lib/words.mp" as w;
caps { exec("./tools/sum"); exec("./tools/log"); exec("lib/bin/split"); exec("tr"); }
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
	retry { attempts = 1; }
}
signature Count = (text: string) -> (n: int) "Count the things.";
module count = predict(Count) { model = local; reask = 0; }
struct Sum { total: float; terms: int; why: string?; }
tool sum(text: string, by: float = 1.0) -> Sum "adds" = exec("./tools/sum");
tool log(text: string) -> string @effect = exec("./tools/log", "to", "it's; a $(log)") { input = text; output = text; }
program P(text: string) -> (total: float, words: string[], said: string) {
	log("begin " + text);
	let c = count(text);
	let s = sum(text);
	let t = sum(text, by = 2.0);
	require c.n < 9, "too many";
	try { log(str(sum(text = "fail").terms)); } else { log("caught"); }
	return {
		total = s.total + t.total, words = [w.upper(x) for x in w.split(text)],
		said = log("end"),
	};
}
END
mkdir p/lib p/lib/bin
cat >p/lib/words.mp <<'END'
tool split(text: string) -> string[] = exec("./bin/split") { keep = true; }
tool upper(text: string) -> string = exec("tr", "a-z", "A-Z") { input = text; output = text; }
END
cat >p/lib/bin/split <<'END'
#!/bin/sh
while read -r line; do
	echo "$line" | sed 's/.*"text":"/["/; s/"}$/"]/; s/ /","/g'
done
END
chmod +x p/lib/bin/split
command_ sum <<'END'
read -r line
case $line in *fail*) echo 'cannot add that' >&2; exit 1 ;; esac
case $line in *'"by":2.0'*) echo '{"total": 20.5, "terms": 2}' ;;
*) echo '{"total": 10, "terms": 1, "why": null, "more": [1]}' ;; esac
END
command_ log <<'END'
{ printf '%s|' "$@"; cat; echo; } >>log
echo " logged "
END
lmd_start
ok 'a program with tools compiles' status 0 "$MIPROC" -O0 -Werror p/calc.mp \
    -o calc
ok 'run: paths are those of the source' gives \
    '{"total":30.5,"words":["A","BC"],"said":" logged "}' \
    "$MIPROC" run p/calc.mp -- --text 'a bc'
ok 'each effect once, in order' test "$(cat p/log)" = "to|it's; a \$(log)|begin a bc
to|it's; a \$(log)|caught
to|it's; a \$(log)|end"
cd elsewhere || exit 1
ok 'the binary looks in the working directory' status 3 ../calc --text x
ok 'and says what it misses' says 'log: cannot start ./tools/log: No such file'
ok '--root says where' status 0 ../calc --root ../p --text x
ok 'run takes --root' status 3 "$MIPROC" run --root . ../p/calc.mp -- --text x
ok 'a root that is not there' status 3 ../calc --root none --text x
ok 'is named' says 'log: cannot work in the root none'
cd ..
all='--allow exec:tools/sum --allow exec:./tools//log
	--allow exec:./lib/bin/split --allow exec:tr --allow net:x:80'
ok 'what is granted runs' status 0 ./calc --root p --text x $all
: >p/log
ok 'what is not does not' status 2 ./calc --root p --text x \
    --allow exec:./tools/sum
ok 'and is named' says \
    'the tool w.split needs exec:./lib/bin/split, which --allow does not grant'
ok 'none is none' status 2 ./calc --root p --text x --allow none
ok 'nor by miproc' status 2 "$MIPROC" run p/calc.mp --allow none -- --text x
ok 'nothing has run' test ! -s p/log
ok 'miproc grants' status 0 "$MIPROC" run p/calc.mp $all -- --text x
ok 'a grant that is none' status 2 ./calc --root p --text x --allow tr
ok 'is told' says "'tr' is not exec:COMMAND, net:HOST, net:HOST:PORT or none"
ok 'by miproc, too' status 2 "$MIPROC" run p/calc.mp --allow net:http://x
ok 'likewise' says "wants exec:COMMAND, net:HOST, net:HOST:PORT or none"
ok 'a failed requirement' status 8 ./calc --root p --text many
: >p/log
printf '{"text":"a"}\n{"text":"many"}\n{"text":"c"}\n' >rows
ok 'a batch' status 8 ./calc --root p --jsonl -j 3 rows
ok 'has every row' test "$(wc -l <out)" -eq 3
ok 'with its own words' sh -c 'sed -n 3p out | grep -q "\"C\""'
command_ sum <<'END'
echo 'no such number' >&2
exit 3
END
ok 'a tool that fails is the program failing' status 8 ./calc --root p --text x
ok 'and is quoted' says 'sum: exit status 3: no such number'
printf '#!/bin/sh\necho 5\n' >p/tools/sum
ok 'what is not of the type' status 8 ./calc --root p --text x
ok 'is said' says 'sum: its output is not Sum as JSON: .*: 5'
rm p/tools/sum
ok 'a tool that is gone is the world' status 3 ./calc --root p --text x
ok 'and is named' says 'sum: cannot start ./tools/sum'

# ---- the trace ----

command_ sum <<'END'
echo '{"total": 1, "terms": 1}'
END
ok 'a trace' status 0 ./calc --root p --trace t.jsonl --text one
ok 'has calls of tools' grep -q '^{"tool":"sum","trace":.*,"status":"ok",' t.jsonl
ok 'without what was said' sh -c '! grep -q "it.s\|one" t.jsonl'
ok 'with content' status 0 ./calc --root p --trace u.jsonl --trace-content \
    --text one
ok 'both sides' grep -qF '"in":"begin one","out":" logged \n"' u.jsonl

# ---- the key stays here ----

cat >p/key.mp <<'END'
caps { exec("./tools/look"); }
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	api_key = env("THE_KEY"); price = free; max_tokens = 9;
}
signature S = (text: string) -> (answer: string) "Answer.";
module ask = predict(S) { model = local; }
tool look(text: string) -> string = exec("./tools/look") { input = text; output = text; env = ["MINE"]; }
program K(text: string) -> (answer: string, env: string) {
	let a = ask(text);
	return { answer = a.answer, env = look(text) };
}
END
command_ look <<'END'
env
cat /proc/self/environ /proc/$PPID/environ 2>&1 | tr '\0' '\n'
ls -l /proc/self/fd
END
command_ climb <<'END'
p=$$
until [ "$p" -le 1 ]; do
	tr '\0' '\n' <"/proc/$p/environ" | sed "s/^/$p /"
	p=$(sed -n 's/^PPid:\t//p' "/proc/$p/status")
done 2>&1
echo climbed
END
THE_KEY=sk-not-for-tools MINE=for-tools
export THE_KEY MINE
exec 9<script 8>held
status 0 "$MIPROC" -O0 p/key.mp -o key
ok 'a tool looks around' status 0 ./key --root p --text x
ok 'finds what it is given' says 'MINE=for-tools'
ok 'and no key' sh -c '! grep -q not-for-tools out'
ok 'and no file of ours' sh -c '! grep -q "script\|held\|/key" out'
exec 9<&- 8>&-
# Root may look into every process, so that this is for others.
sed 's,tools/look,tools/climb,g' p/key.mp >p/climb.mp
status 0 "$MIPROC" -O0 p/climb.mp -o climb
chmod -R a+rwX "$tmp"
other=
[ "$(id -u)" -ne 0 ] || other='setpriv --reuid=65534 --clear-groups --'
if [ -z "$other" ] || $other true 2>/dev/null; then
	ok 'a tool looks into its parents' status 0 env -u TMPDIR \
	    MIPROC_CACHE_DIR="$tmp/elsewhere" $other ./climb --root p --text x
	ok 'all of them' says climbed
	ok 'and finds no key' sh -c '! grep -q not-for-tools out'
fi
unset THE_KEY MINE

# ---- ends ----

cat >p/slow.mp <<'END'
caps { exec("./tools/slow"); }
tool slow(text: string) -> string = exec("./tools/slow") { timeout = 20s; }
program S(text: string) -> (answer: string) { return { answer = slow(text) }; }
END
command_ slow <<'END'
trap '' TERM INT
echo $$ >pid
sleep 300 &
echo $! >child
sleep 300
END
status 0 "$MIPROC" -O0 p/slow.mp -o slow
alive() {
	kill -0 "$(cat "p/$1")" 2>/dev/null &&
	    ! grep -q ') Z' "/proc/$(cat "p/$1")/stat" 2>/dev/null
}
gone() {
	! alive pid && ! alive child
}
# ends SIGNAL: when the program gets it, all it has started is gone.
ends() {
	rm -f p/pid p/child
	./slow --root p --text x >out 2>err &
	pid=$!
	await 5 test -s p/child
	kill -"$1" $pid
	wait $pid
	got=$?
	await 5 gone && [ "$got" -eq "$2" ]
}
ok 'an interruption ends a tool' ends INT 130
ok 'so does a kill' ends KILL 137
done_testing
