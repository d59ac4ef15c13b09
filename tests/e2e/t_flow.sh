#!/bin/sh
# switch, require ... retry, try and parallel: what programs answer, and what
# they ask for it.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
. "${SRCDIR:-.}/tests/e2e/programs.sh"
cd "$tmp" || exit 1

# The same declarations before each program.
declarations() {
	cat <<'END'
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
	retry { attempts = 1; }
}
enum Kind { MATH, LOOKUP, CHAT }
signature Sort = (text: string) -> (kind: Kind) "Name the kind.";
signature Talk = (text: string) -> (answer: string) "Talk about it.";
signature Count = (text: string) -> (n: int) "Count the things.";
module sort = predict(Sort) { model = local; reask = 0; }
module talk = predict(Talk) { model = local; reask = 0; }
module count = predict(Count) { model = local; reask = 0; }
END
}

# ---- switch ----

cat >script <<'END'
{"match_user":"sum","reply":"MATH"}
{"match_user":"who","reply":"LOOKUP"}
{"match_system":"kind","reply":"CHAT"}
{"reply":"hello"}
END
program 'a switch' <<'END'
program P(text: string, n: int) -> (answer: string) {
	let s = "";
	switch sort(text).kind {
	case MATH, LOOKUP { s = "tool"; }
	case CHAT { let t = talk(text); s = t.answer; }
	}
	for i in 1 .. 5 {
		switch i {
		case 1 { continue; }
		case 4 { break; }
		default { s = s + str(i); }
		}
	}
	switch text { case "who", "what" { s = s + "?"; } }
	switch n > 0 { case true { s = s + "+"; } case false { } }
	switch n {
	case 7 { return { answer = "seven" }; }
	case -7 { fail "minus seven"; }
	default { return { answer = s }; }
	}
}
END
fresh
ok 'an enum' answers 'tool23' --text 'sum' --n 0
ok 'two values of one case' answers 'tool23?+' --text who --n 1
ok 'another case' answers 'hello23+' --text hi --n 2
ok 'asks only in its case' asked 4
ok 'an int' answers 'seven' --text hi --n 7
ok 'a negative one' status 8 ./p --text hi --n -7
ok 'and its message' says 'minus seven'
sed 's/case CHAT {/default {/' p.mp >w.mp
ok 'a hidden variant is no warning' status 0 "$MIPROC" -fsyntax-only \
    -Werror -Wno-unused-module w.mp
ok 'unless it is asked for' status 1 "$MIPROC" -fsyntax-only -Wswitch \
    -Werror -Wno-unused-module w.mp
ok 'by name' says 'default stands for: CHAT'

# ---- require ... retry ----

cat >script <<'END'
{"match":["too short: ab","two words"],"reply":"long enough"}
{"match":"too short: ab","reply":"abcdef"}
{"match_system":"Count","reply":"3"}
{"match":"never","reply":"x"}
{"match_user":"topic","reply":"ab"}
{"reply":"fine answer"}
END
program 'retry' <<'END'
program P(text: string) -> (answer: string) {
	let seen = "";
	let t = talk(text);
	seen = seen + "<" + t.answer + ">";
	let c = count(text);
	require len(t.answer) > 3, "too short: " + t.answer retry 2;
	require contains(t.answer, " "), "two words" retry 1;
	return { answer = seen + t.answer + str(c.n) };
}
END
fresh
ok 'what holds is asked once' answers '<fine answer>fine answer3' --text x
ok 'with what else there is' asked 2
ok 'hints lead on' answers '<long enough>long enough3' --text topic
ok 'one call more for each' asked 6
ok 'the hint is said' grep -q 'too short: ab' log
ok 'with the earlier reply' grep -q 'assistant[^{]*[^a-z]ab[^a-z]' log
ok 'again from the cache' answers '<long enough>long enough3' --text topic
ok 'without a call' asked 6
fresh
ok 'too often fails' status 8 ./p --text never
ok 'by its hint' says 'too short: x'
ok 'after three calls' asked 3
ok 'the plan knows' status 0 "$MIPROC" --emit=plan p.mp
ok 'how often' says 'program P: 2 to 7 model calls'

cat >script <<'END'
{"match":["longer","tall"],"reply":"stop"}
{"match":["longer","wide"],"reply":"wide one"}
{"match":["longer","slim"],"reply":"next"}
{"match_user":"tall","reply":"tall"}
{"match_user":"wide","reply":"wide"}
{"match_user":"slim","reply":"slim"}
{"reply":"good one"}
END
program 'leaving a loop before a retry' <<'END'
program P(xs: string[]) -> (answer: string) {
	let s = "";
	let n = 0;
	for x in xs limit 4 {
		let t = talk(text = x);
		n += 1;
		if t.answer == "stop" { break; }
		if t.answer == "next" { continue; }
		require contains(t.answer, " "), "longer" retry 1;
		s += t.answer + ",";
	}
	return { answer = s + str(n) };
}
END
fresh
ok 'the rounds go on' answers 'wide one,good one,2' --xs '["wide","x"]'
ok 'a call is made again' asked 3
ok 'continue leaves the retry' answers 'good one,2' --xs '["slim","y"]'
ok 'and break' answers 'good one,2' --xs '["z","tall","z"]'
ok 'for good' asked 9

# ---- try ----

cat >script <<'END'
{"match_user":"down","status":400,"error":"no"}
{"match_system":"Count","match_user":"uno","reply":"2"}
{"match_system":"Count","reply":"none at all"}
{"match_user":"odd","reply":"3x"}
{"reply":"4"}
END
program 'try' <<'END'
program P(text: string) -> (answer: string, n: int) {
	let n = 1;
	let s = "";
	try {
		n = 50;
		s = "counted";
		n = count(text).n;
	} else {
		s = s + "else";
	}
	try {
		n += 100;
		n += int(talk(text).answer);
		require n < 106, "too many";
	} else {
		try { fail "within"; } else { s = s + "!"; }
	}
	return { answer = s, n = n };
}
END
fresh
ok 'what was set before a failure is as before' answers \
    '{"answer":"counted!","n":2}' --text uno
ok 'a reply that cannot be read' answers '{"answer":"else","n":105}' --text two
ok 'a failure of the program' answers '{"answer":"else!","n":1}' --text odd
ok 'the world is not caught' status 3 ./p --text down
program 'a try with return' <<'END'
program P(text: string) -> (answer: string) {
	for i in 1 .. 3 {
		try {
			let c = count(text + str(i));
			if c.n == 2 { return { answer = "one of " + str(i) }; }
			break;
		} else { continue; }
	}
	return { answer = "none" };
}
END
fresh
ok 'it returns' answers 'one of 1' --text uno
ok 'or goes on' answers 'none' --text two
ok 'round by round' asked 4

# ---- parallel ----

cat >script <<'END'
{"match_user":"bad","reply":"worse"}
{"match_user":"dos","delay_ms":1500,"reply":"2"}
{"match_user":"uno","delay_ms":1500,"reply":"1"}
{"reply":"0"}
END
program 'parallel' <<'END'
program P(text: string) -> (answer: string, n: int) {
	let s = "x";
	parallel {
		let a = count(text + "dos");
		let b = count(text + "uno");
		s = talk(s + text).answer;
		let d: int = count(text = "zero").n;
	}
	parallel { }
	return { answer = s, n = 10 * a.n + b.n + d };
}
END
fresh
ok 'each branch has its answer' answers '{"answer":"0","n":21}' --text ''
ok 'four calls' asked 4
ok 'at once' together 2
ok 'a failure is one' status 8 ./p --text bad
ok 'of the first branch' says '^.*count: '
done_testing
