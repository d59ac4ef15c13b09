#!/bin/sh
# Modules that are made of calls of others: what they answer, and what they ask
# for it.
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
	temperature = 0.7; max_tokens = 64; price = free;
	retry { attempts = 1; }
}
signature Talk = (text: string) -> (answer: string) "Talk about it.";
signature Short = (text: string) -> (answer: string) "Say it shortly.";
module talk = predict(Talk) { model = local; reask = 0; }
module short = predict(Short) { model = local; reask = 0; }
END
}

# ---- majority ----

cat >script <<'END'
{"match_user":"split","replies":["a","b","a","c","a"]}
{"match_user":"cut","finish":"length","reply":"x"}
{"match_user":"half","replies":["x"],"finish":"length","times":2}
{"match_user":"half","reply":"fine"}
{"match_user":"gone","status":500,"error":"gone"}
{"reply":"same"}
END
program 'majority' <<'END'
module vote = majority(talk, n = 5);
program P(text: string) -> (answer: string) {
	return { answer = vote(text).answer };
}
END
fresh
ok 'a first wave that decides' answers same --text hi
ok 'saves the second' asked 3
ok 'again from the cache' answers same --text hi
ok 'without a call' asked 3
ok 'else both are asked' answers a --text split
ok 'and no more' asked 8
ok 'failures do not vote' answers fine --text half
fresh
ok 'if all fail' status 8 ./p --text cut
ok 'so does the module' says 'was cut off'
ok 'after all of them' asked 5
ok 'a failure of the world is none of theirs' status 3 ./p --text gone
ok 'the plan knows the waves' status 0 "$MIPROC" --emit=plan p.mp
ok 'by their number' says 'program P: 3 to 5 model calls'
ok 'a number that is not odd' sed -i 's/n = 5/n = 2/' p.mp
ok 'compiles' status 0 "$MIPROC" -O0 p.mp -o p
fresh
ok 'is asked in one wave' answers same --text hi
ok 'if half could not decide' asked 2

# ---- best_of ----

cat >script <<'END'
{"match_user":"text: grow","replies":["a","bbb","cc","dd"]}
{"match_user":"text: fails","replies":["bad","aa","b","bad"]}
{"match_user":"text: none","reply":"bad"}
{"match":"Say it shortly","reply":"short"}
{"reply":"x"}
END
program 'best_of' <<'END'
metric longest(gold, pred) {
	if pred.answer == "bad" {
		fail "a bad answer";
	}
	return len(pred.answer) + 0.0, "longer";
}
module best = best_of(talk, n = 4, by = longest);
module first = best_of(talk, n = 4, by = longest, stop_at = 2.0);
program P(text: string, all: int) -> (answer: string) {
	if all > 0 {
		return { answer = best(text).answer };
	}
	return { answer = first(text).answer };
}
END
fresh
ok 'the best' answers bbb --text grow --all 1
ok 'of all' asked 4
fresh
ok 'the first that is good enough' answers bbb --text grow --all 0
ok 'stops' asked 2
ok 'what cannot be judged is not chosen' answers aa --text fails --all 1
fresh
ok 'if none can be judged' status 8 ./p --text none --all 0
ok 'that is the failure' says 'a bad answer'
ok 'after all of them' asked 4

# ---- ensemble, fallback, nesting ----

cat >script <<'END'
{"match":["Talk about","text: one"],"finish":"length","reply":"x"}
{"match":["Say it shortly","text: one"],"reply":"short"}
{"match":["Talk about","text: most"],"replies":["p","q","r","q"]}
{"match":["Say it shortly","text: most"],"reply":"q"}
{"match":"text: both","finish":"length","reply":"x"}
{"reply":"x"}
END
program 'the others' <<'END'
module vote = majority(talk, n = 3);
module jury = ensemble(talk, short, vote);
module safe = fallback(vote, short);
module deep = majority(safe, n = 3, by = answer);
program P(text: string, way: int) -> (answer: string) {
	switch way {
	case 1 { return { answer = jury(text).answer }; }
	case 2 { return { answer = safe(text).answer }; }
	default {
		let v = [deep(text = t).answer for t in [text, text]];
		return { answer = join("+", v) };
	}
	}
}
END
fresh
ok 'members that fail do not vote' answers short --text one --way 1
ok 'fallback takes the next' answers short --text one --way 2
ok 'if all fail' status 8 ./p --text both --way 2
ok 'by the last failure' says 'was cut off'
fresh
ok 'they nest, and are asked in lists' answers x+x --text hi --way 3
ok 'with two waves each' asked 8

# ---- refine ----

cat >script <<'END'
{"match":"slow","replies":["a","bbb","cc","dddd"]}
{"match":"half","reply":"b","times":1}
{"match":"half","finish":"length","reply":"x"}
{"match":"none","finish":"length","reply":"x"}
{"reply":"fine"}
END
program 'refine' <<'END'
metric long(gold, pred) {
	if len(pred.answer) > 2 { return len(pred.answer) + 0.0; }
	return len(pred.answer) + 0.0, "longer than " + pred.answer;
}
module safe = fallback(talk, short);
module best = refine(talk, by = long, rounds = 3, stop_at = 4.0);
module again = refine(safe, by = long, rounds = 3, stop_at = 4.0);
program P(text: string, way: int) -> (answer: string) {
	if way == 1 { return { answer = best(text).answer }; }
	return { answer = again(text).answer };
}
END
fresh
ok 'what is good enough' answers fine --text hi --way 1
ok 'is asked once' asked 1
ok 'else the best of all rounds' answers bbb --text slow --way 1
ok 'and no more' asked 4
ok 'the advice is shown' grep -q 'longer than a' log
ok 'or that it scored too low' grep -q 'scores too low' log
ok 'a round that fails leaves the best' answers b --text half --way 1
ok 'if none is there' status 8 ./p --text none --way 1
ok 'the failure is that of the first' says 'was cut off'
fresh
ok 'others are asked afresh' answers bbb --text slow --way 2
ok 'as often' asked 3
ok 'without advice' sh -c '! grep -q "longer than" log'

# ---- multi_chain, react, program_of_thought ----

cat >calc <<'END'
#!/bin/sh
read -r line
case $line in
*1+2*) echo 3 ;;
good*) echo printed ;;
*) echo 'bad expression' >&2; exit 1 ;;
esac
END
chmod +x calc
echo '{"title":"cat","text":"Cats sleep."}' >wiki.jsonl
cat >script <<'END'
{"match":["Work in steps","text: sums"],"replies":["{\"thought\":\"t\",\"action\":{\"tool\":\"calc\",\"expr\":\"1+\"}}","{\"thought\":\"t\",\"action\":{\"tool\":\"calc\",\"expr\":\"1+2\"}}","{\"thought\":\"t\",\"action\":{\"tool\":\"finish\",\"answer\":\"three\"}}"]}
{"match":"Work in steps","reply":"{\"thought\":\"t\",\"action\":{\"tool\":\"wiki\",\"query\":\"cats\"}}"}
{"match":"Steps have been taken","reply":"{\"reasoning\":\"r\",\"answer\":\"tired\"}"}
{"match":["Write a program","text: bad"],"reply":"{\"reasoning\":\"r\",\"code\":\"bad\"}"}
{"match":"Write a program","replies":["{\"reasoning\":\"r\",\"code\":\"bad\"}","{\"reasoning\":\"r\",\"code\":\"good\"}"]}
{"match":"A program was written","reply":"{\"reasoning\":\"r\",\"answer\":\"ran\"}"}
{"match":"Attempts are given","reply":"{\"reasoning\":\"r\",\"answer\":\"compared\"}"}
{"match_user":"text: cut","finish":"length","reply":"x"}
{"match_user":"text: one","finish":"length","reply":"x","times":1}
{"reply":"fine"}
END
program 'agents' <<'END'
caps { exec("./calc"); }
struct Page { title: string; text: string; }
retriever wiki: Page = bm25("wiki.jsonl");
tool calc(expr: string) -> int "the value of a sum" = exec("./calc");
tool sh(code: string) -> string = exec("./calc") {
	input = text; output = text;
}
module chain = multi_chain(talk, n = 3) { model = local; }
module agent = react(Talk, tools = [calc, wiki], max_turns = 3) {
	model = local;
}
module coder = program_of_thought(Talk, run = sh, rounds = 2) {
	model = local;
}
program P(text: string, way: int) -> (answer: string) {
	switch way {
	case 1 { return { answer = chain(text).answer }; }
	case 2 { return { answer = agent(text).answer }; }
	default { return { answer = coder(text).answer }; }
	}
}
END
fresh
ok 'chains are compared' answers compared --text hi --way 1
ok 'by one call more' asked 4
ok 'which sees them' grep -q 'attempts:.*fine.*fine.*fine' log
fresh
ok 'one that fails is left out' answers compared --text one --way 1
ok 'of the comparison' sh -c '! grep -q "fine.*fine.*fine" log'
ok 'if all fail' status 8 ./p --text cut --way 1
ok 'there is none' says 'was cut off'
fresh
ok 'an agent goes on from failures of tools' answers three --text sums --way 2
ok 'in as many turns' asked 3
ok 'it is told what tools are for' grep -q 'calc: the value of a sum' log
ok 'how they failed' grep -q 'observation.*bad expression' log
ok 'and what they gave' grep -q 'observation[^}]*: ..3' log
ok 'as untrusted text' grep -q '<<data' log
fresh
ok 'after the last turn it answers' answers tired --text cats --way 2
ok 'by one call more' asked 4
ok 'from what it found' grep -q 'Steps have been taken.*Cats sleep' log
fresh
ok 'code that fails is written again' answers ran --text hi --way 3
ok 'with the failure shown' grep -q 'attempts:.*bad expression' log
ok 'and its output read' grep -q 'printed:.*printed' log
ok 'not for ever' status 8 ./p --text bad --way 3
ok 'then its failure is the failure' says 'bad expression'
ok 'leaves have addresses' status 0 "$MIPROC" -O0 -Werror -Wno-unused-module \
    -D agent.answer.format=xml -D agent.temperature=0.2 p.mp -o p
ok 'of their own' sh -c 'cat p.mp >q.mp; cat >>q.mp <<END
data d = jsonl("d.jsonl") { split = [0.5, 0.5]; }
metric right(gold, pred) = exact(gold.answer, pred.answer);
optimize P { using = random; train = d.train; dev = d.dev; metric = right;
	freeze = [agent.instruction, agent.answer.format, coder.answer]; }
END
'"$MIPROC"' -fsyntax-only q.mp'

# ---- tuning ----

rows 60 >rows.jsonl
skill >script
classifier 'random { candidates = 3; trials = 4; }' |
    sed -e 's/^module classify.*/&\
module vote = majority(classify, n = VOTES);/' \
    -e 's/return { label = classify/return { label = vote/' \
    -e 's/temperature = 0.0;/temperature = 0.5;/' \
    -e '1i\
param VOTES: int = 3 tune [1, 3];' >p.mp
fresh
ok 'the leaf inside is tuned' status 0 "$MIPROC" -q tune p.mp
ok 'under its name' grep -q 'classify\.' p.tuned
ok 'and the build takes it' status 0 "$MIPROC" --locked p.mp -o p

lmd_stop
done_testing
