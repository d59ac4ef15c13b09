#!/bin/sh
# parallel with programs, blocks and loops in its branches: what is answered,
# what is asked for it, and when.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
. "${SRCDIR:-.}/tests/e2e/programs.sh"
cd "$tmp" || exit 1

temperature=0.0
declarations() {
	cat <<END
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = $temperature; max_tokens = 64; price = free;
	retry { attempts = 1; }
}
signature Talk = (text: string) -> (answer: string) "Talk about it.";
signature Count = (text: string) -> (n: int) "Count the things.";
module talk = predict(Talk) { model = local; reask = 0; }
module count = predict(Count) { model = local; reask = 0; }
program Twice(text: string) -> (answer: string) {
	return { answer = talk(talk(text).answer).answer };
}
END
}

# ---- at once ----

cat >script <<'END'
{"match_system":"Count","match_user":"slow","delay_ms":1000,"reply":"7"}
{"match_system":"Count","reply":"2"}
{"match_user":"slow","delay_ms":1000,"reply":"slow"}
{"reply":"word"}
END
cat >all.mp <<'END'
program P(text: string, xs: string[] @len(0, 3)) -> (answer: string, n: int) {
	let s = "";
	let s2 = "";
	let n = 1;
	let seen: string[] = [];
	let c = count("fast");
	parallel {
		let a = Twice(text);
		for x in xs { seen += [talk(x + text).answer + str(c.n)]; }
		if len(xs) > 1 { n += count(text).n + count(text).n; }
		{ let k = talk(text); s = talk(k.answer).answer; }
		let d: int = count(str(count(text).n) + text).n;
		try { let t = talk(text); fail t.answer; } else { s2 = "caught"; }
		let size = len(text);
	}
	n += d;
	return { answer = join(",", [s, a.answer, s2] + seen), n = n + size };
}
END
program 'everything at once' <all.mp
fresh
ok 'each branch has its answer' answers \
    '{"answer":"slow,slow,caught,slow2,slow2","n":26}' --text slow \
    --xs '["a","b"]'
ok 'with the others' together 5
ok 'and all calls' asked 11
ok 'again' answers '{"answer":"slow,slow,caught,slow2,slow2","n":26}' \
    --text slow --xs '["a","b"]'
ok 'from the cache' asked 11
fresh
ok 'fast ones' status 0 ./p --text fast --xs '["a","b"]'
# Each pass changes when something is asked, not what; without sharing, a
# call is a sample of its own.
for pass in fold:11 dead:11 par:11 share:12; do
	calls=${pass#*:} pass=${pass%:*}
	program "without pass $pass, all" -X $pass <all.mp
	ok 'has the same answer' answers \
	    '{"answer":"word,word,caught,word2,word2","n":11}' \
	    --text fast --xs '["a","b"]'
	ok 'by the same requests' asked "$calls"
done

# ---- lists made by calls ----

cat >script <<'END'
{"match_system":"Count","match_user":"slow","delay_ms":700,"reply":"7"}
{"match_system":"Count","match_user":"long","reply":"4"}
{"match_system":"Count","match_user":"odd","reply":"none"}
{"match_system":"Count","reply":"1"}
{"match_user":"slow","delay_ms":700,"reply":"slow"}
{"match_user":"ax","reply":"A"}
{"match_user":"bx","reply":"B"}
{"match_user":"cx","reply":"C"}
{"reply":"word"}
END
cat >lists.mp <<'END'
program P(xs: string[], n: int) -> (answer: string) {
	let one = [talk(x).answer for x in xs limit 3];
	let two = [x + talk(x + "!").answer for x in xs limit 4 if x != "bx"];
	let some = [x for x in xs limit 4 if count(x).n > n];
	let twice = [Twice(x).answer for x in xs limit 2];
	let deep = [join("", [talk(x + y).answer for y in xs limit 2])
	    for x in xs limit 2];
	let may = [x == "ax" ? "-" : talk(x).answer for x in xs limit 2];
	return { answer = join(",", one) + "|" + join(",", two) + "|" +
	    join(",", some) + "|" + join(",", twice) + "|" +
	    join(",", deep) + "|" + join(",", may) };
}
END
program 'lists' <lists.mp
fresh
ok 'in the order of the items' answers \
    'A,B,C|axA,cxC,longword|long|word,word|AA,AB|-,B' \
    --xs '["ax","bx","cx","long"]' --n 1
ok 'a call for each, and for each condition' asked 19
ok 'an empty one' answers '|||||' --xs '[]' --n 1
ok 'asks nothing' asked 19
ok 'a failure is one' status 8 ./p --xs '["odd"]' --n 1
ok 'of its leaf' says 'count: '
fresh
ok 'slow ones' status 0 ./p --xs '["slow","slow","slow","slow"]' --n 9
ok 'are asked at once' together 4
ok 'each afresh' asked 21
fresh
ok 'mixed ones' status 0 ./p --xs '["ax","bx","cx","long"]' --n 1
for pass in fold share dead par; do
	program "without pass $pass, lists" -X $pass <lists.mp
	ok 'are the same' answers \
	    'A,B,C|axA,cxC,longword|long|word,word|AA,AB|-,B' \
	    --xs '["ax","bx","cx","long"]' --n 1
	ok 'by the same requests' asked 19
done

cat >post <<'END'
#!/bin/sh
cat >>posted
echo done
END
chmod +x post
cat >look <<'END'
#!/bin/sh
cat >/dev/null
echo begins >>looks
sleep 1
echo ends >>looks
echo true
END
chmod +x look
program 'a list of effects' <<'END'
caps { exec("./post"); exec("./look"); }
tool post(text: string) -> string @effect = exec("./post") { input = text; output = text; }
tool look(text: string) -> bool = exec("./look");
program P(xs: string[]) -> (answer: string, seen: bool[]) {
	let seen = [look(x) for x in xs];
	let told = [post(talk(x).answer) for x in xs limit 3 if count(x).n > 0];
	return { answer = join(",", told), seen = seen };
}
END
fresh
ok 'calls tools' answers \
    '{"answer":"done,done,done","seen":[true,true,true]}' \
    --xs '["cx","bx","ax"]'
ok 'at once' sh -c '[ "$(head -n 3 looks)" = "$(yes begins | head -n 3)" ]'
ok 'but for effects, which come one after the other' \
    sh -c '[ "$(cat posted)" = CBA ]'

# ---- programs that do not need each other ----

cat >script <<'END'
{"match_user":"slow","delay_ms":700,"reply":"slow"}
{"replies":["a","b","c","d","e","f","g","h"]}
END
temperature=0.7
cat >programs.mp <<'END'
program P(text: string) -> (answer: string) {
	let a = Twice(text);
	let b = Twice(a.answer + "!");
	let c = Twice(text);
	let d = talk(text);
	return { answer = a.answer + b.answer + c.answer + d.answer };
}
END
program 'programs' <programs.mp
fresh
ok 'they are run' status 0 ./p --text slow
ok 'at once where they can' together 3
ok 'with samples of their own' asked 7
fresh
ok 'they are run again' status 0 ./p --text x
first=$(cat out)
program 'programs, one after the other,' -X par <programs.mp
ok 'are the same' answers "$first" --text x
ok 'by the same requests' asked 7
temperature=0.0

# ---- samples ----

cat >script <<'END'
{"match_system":"Talk","replies":["a","b","c","d","e","f","g","h"]}
END
temperature=0.7
program 'the same request in branches' <<'END'
program P(text: string) -> (answer: string) {
	let s = "";
	let t = "";
	parallel {
		{ s = talk(text).answer; s += talk(text).answer; }
		{ t = talk(text).answer; t += talk(text).answer; }
		let u = talk(text);
	}
	let v = talk(text);
	return { answer = s + t + u.answer + v.answer };
}
END
fresh
ok 'it runs' status 0 ./p --text x
ok 'each is a sample' asked 6
first=$(cat out)
ok 'and all are different' sh -c \
    "[ \$(printf %s '$first' | fold -w1 | sort -u | wc -l) -eq 6 ]"
ok 'a repetition has the same ones' answers "$first" --text x
ok 'without a call' asked 6
temperature=0.0

# ---- failures ----

cat >script <<'END'
{"match_user":"down","status":400,"error":"no"}
{"match_user":"late","delay_ms":700,"reply":"late"}
{"reply":"word"}
END
program 'failing' <<'END'
program P(text: string, n: int) -> (answer: string) {
	let s = "";
	let s2 = "";
	let t = "before";
	try {
		t = "within";
		parallel {
			{ s = talk(text).answer; s = talk(s).answer;
			  s = talk(s + "!").answer; require n < 3, "n is large"; }
			{ require n < 2, "n is two"; s2 = talk(text).answer; }
			for i in 1 .. 3 { t = talk(text + str(i)).answer; }
		}
	} else { t += "!"; }
	if n > 4 {
		parallel {
			{ require n < 6, "six"; t = talk(text).answer; }
			{ s = talk("late").answer; fail "second: " + s; }
		}
	}
	return { answer = t + (s2 == "late" ? "?" : "") };
}
END
fresh
ok 'nothing fails' answers word --text x --n 1
ok 'seven calls' asked 7
ok 'the second branch does' answers 'before!' --text y --n 2
ok 'the world is not caught' status 3 ./p --text down --n 1
ok 'the second waits for the first' status 8 ./p --text z --n 5
ok 'which did not fail' says 'second: late'
ok 'the first is the failure' status 8 ./p --text z --n 6
ok 'though it came first, too' says 'six'

# What is behind a failure asks no more.
cat >script <<'END'
{"match_user":"long","delay_ms":400,"reply":"long"}
{"reply":"word"}
END
program 'one that fails early' <<'END'
program P(text: string) -> (answer: string) {
	let s = "";
	parallel {
		{ let a = talk(text); fail a.answer; }
		for i in 1 .. 5 { s = talk("long" + s).answer; }
	}
	return { answer = s };
}
END
fresh
ok 'it fails' status 8 ./p --text x
ok 'soon' asked 2

# ---- what the worker records ----

cat >script <<'END'
{"match_user":"a","delay_ms":200,"reply":"after a"}
{"reply":"word"}
END
{ declarations; cat; } >w.mp <<'END'
program P(text: string) -> (answer: string) {
	let s = "";
	parallel {
		{ s = talk(text + "a").answer; s = talk(s).answer; }
		let b = count(text + "b");
		let c = Twice(text + "c");
	}
	return { answer = s + c.answer };
}
metric m(gold, pred) {
	let s = "";
	let s2 = "";
	parallel { s = Twice(pred.text).answer; { s2 = Twice(Twice(gold.answer).answer).answer; } }
	return exact(s, s2);
}
data d = jsonl("d.jsonl");
optimize P { using = bootstrap; train = d; dev = d; metric = m; }
END
echo '{"text":"x","answer":"y"}' >d.jsonl
fresh
ok 'a metric with branches' status 0 "$MIPROC" eval w.mp -O0 --no-cache
ok 'scores' says 'as written  *1\.000 '
done_testing
