#!/bin/sh
# Replies of a small local model in every format: the server takes the
# grammars, and what it holds the model to is read as it is.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
local_model
cd "$tmp" || exit 1
cat >t.mp <<END
model local = "llamacpp:$model" {
	temperature = 0.0; max_tokens = 300; context = 2048; price = free;
	limit { running = 2; }
}
enum Desk { BILLING @alias("billing desk"), OTHER, }
struct Part { name: string @len(1, 12); count: int @range(1, 20); }
signature Read {
	"""Read the order."""
	in  text:  string;
	out gist:  string @len(10, 60);
	out code:  string @regex("^[A-Z]{2}-\\\\d{3}\$");
	out desk:  Desk;
	out parts: Part[] @len(1, 3);
	out total: float @range(0.5, 99.5);
	out year:  int @range(1990, 2030);
	out note:  string? @len(1, 20);
	out kind:  "new" | "old";
	out rates: map<string, float> @len(0, 2);
	out sure:  bool;
}
module as_json = predict(Read) {
	model = local; format = json; structure = grammar; reask = 0;
}
// Of other formats it is what a local server gets without being asked.
module as_markers = predict(Read) { model = local; format = markers; reask = 0; }
module as_labels = predict(Read) { model = local; format = labels; reask = 0; }
module as_xml = predict(Read) { model = local; format = xml; reask = 0; }

signature Desks = (text: string) -> (desk: Desk);
module thought = chain_of_thought(Desks) {
	model = local; format = markers; reask = 0;
}
module desk = predict(Desks) { model = local; format = plain; reask = 0; }
signature Years = (text: string) -> (year: int @range(2010, 2012));
module year = predict(Years) { model = local; format = plain; reask = 0; }
signature Names = (text: string) -> (name: string @len(3, 9));
module name = predict(Names) { model = local; reask = 0; }
signature Sums = (text: string) -> (sum: float @range(-1, 1));
module sum = predict(Sums) { model = local; format = plain; reask = 0; }
signature Kinds = (text: string) -> (kind: "a" | "b");
module kind = predict(Kinds) { model = local; format = plain; reask = 0; }
signature Sure = (text: string) -> (sure: bool);
module sure = predict(Sure) { model = local; format = plain; reask = 0; }

program Order(text: string) -> (all: string, codes: string[], years: int[],
    desk: Desk, year: int, name: string, sum: float, kind: string, sure: bool,
    thought: string)
{
	let a = as_json(text);
	let b = as_markers(text);
	let c = as_labels(text);
	let d = as_xml(text);
	let t = "";
	// So small a model may think until it is cut off.
	try { t = thought(text).reasoning; } else { t = "cut off"; }
	return {
		all = json(a) + json(b) + json(c) + json(d), thought = t,
		codes = [a.code, b.code, c.code, d.code],
		years = [a.year, b.year, c.year, d.year],
		desk = desk(text).desk, year = year(text).year,
		name = name(text).name, sum = sum(text).sum,
		kind = kind(text).kind, sure = sure(text).sure,
	};
}
END
text='Two green chairs and a lamp, order AB-123 of 2024, 55 dollars.'

ok 'the model is there' test -f "$model"
ok 'compiles' status 0 "$MIPROC" -w t.mp -O0 -o t
ok 'all replies are read' status 0 ./t --trace trace --text "$text"
code='"[A-Z][A-Z]-[0-9][0-9][0-9]"' year='\(19[0-9][0-9]\|20[0-3][0-9]\)'
ok 'within their patterns' says "\"codes\":\[$code,$code,$code,$code\]"
ok 'within their limits' says "\"years\":\[$year,$year,$year,$year\]"
ok 'and alone' says '"year":201[012],"name":"[^"]\{3,9\}",'
ok 'every one by a grammar' test \
    "$(grep -c '"rung": *"grammar"' trace)" = 11
done_testing
