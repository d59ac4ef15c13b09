#!/bin/sh
# The whole road on a real model: a local llama.cpp server that miproc starts
# and stops, structured replies, a small tuning run, the tuned binary.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
local_model
cd "$tmp" || exit 1
cat >t.mp <<END
model local = "llamacpp:$model" {
	temperature = 0.0; max_tokens = 24; context = 2048; price = free;
	limit { running = 2; } timeout = $(slow 120)s;
}
enum Topic { sports, weather, food }
signature About = (text: string) -> (topic: Topic)
	"Say what the message is about.";
module about = predict(About) { model = local; }
program Find(text: string) -> (topic: Topic) {
	return { topic = about(text).topic };
}
data d = jsonl("d.jsonl") { split = [9, 9, 9]; }
metric right(gold, pred) = exact(gold.topic, pred.topic);
optimize Find {
	using = mipro {
		trials = 2; instructions = 2; demo_sets = 3;
		max_bootstrapped = 2; max_labeled = 3;
	}
	train = d.train; dev = d.dev; test = d.test; metric = right;
	// The server holds so small a model to a schema, to layouts it does not.
	freeze = [about.format];
}
END
awk 'BEGIN {
	s = "our team won the cup|she ran the marathon|he scored a late goal|" \
	    "the coach was fired|they lost the game|the match was a draw|" \
	    "the final is on Sunday|a new record in swimming|she plays tennis"
	w = "it will rain tomorrow|the sun is out|a storm is coming|" \
	    "snow fell all night|it is very windy|the fog is thick|" \
	    "thunder woke us up|clouds over the coast|it is freezing outside"
	f = "the soup was too salty|bake it for an hour|I love fresh bread|" \
	    "add sugar and butter|we had pizza|slice the onions thin|" \
	    "the apples are ripe|a cup of coffee|the fish tasted great"
	n = split(s, a, "|"); split(w, b, "|"); split(f, c, "|")
	for (i = 1; i <= n; i++) {
		printf "{\"text\":\"%s\",\"topic\":\"sports\"}\n", a[i]
		printf "{\"text\":\"%s\",\"topic\":\"weather\"}\n", b[i]
		printf "{\"text\":\"%s\",\"topic\":\"food\"}\n", c[i]
	}
}' >d.jsonl

ok 'the model is there' test -f "$model"
ok '-O0 compiles' status 0 "$MIPROC" t.mp -O0 -o t0
ok 'a real reply' status 0 ./t0 --text 'the rain has stopped'
ok 'is one of the labels' says \
    '^{"topic":"\(sports\|weather\|food\)"}$'
ok 'tuning' status 0 "$MIPROC" tune t.mp --max-calls 200
ok 'tells the scores' says 'before .*\[.*\].*9 rows'
ok 'and wrote the file' grep -q '"complete": true' t.tuned
ok 'a locked build' status 0 "$MIPROC" t.mp --locked -o t1
ok 'answers a batch' sh -c 'head -n 4 d.jsonl |
    sed "s/,\"topic.*/}/" | ./t1 --jsonl -j 2 >out 2>err'
ok 'four lines' test "$(wc -l <out)" = 4
ok 'without an error' sh -c '! grep -q error out'

gone() {
	i=0
	while pgrep -f "$model" >/dev/null; do
		i=$((i + 1))
		[ $i -lt 100 ] || return 1
		sleep 0.1
	done
}
ok 'no server is left' gone
done_testing
