#!/bin/sh
# What leaves took: --usage and --usage-file of programs.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

cat >two.mp <<'END'
model small = "openai:fake" {
	base_url = env("LMD_URL"); temperature = 0.0; max_tokens = 64;
	price { in = 1.0; cached = 0.5; out = 10.0; }
}
signature Count = (text: string) -> (n: int) "Count the words.";
signature Name = (text: string) -> (name: string) "Give it a name.";
module count = predict(Count) { model = small; reask = 1; }
module name = predict(Name) { model = small; }
program Two(text: string) -> (n: int, name: string) {
	let a = count(text);
	let b = name(text);
	return { n = a.n, name = b.name };
}
END
cat >script <<'END'
{"match_system":"Count","match_user":"once","times":1,"reply":"many"}
{"match_system":"Count","reply":"{\"n\":2}","usage":{"prompt_tokens":1000,"completion_tokens":100,"cached":400}}
{"match_user":"broken","status":400,"error":"no"}
{"reply":"it","usage":{"prompt_tokens":50,"completion_tokens":5}}
END
lmd_start
ok 'it compiles' status 0 "$MIPROC" two.mp -O0 -o two
ok 'a run tells what it took' status 0 ./two --text once --usage
ok 'on standard error, in columns' grep -q \
    '^leaf *calls *cached *re-asked *failed *tokens in *cached *out *usd' err
ok 'a leaf that was asked again' grep -Eq \
    '^count +2 +0 +1 +0 +[0-9]+ +400 +[0-9]+ +0\.[0-9]+ +0\.[0-9]+ +[0-9.]+ +[0-9.]+$' \
    err
ok 'another' grep -Eq '^name +1 +0 +0 +0 +50 +0 +5 +0\.000100 ' err
ok 'and their sum' grep -Eq '^total +3 +0 +1 +0 ' err
ok 'the output is as ever' grep -qx '{"n":2,"name":"it"}' out
ok 'a batch' sh -c 'printf "{\"text\":\"%s\"}\n" once more broken broken |
    ./two --jsonl --usage-file u.json >out 2>err; [ $? -eq 3 ]'
ok 'tells it as JSON' python3 -c '
import json
u = json.load(open("u.json"))
by = {l["leaf"]: l for l in u["leaves"]}
c, n, t = by["count"], by["name"], u["total"]
assert c["calls"] == 5 and c["cached"] >= 2 and c["reasked"] == 1, c
assert n["calls"] == 2 and n["cached"] == 1 and n["failed"] == 2, n
assert n["tokens_in"] == 100 and n["tokens_out"] == 10, n
assert abs(n["usd"] - 1e-4) < 1e-9, n
assert abs(n["nominal_usd"] - 2e-4) < 1e-9, n
assert n["latency_s"] > 0 and n["latency_p95_s"] > 0, n
assert c["tokens_in_cached"] >= 400, c
assert t["calls"] == 7 and t["failed"] == 2, t
assert abs(t["usd"] - c["usd"] - n["usd"]) < 1e-9, t
'
ok 'a file that cannot be written' status 2 ./two --text once \
    --usage-file no/u.json
ok 'is told' says 'no/u.json: No such file'
ok 'a worker tells of each run itself' status 2 ./two --worker --usage
ok 'and says so' says 'each answer says'

lmd_stop
done_testing
