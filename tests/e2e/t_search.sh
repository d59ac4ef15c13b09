#!/bin/sh
# Retrievers and vectors: from the source to what programs find.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
mkdir "$tmp/p" "$tmp/p/lib" "$tmp/p/lib/data" "$tmp/elsewhere"
src=$(cd "${SRCDIR:-.}" && pwd)
cd "$tmp" || exit 1

# asked N COMMAND...: it makes so many requests.
asked() {
	before=$(requests)
	want_asked=$1
	shift
	"$@" || return
	[ $(($(requests) - before)) -eq "$want_asked" ] || {
		echo "$(($(requests) - before)) requests, not $want_asked"
		return 1
	}
}

cat >p/wiki.jsonl <<'END'
{"id": 1, "title": "Paris", "text": "The capital of France, on the Seine."}
{"id": 2, "title": "Rome", "text": "The capital of Italy, on the Tiber."}
{"id": 3, "title": "Seine", "text": "A river that flows through Paris."}
{"id": 4, "title": "Tiber", "text": "A river that flows through Rome.", "year": 1200}
{"id": 5, "title": "Kraków", "text": "A city on the Vistula."}
END
cat >p/lib/data/notes.json <<'END'
[{"note": "cats and dogs live in houses", "by": "ann"},
 {"note": "rivers flow to the sea", "by": "bob"},
 {"note": "kings and queens live in castles", "by": "cid"}]
END
cat >p/lib/notes.mp <<'END'
model emb = "openai:vec" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	price { in = 10.0; out = 0.0; } retry { attempts = 1; }
}
struct Note { note: string; by: string; fit: float; }
retriever notes: Note = embed("data/notes.json") {
	model = emb; text = "note"; score = "fit"; k = 1;
}
END
cat >p/search.mp <<'END'
import "lib/notes.mp" as lib;
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free; retry { attempts = 1; }
}
struct Passage { id: int; title: string; text: string; year: int?; }
struct Hit { title: string; rank: int = 7; }
retriever wiki: Passage = bm25("wiki.jsonl") {
	text = ["title", "text"]; id = "id"; k = 2; stem = porter;
}
retriever plain = bm25("wiki.jsonl");
retriever web: Hit = http(env("SEARCH_URL")) {
	results = "data.hits"; k = 3; key_header = "X-Key";
	api_key = env("SEARCH_KEY"); retry { attempts = 1; } limit { running = 2; }
}
signature Answer = (question: string, notes: string[]) -> (answer: string)
	"Answer from the notes.";
module answer = predict(Answer) { model = local; reask = 0; }

program Ask(question: string) -> (answer: string, found: string[]) {
	let a = wiki.search(question);
	let b = plain.search(question, k = 1);
	let c = answer(question, notes = [p.text for p in a] + b);

	return { answer = c.answer, found = [p.title for p in a] };
}
program Near(text: string) -> (by: string, good: bool, like: float) {
	let n = lib.notes.search(text)[0];

	return { by = n.by, good = n.fit > 0.1,
		like = round(cosine(embed(lib.emb, text), embed(lib.emb, text)), 6) };
}
program Web(query: string, k: int = 2) -> (hits: Hit[]) {
	return { hits = web.search(query, k = k) };
}
program Words(query: string, k: int) -> (ids: int[]) {
	return { ids = [p.id for p in wiki.search(query, k = k)] };
}
program Each(queries: string[] @len(0, 4)) -> (titles: string[][], near: string[]) {
	return {
		titles = [[p.title for p in wiki.search(q, k = 1)] for q in queries],
		near = [lib.notes.search(q)[0].by for q in queries],
	};
}
END
cat >script <<'END'
{"path":"/find","match":"none","json":{"data":{"hits":[]}}}
{"path":"/find","match":"odd","json":{"data":{"hits":[{"title":"A"},{"rank":1}]}}}
{"path":"/find","match":"text","reply":"no JSON"}
{"path":"/find","json":{"data":{"hits":[{"title":"A","rank":1},{"title":"B"},{"title":"C"}]}}}
{"match_user":"Seine","reply":"France"}
{"match_user":"nothing","reply":"unknown"}
END
lmd_start
SEARCH_URL=${LMD_URL%/v1}/find
export SEARCH_URL

# ---- files of rows ----

build() {
	"$MIPROC" -O0 -Werror p/search.mp --program "$1" -o "$2"
}
ok 'a program with retrievers compiles' status 0 build Ask ask
ok 'run finds: paths are those of the source' gives \
    '{"answer":"France","found":["Paris","Rome"]}' \
    "$MIPROC" run p/search.mp --program Ask -- --question 'capital of France'
ok 'passages reach the prompt' says 'France'
ok 'an index is kept for each way to search' \
    test "$(ls cache/index/*.idx | wc -l)" -eq 2
ok 'the binary looks in the root' gives \
    '{"answer":"France","found":["Paris","Rome"]}' \
    ./ask --root p --question 'capital of France'
cd elsewhere || exit 1
ok 'or in the working directory' status 2 ../ask --question 'capital'
ok 'and says what it misses' says \
    'the retriever wiki: cannot read wiki.jsonl: No such file'
cd ..
ok 'nothing found' gives '{"answer":"unknown","found":[]}' \
    ./ask --root p --question 'nothing'
ok 'another program' status 0 build Words words
ok 'stems and accents' gives '{"ids":[5]}' \
    ./words --root p --query 'KRAKOW; cities"* OR (' --k 9
ok 'ties are in the order of the file' gives '{"ids":[3,4]}' \
    ./words --root p --query 'rivers' --k 9
ok 'k is obeyed' gives '{"ids":[3]}' ./words --root p --query 'river' --k 1
ok 'none is none' gives '{"ids":[]}' ./words --root p --query 'river' --k 0
ok 'without a cache' gives '{"ids":[3]}' \
    ./words --root p --query 'river' --k 1 --no-cache
ok 'a cache that cannot be' gives '{"ids":[3]}' \
    ./words --root p --query 'river' --k 1 --cache-dir /dev/null/x
printf '{"id":6,"title":"Loire","text":"A river, a river."}\n' >>p/wiki.jsonl
ok 'a file that has changed is indexed anew' gives '{"ids":[6,3,4]}' \
    ./words --root p --query 'river' --k 9
cp p/wiki.jsonl good
printf '{"id":6,"title":"Rhine","text":"A river"}\n' >>p/wiki.jsonl
ok 'two rows of one id' status 2 ./words --root p --query 'river' --k 9
ok 'are told' says 'p/wiki.jsonl:7: the id 6 is that of line 6 as well'
cp good p/wiki.jsonl
printf '{"id":7,"title":"Rhine","text":"A river"\n' >>p/wiki.jsonl
ok 'a row that is no JSON' status 2 ./words --root p --query 'river' --k 9
ok 'is told' says 'the retriever wiki: p/wiki.jsonl:7:'
cp good p/wiki.jsonl
printf '{"id":"x","title":"Rhine","text":"A river"}\n' >>p/wiki.jsonl
ok 'a row of another type, not found' gives '{"ids":[1]}' \
    ./words --root p --query 'Seine France' --k 1
ok 'and found' status 2 ./words --root p --query 'Rhine' --k 9
ok 'is told' says 'the retriever wiki: row 7 of wiki.jsonl: id '
cp good p/wiki.jsonl
printf '{"query":"river","k":1}\n{"query":"Italy","k":1}\n' >rows
ok 'a batch' status 0 ./words --root p --jsonl -j 4 rows
ok 'has all rows' test "$(tr '\n' ' ' <out)" = '{"ids":[6]} {"ids":[2]} '

# ---- vectors ----

ok 'a program with vectors compiles' status 0 build Near near
ok 'run finds the nearest' asked 2 gives \
    '{"by":"cid","good":true,"like":1.0}' \
    "$MIPROC" run p/search.mp --program Near -- --text 'castles of queens'
ok 'in one store' test "$(ls cache/embed/*.vec | wc -l)" -eq 1
ok 'texts in one request, and the query in another' \
    sh -c 'tail -n 2 log | head -n 1 | grep -q "cats and dogs.*castles"'
ok 'again, nothing is asked' asked 0 gives \
    '{"by":"cid","good":true,"like":1.0}' \
    ./near --root p --text 'castles of queens'
ok 'offline as well' status 0 ./near --root p --text 'castles of queens' \
    --offline
ok 'a new query offline' status 7 ./near --root p --text 'the sea' --offline
sed 's/cats/lions/' p/lib/data/notes.json >x && mv x p/lib/data/notes.json
ok 'a row that changed is all that is asked for' asked 1 gives \
    '{"by":"cid","good":true,"like":1.0}' \
    ./near --root p --text 'castles of queens'
ok 'alone' sh -c 'tail -n 1 log | grep -q "lions" &&
    ! tail -n 1 log | grep -q "castles"'
ok 'a budget counts vectors' status 4 ./near --root p --text 'the open sea' \
    --no-cache --max-calls 2
ok 'money, too' status 4 ./near --root p --text 'the open sea' \
    --max-cost 0.0000001
ok '--refresh asks anew' asked 2 status 0 ./near --root p --refresh \
    --text 'castles of queens'
ok 'a trace has them' sh -c './near --root p --no-cache --trace t --text sea &&
    [ "$(grep -c "\"kind\":\"embed\",\"model\":\"lib.emb\"" t)" -eq 3 ]'
lmd_stop
ok 'no server' status 3 ./near --root p --text 'far away'
ok 'is told' says 'emb'
lmd_start
SEARCH_URL=${LMD_URL%/v1}/find

# ---- servers ----

ok 'a program with a server compiles' status 0 build Web web
export SEARCH_KEY=s3cr3t-key
ok 'run asks it' asked 1 gives \
    '{"hits":[{"title":"A","rank":1},{"title":"B","rank":7}]}' \
    "$MIPROC" run p/search.mp --program Web -- --query rivers
ok 'the request is posted' sh -c 'tail -n 1 log |
    grep -q "\"path\":\"/find\".*\"query\":\"rivers\",\"k\":2"'
ok 'and answered from the cache' asked 0 status 0 ./web --query rivers
ok 'or not' asked 1 status 0 ./web --query rivers --refresh
ok 'the query can be part of the URL' asked 1 env \
    SEARCH_URL="$SEARCH_URL?q={query}&n={k}" "$MIPROC" run p/search.mp \
    --program Web -- --query 'a & b/ü'
ok 'and is escaped' sh -c 'tail -n 1 log | grep -q "\"q\":\"a & b/ü\",\"n\":\"2\""'
ok 'none found' gives '{"hits":[]}' ./web --query none
ok 'results of another type' status 3 ./web --query odd
ok 'are told' says 'the retriever web: .*a result 2 that cannot be read: .*title'
ok 'no JSON' status 3 ./web --query text
ok 'is told' says 'no JSON'
ok 'no address' status 2 env -u SEARCH_URL ./web --query more
ok 'is told' says 'SEARCH_URL'
ok 'no key' status 2 env -u SEARCH_KEY SEARCH_URL=https://192.0.2.1/ \
    ./web --query more
ok 'is told' says 'SEARCH_KEY'
ok 'the key is in no file of ours' \
    sh -c '! grep -rqs s3cr3t cache out err ./web log'
ok 'what is not granted is not asked' asked 0 status 2 ./web --query more \
    --allow net:example.org
ok 'and is named' says \
    'the retriever web needs net:127.0.0.1:[0-9]*, which --allow does not grant'
ok 'what is granted is' status 0 ./web --query more --allow net:127.0.0.1

# ---- both, at once and many times ----

ok 'lists of searches' status 0 build Each each
ok 'have an answer for each' gives \
    '{"titles":[["Rome"],["Seine"]],"near":["cid","bob"]}' \
    ./each --root p --queries '["queens of Italy","rivers flow by Seine"]'
ok 'the plan counts vectors' sh -c '"$0" --emit=plan --program Each \
    p/search.mp | grep "0 to 4 vectors"' "$MIPROC"
ok 'data files are dependencies' status 0 "$MIPROC" -M p/search.mp \
    --program Each
ok 'of the program that reads them' sh -c '
    grep -q "p/wiki.jsonl" out && grep -q "p/lib/data/notes.json" out'
ok 'doctor looks at them' status 0 "$MIPROC" doctor p/search.mp --program Each
ok 'at a file' says '^ok    retriever lib.notes: p/lib/data/notes.json$'
ok 'and at what makes vectors' says '^ok    model lib.emb: .* makes vectors in '
mv p/wiki.jsonl gone
ok 'a file that is gone' status 2 "$MIPROC" doctor p/search.mp --program Each
mv gone p/wiki.jsonl
ok 'is told' says '^FAIL  retriever wiki: p/wiki.jsonl: No such file'
ok 'a key of a server' status 0 "$MIPROC" doctor p/search.mp --program Web
ok 'is looked at' says '^ok    key of retriever web: SEARCH_KEY is set$'
ok 'if it is not set' status 2 env -u SEARCH_KEY "$MIPROC" doctor p/search.mp \
    --program Web
ok 'it is told' says '^FAIL  key of retriever web: SEARCH_KEY is not set$'
ok '-E keeps the paths' sh -c '"$0" -E -o p/one.mp p/search.mp &&
    "$0" run p/one.mp --program Words -- --query Italy --k 1 >out &&
    cat out && grep -q "\"ids\":\[2\]" out' "$MIPROC"
ok 'stat counts indices' status 0 "$MIPROC" cache stat
ok 'and vectors' sh -c 'grep -q "^indices  *[1-9]" out &&
    grep -q "^vectors  *[1-9]" out'
ok 'clear forgets them' status 0 "$MIPROC" cache clear
ok 'all' sh -c '! ls cache/index/*.idx cache/embed/*.vec 2>/dev/null'

# ---- tuning and scoring ----

cat >p/tune.mp <<'END'
import "lib/notes.mp" as lib;
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
}
retriever wiki = bm25("wiki.jsonl") { k = 1; }
signature Answer = (question: string, notes: string[]) -> (answer: string)
	"Answer from the notes.";
module answer = predict(Answer) { model = local; }
program Ask(question: string) -> (answer: string) {
	return { answer = answer(question, notes = wiki.search(question)).answer };
}
data d = jsonl("qa.jsonl") { split = [0.5, 0.5, 0.0]; }
metric close(gold, pred) =
	cosine(embed(lib.emb, gold.answer), embed(lib.emb, pred.answer));
retriever notes = bm25("lib/data/notes.json") { text = ["by", "note"]; }
test "searches" {
	expect wiki.search("capital of France")[0] ==
	    "The capital of France, on the Seine.", "passages";
	expect notes.search("bob") == ["bob\nrivers flow to the sea"], "a note";
	expect len(embed(lib.emb, "x")) > 10, "a vector";
}
optimize Ask {
	using = bootstrap { rounds = 1; candidates = 2; };
	train = d.train; dev = d.dev; metric = close;
}
END
for i in 1 2 3 4 5 6 7 8; do
	printf '{"question":"what flows, %d?","answer":"a river of France %d"}\n' \
	    $i $i
done >p/qa.jsonl
cat >script <<'END'
{"reply":"a river of Italy"}
END
lmd_stop
lmd_start
ok 'tests search and embed' status 0 "$MIPROC" test p/tune.mp --max-cost 1
ok 'and say so' says '^ok 1 - searches'
ok 'a metric that compares meanings' status 0 "$MIPROC" eval -O0 p/tune.mp \
    --max-cost 1
ok 'has a value between' says 'as written *0\.[3-9]'
ok 'tuning with retrievers' status 0 "$MIPROC" -O p/tune.mp -o tuned \
    --max-cost 1
ok 'gives a program' status 0 ./tuned --root p --question 'what flows, 1?'

# ---- the example: the first note says what to look for ----

cp -r "$src/examples/trail" trail
cat >script <<'END'
{"match_system":"Write a query","match_user":["Ada Brink keeps?","Cape Lorn"],"json":{"reasoning":"the cape","query":"Cape Lorn lighthouse"}}
{"match_system":"Write a query","json":{"reasoning":"none","query":"xyzzy"}}
{"match_system":"Answer the question","match_user":"built in 1871 by the engineer Piet Roel","json":{"reasoning":"r","answer":"Piet Roel"}}
{"match_system":"Answer the question","json":{"reasoning":"r","answer":"?"}}
END
lmd_stop
lmd_start
OPENAI_API_KEY=none OPENAI_BASE_URL=$LMD_URL
export OPENAI_API_KEY OPENAI_BASE_URL
ok 'the example hops' gives \
    '{"answer":"Piet Roel","notes":["Ada Brink","Cape Lorn"]}' "$MIPROC" run \
    -O0 trail/trail.mp -- --question 'Who built the lighthouse that Ada Brink keeps?'
ok 'its tests ask no model' asked 0 status 0 "$MIPROC" test trail/trail.mp \
    --max-cost 1
# A note is found for each question; the other one takes a good query.
for part in dev test; do
	ok "each $part row begins at one of its notes" status 0 "$MIPROC" eval \
	    -O0 trail/trail.mp --split $part --max-cost 1
	ok 'and finds no other without' says 'as written *0\.100'
done
ok 'all notes of its rows are there' sh -c '
	sed "s/.*\"notes\": \[\"\(.*\)\"\].*/\1/; s/\", \"/\n/g" \
	    trail/data/train.jsonl trail/data/dev.jsonl trail/data/test.jsonl |
	    sort -u >named
	sed "s/{\"title\": \"\([^\"]*\)\".*/\1/" trail/data/notes.jsonl >there
	[ "$(wc -l <named)" -gt 20 ] && ! grep -vxFf there named'
done_testing
