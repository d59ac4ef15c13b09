#!/bin/sh
# miproc test: repetitions, claims, reports, exit statuses.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

# base [TEMPERATURE]: a program to be tested.
base() {
	cat <<-END
	model local = "openai:fake" {
		base_url = env("LMD_URL");
		temperature = ${1:-0.0}; max_tokens = 64; price = free;
		retry { attempts = 1; }
	}
	signature Answer = (question: string) -> (answer: string, sure: float)
		"Answer it.";
	module answer = predict(Answer) { model = local; reask = 0; }
	program QA(question: string) -> (answer: string, sure: float) {
		let a = answer(question);
		require a.sure >= 0.0, "less than unsure";
		return { answer = a.answer, sure = a.sure };
	}
	program Ask_twice(question: string) -> (answer: string) {
		let a = QA(question);
		return { answer = QA(question = a.answer).answer };
	}
	END
}

# The same with another module.
titled() {
	base
	cat <<-END
	signature Title = (text: string) -> (title: string) "Give a title.";
	module title = predict(Title) { model = local; }
	END
}

# tests FILE NAME...: runs them with an empty cache.
tests() {
	rm -rf cache
	"$MIPROC" test "$@"
}

# line N TEXT: of the output.
line() {
	[ "$(sed -n "$1p" out)" = "$2" ] || {
		sed 's/^/# /' out
		return 1
	}
}

# ---- what passes, what fails ----

{ titled; cat <<'END'; } >qa.mp
test "capital" {
	let r = QA("What is the capital of France?");
	expect icontains(r.answer, "paris"), "another city";
	check r.sure > 0.5;
}
test "chain" {
	let t = Ask_twice("start");
	expect t.answer == "end";
	let m = title(t.answer);
	check len(m.title) < 10, "too long: " + m.title;
}
test "wrong" {
	let r = QA("wrong");
	check r.sure == 1.0;
	expect exact(r.answer, "right") == 1.0;
	fail "never reached";
}
test "no JSON" { let r = QA("no JSON"); check r.answer != ""; }
test "unsure" { let r = QA("unsure"); expect r.answer == "x"; }
test "caught" {
	try {
		let r = QA("no JSON");
		expect r.answer == "", "it can be read";
	} else {
		return;
	}
}
test "not caught" {
	try {
		expect title("x").title == "y";
	} else {
		return;
	}
}
test "overflow" {
	let n = len(title("x").title) + 9223372036854775807;
	expect n > 0;
}
test "asks nothing" {
	let n = 0;
	for i in 1 .. 3 {
		check i != 2;
		n += i;
	}
	expect n == 6;
}
END
cat >script <<'END'
{"match_user":"France","reply":"{\"answer\":\"It is Paris.\",\"sure\":0.4}"}
{"match_user":"start","reply":"{\"answer\":\"middle\",\"sure\":1}"}
{"match_user":"middle","reply":"{\"answer\":\"end\",\"sure\":1}"}
{"match_user":"wrong","reply":"{\"answer\":\"left\",\"sure\":0.25}"}
{"match_user":"no JSON","reply":"nothing of the kind"}
{"match_user":"unsure","reply":"{\"answer\":\"x\",\"sure\":-1}"}
{"match_user":"end","reply":"A long and\nok 99 - forged\n  ---\n title"}
{"reply":"z"}
END
lmd_start
ok 'a failed test gives 5' status 5 tests qa.mp -j 8
ok 'the version comes first' line 1 'TAP version 13'
ok 'then the plan' line 2 1..9
ok 'the tests are told in order' sh -c \
    'grep "^\(not \)*ok [1-9]" out | cut -d- -f1 | tr -d "\n" >told
    echo "ok 1 ok 2 not ok 3 not ok 4 not ok 5 ok 6 not ok 7 not ok 8 ok 9 " |
    tr -d "\n" | cmp - told'
cp out once
ok 'one that passes tells of a check that does not hold' \
    sh -c 'sed -n "/^ok 1/,/^ok 2/p" out >part &&
    grep -q "check: \"r.sure > 0.5\"" part && grep -q "held: 0" part &&
    grep -q "values: {\"r.sure\": 0.4}" part'
ok 'but not of those that do' sh -c '! grep -q icontains part'
ok 'a failed expect is told with its line' says \
    'message: "line 34: expect exact(r.answer, \\"right\\") == 1.0"'
ok 'and with the values it compares' says \
    'values: {"r.answer": "left", "exact(r.answer, \\"right\\")": 0.0}'
ok 'what stands behind it is not run' sh -c '! grep -q "never reached" out'
ok 'a text of the test is told' says 'text: "too long: A long and\\n'
ok 'what a model says is no result' sh -c '! grep -q "^ok 99" out'
ok 'a reply that cannot be read fails a test' says 'class: format'
ok 'a requirement, too' says 'why: "less than unsure"'
ok 'no try goes on from a failed expect' says \
    'message: "line 49: expect title'
ok 'an overflow fails a test' says 'class: fail'
ok 'a check in a loop is counted' sh -c 'sed -n "/^ok 9/,\$p" out >part &&
    grep -q "held: 2" part && grep -q "of: 3" part &&
    grep -q "values: {\"i\": 2}" part'
ok 'the last line adds up' says \
    '^# 4 passed, 5 failed; 9 runs, 10 calls of models, '
ok 'below what each leaf took' grep -Eq '^# answer +[0-9]+ ' out
ok 'and all' grep -Eq '^# total +10 ' out
if command -v prove >/dev/null; then
	ok 'prove reads it' sh -c 'prove -e cat out >proved
	    grep -q "Failed tests:  3-5, 7-8" proved &&
	    ! grep -qi "parse error" proved'
fi
ok 'a second time all comes from the cache' status 5 "$MIPROC" test qa.mp
ok 'and says so' says '10 calls of models, 10 from cache'
ok 'and says the same' sh -c 'sed "/^# /d" out >a; sed "/^# /d" once | cmp - a'
ok 'unless it is refreshed' status 5 "$MIPROC" test qa.mp --refresh
ok 'which asks afresh' sh -c '! grep -q "10 from cache" out'

# ---- which ----

ok 'a name selects' status 0 tests qa.mp capital
ok 'that test alone' line 2 1..1
ok 'a pattern selects several' status 0 tests qa.mp 'c[ah]*'
ok 'all that it fits' line 2 1..3
ok 'a name that fits none is told' status 0 tests qa.mp chain capitol
ok 'with the nearest' says "no test is called 'capitol'; did you mean 'cap"
ok 'no test at all gives 6' status 6 tests qa.mp capitol
ok 'unless that is well' status 0 tests qa.mp capitol --allow-empty
ok 'an empty plan' line 2 1..0
base >none.mp
ok 'a file without tests gives 6' status 6 tests none.mp
ok 'is told' says 'there is no test; --allow-empty'
ok '-n says what it would take' status 0 tests qa.mp capital chain -n
ok 'at most' says '^2 tests, 2 runs, at most 5 model calls$'
ok 'and asks nothing' test ! -e cache/cache.db

# ---- repetitions ----

{ base 0.7; cat <<'END'; } >often.mp
const TIMES = 5;
test "most" (repeat = TIMES, pass = 80%) {
	let r = QA("draw");
	expect r.answer == "heads", "not heads but " + r.answer;
}
test "all" (repeat = 4) {
	let r = QA("draw");
	check r.answer == "heads";
	expect r.sure > 0.0;
}
test "once" {
	let r = QA("draw");
	expect r.answer == "heads";
}
END
heads='{"reply":"{\\"answer\\":\\"heads\\",\\"sure\\":1}"'
tails='{"reply":"{\\"answer\\":\\"tails\\",\\"sure\\":1}"'
# draws N: N tails first.
draws() {
	lmd_stop
	echo "$tails,\"times\":$1}" >script
	echo "$heads}" >>script
	lmd_start
}
draws 1
ok 'four of five are 80%' status 0 tests often.mp most -j 1
ok 'and pass' line 3 'ok 1 - most'
ok 'the share is told' says 'share: 0.800'
ok 'and where it may lie' says 'interval: \[0.376, 0.964\]'
ok 'the repetition that failed is named' says 'sample: 0'
ok 'repetitions are samples' sh -c '[ "$(wc -l <log)" = 5 ]'
draws 2
ok 'three of five are not' status 5 tests often.mp most -j 1
ok 'and are told' says '3 of 5 repetitions passed, 4 are wanted'
ok 'with the claim' says 'text: "not heads but tails"'
draws 2
ok '--repeat makes it ten, of which eight are wanted' \
    status 0 tests often.mp most --repeat 10 -j 1
ok 'as they pass' says '8 of 10 repetitions passed, 8 are wanted'
draws 1
ok 'without a share all must pass' status 0 tests often.mp all -j 1
ok 'what is only checked does not count' says 'held: 3'
ok 'tests that may fail by chance are told' \
    status 0 "$MIPROC" check often.mp
ok 'by name' says \
    "often.mp:28:6: warning: may pass or fail by chance: it asks 'answer'"
ok 'once' sh -c '[ "$(grep -c MP0515 err)" = 1 ]'
ok 'unless that is not wanted' status 0 "$MIPROC" check often.mp \
    -Wno-nondeterministic-test
ok 'silent' test ! -s err
ok 'and are wrong, if wanted' status 1 "$MIPROC" check often.mp \
    -Werror=nondeterministic-test
ok '--repeat wants a number' status 2 tests often.mp --repeat 0

# ---- the report ----

{ base; cat <<'END'; } >odd.mp
test "a <b> & \"c\" # d" {
	let r = QA("x");
	expect r.answer == "<&>", "]]> \u0007 </failure>";
	check r.sure > 2.0;
}
test "fine" { check QA("x").sure < 2.0; }
END
lmd_stop
printf '%s\n' '{"reply":"{\"answer\":\"<a>\\u0001\\u009b&\\u202e\",\"sure\":1}"}' \
    >script
lmd_start
ok 'a report is written' status 5 tests odd.mp --junit r.xml
ok 'of this test' grep -q \
    '<testcase name="a &lt;b&gt; &amp; &quot;c&quot; # d"' r.xml
ok 'with its line' grep -q 'file="odd.mp" line="18"' r.xml
ok 'sums' grep -q '<testsuites name="odd.mp" tests="2" failures="1" errors="0"' \
    r.xml
ok 'a failure' grep -q '<failure message="line 20: expect r.answer == ' r.xml
ok 'nothing in it ends it' grep -q '; &quot;\]\]&gt; \\u0007 &lt;/failure&gt;' \
    r.xml
ok 'no character that XML cannot hold' sh -c \
    '! LC_ALL=C grep -q "[[:cntrl:]]" r.xml'
ok 'nor one that a terminal acts on' sh -c \
    'grep -q "\\\\u009b" out && grep -q "\\\\u202e" out'
ok 'a name is no directive' line 3 'not ok 1 - a <b> & "c" \# d'
if command -v python3 >/dev/null; then
	ok 'an XML parser reads it' python3 -c '
import xml.dom.minidom
xml.dom.minidom.parse("r.xml")'
fi
ok 'a report that cannot be written gives 2' \
    status 2 tests odd.mp --junit /nowhere/r.xml
ok 'before anything is asked' test ! -e cache/cache.db
ok 'usage is written' status 5 tests odd.mp --usage-file u.json
ok 'by leaf' grep -q '"leaves":\[{"leaf":"answer","calls":2,' u.json
ok 'with a total' grep -q '"total":{"calls":2,' u.json
ok 'or not' status 2 tests odd.mp --usage-file /nowhere/u.json
ok 'before anything is asked' test ! -e cache/cache.db

# ---- the world ----

{ base; cat <<'END'; } >world.mp
test "one" { expect QA("first").answer == "1"; }
test "two" { expect QA("second").answer == "1"; }
test "none" { check true; }
END
lmd_stop
cat >script <<'END'
{"match_user":"first","status":500,"times":1}
{"reply":"{\"answer\":\"1\",\"sure\":1}"}
END
lmd_start
ok 'a failure of the world is tried again' status 0 tests world.mp -j 1
ok 'and forgotten' line 3 'ok 1 - one'
lmd_stop
cat >script <<'END'
{"match_user":"first","status":500}
{"reply":"{\"answer\":\"1\",\"sure\":1}"}
END
lmd_start
ok 'a second one gives 3' status 3 tests world.mp --junit r.xml
ok 'that test is not run' says 'message: "not run: answer: .*500'
ok 'the others are' line 9 'ok 2 - two'
ok 'it is no failure' says '^# 2 passed, 0 failed, 1 not decided'
ok 'but an error' grep -q '<error message=.* type="infrastructure">' r.xml
ok 'a test that failed counts more' sh -c \
    'sed "s/second.).answer == \"1\"/second\").answer == \"2\"/" world.mp >w2.mp'
ok 'than what was not run' status 5 tests w2.mp
ok 'a spent budget gives 4' status 4 tests often.mp all --max-calls 2 -j 1
ok 'and is told' says 'budget'
ok 'what is not cached gives 7 under --offline' \
    status 7 tests world.mp --offline
ok 'a server that is not there gives 3' \
    status 3 tests world.mp --base-url http://127.0.0.1:9/v1
ok 'the test that asks nothing passes' says '^ok 3 - none'
ok 'a model in the place of another' status 3 tests world.mp \
    --model local=openai:other
ok 'is asked' grep -q '"model":"other"' log
ok 'one that is not there is told' status 2 tests world.mp \
    --model loca=openai:other
lmd_stop
echo '{"delay_ms":20000,"reply":"late"}' >script
lmd_start
interrupt() {
	rm -rf cache
	"$MIPROC" test world.mp -j 1 >out 2>err &
	pid=$!
	await 20 test -s log
	kill -INT $pid
	wait $pid
}
: >log
interrupt
got=$?
ok 'an interrupt ends it' test "$got" = 130
ok 'with the plan kept' sh -c '[ "$(grep -c "ok [123] - " out)" = 3 ]'
ok 'a time limit gives 4' status 4 tests world.mp --time-limit 1s
ok 'and is told' says 'the time is over'

# ---- branches ----

{ base; cat <<'END'; } >par.mp
test "branches" (repeat = 2) {
	parallel {
		let a = QA("one");
		{
			let b = QA("two");
			check b.answer == "one", "b";
		}
		{
			let c = QA("three");
			check c.answer == "three", "c";
		}
	}
	expect a.answer == "one";
}
test "a branch fails" {
	try {
		parallel {
			let a = QA("one");
			expect QA("two").answer == "one", "in a branch";
		}
	} else {
		return;
	}
}
END
lmd_stop
cat >script <<'END'
{"match_user":"two","reply":"{\"answer\":\"two\",\"sure\":1}"}
{"match_user":"three","reply":"{\"answer\":\"three\",\"sure\":1}"}
{"reply":"{\"answer\":\"one\",\"sure\":1}"}
END
lmd_start
ok 'a test with branches' status 5 tests par.mp -v
ok 'passes' line 3 'ok 1 - branches'
ok 'what branches claim is counted' sh -c 'sed -n "/^ok 1/,/^not/p" out >part
    [ "$(grep -c "of: 2" part)" = 3 ] && [ "$(grep -c "held: 2" part)" = 2 ]'
ok 'and told' says 'text: "b"'
ok 'what one expects fails the test' says 'message: "line 36: expect QA('
ok 'past any try' says 'text: "in a branch"'

# ---- tuned values, other programs, modules alone ----

lmd_stop
cat >script <<'END'
{"match_system":"Answer with care","reply":"{\"answer\":\"1\",\"sure\":1}"}
{"match_system":"Give a title","reply":"T"}
{"reply":"{\"answer\":\"0\",\"sure\":1}"}
END
lmd_start
ok 'as written' status 5 tests world.mp one
hash=$("$MIPROC" --emit=ir world.mp --program QA |
    awk '/^prompt answer/ { on = 1 } on && $1 == "hash" { print $2; exit }')
cat >world.tuned <<END
{"format": 1, "leaves": {"answer": {"hash": $hash, "in": [], "out": []}},
"program": {"hash": "x", "name": "QA"},
"slots": {"answer.instruction": ["Answer with care."]}}
END
ok 'with the tuned values' status 0 tests world.mp one
ok '-O0 leaves them out' status 5 tests world.mp one -O0
{ titled | sed '/^program/,/^}/d'; cat <<'END'; } >mods.mp
test "a module alone" {
	parallel {
		let a = title("x");
		let b = title("y");
	}
	expect a.title == b.title;
}
END
ok 'modules are tested without a program' status 0 tests mods.mp
{ echo 'import "none.mp" as n;'
echo 'test "of an import" { expect n.QA("x").answer == "0"; }'; } >imp.mp
ok 'programs of imports, too' status 0 tests imp.mp
{ cat imp.mp; echo 'import "world.mp" as w;'; } >imp2.mp
ok 'tests of imports are left alone' status 0 tests imp2.mp
ok 'one' line 2 1..1
mkdir sub
cat >sub/count <<'END'
#!/bin/sh
printf "%s\n" 3
END
chmod +x sub/count
{ cat <<'END'; } >sub/tools.mp
caps { exec("./count"); }
tool count(text: string) -> int = exec("./count");
test "a tool" {
	let n = count("a b c");
	expect n == 3;
}
END
ok 'tools are found beside the source' status 0 tests sub/tools.mp
ok '--root finds others' status 3 tests sub/tools.mp --root .
done_testing
