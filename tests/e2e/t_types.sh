#!/bin/sh
# Types: what programs make of values of several types.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
. "${SRCDIR:-.}/tests/e2e/programs.sh"
cd "$tmp" || exit 1

# The same model before each program.
model() {
	cat <<'END'
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
	retry { attempts = 1; }
}
END
}

# program NAME, its text on standard input; compiled into ./p.
program() {
	{ model; cat; } >p.mp
	ok "$1 compiles" status 0 "$MIPROC" -O0 -Werror --program P p.mp -o p
}

# refuses STATUS TEXT ARG...: the binary says why it fails.
refuses() {
	want_text=$2
	want_code=$1
	shift 2
	status "$want_code" ./p "$@" && says "$want_text"
}

# ---- unions ----

cat >script <<'END'
{"match_user":"round","reply":"{\"shape\":{\"radius\":2},\"other\":\"plain\",\"many\":[{\"radius\":1},{\"w\":1,\"h\":2},{\"radius\":3}]}"}
{"match_user":"square","reply":"{\"shape\":{\"w\":2,\"h\":3,\"label\":\"sq\"},\"other\":{\"radius\":9},\"many\":[]}"}
{"match_user":"odd","reply":"{\"shape\":{\"sides\":5},\"other\":null,\"many\":[]}"}
{"reply":"{\"shape\":{\"w\":1,\"h\":1,\"label\":null},\"other\":null,\"many\":[{\"w\":1,\"h\":1}]}"}
END
program unions <<'END'
struct Circle { radius: float; }
struct Box { w: float; h: float; label: string?; }
type Shape = Circle | Box;
signature Draw = (text: string) -> (shape: Shape, other: (Circle | Box | string)?, many: Shape[])
    "Which shape is it?";
module draw = predict(Draw) { model = local; reask = 0; }
program P(text: string, extra: Shape?) -> (area: float, note: string, sum: float, first: Shape | int) {
	let d = draw(text);
	let s = d.shape;
	let area = s is Circle ? 3.0 * s.radius * s.radius : s.w * s.h;
	let note = "";
	switch s {
	case is Circle { note = "round"; }
	case is Box { note = s.label != null ? s.label : "box"; }
	}
	if d.other is string {
		note += "/" + d.other;
	} else if d.other is Circle {
		note += "/" + str(d.other.radius);
	} else if d.other != null {
		note += "/" + str(d.other.w);
	}
	if extra is Box && extra.w > 1.0 {
		note += "/wide";
	}
	let radii = [x.radius for x in d.many if x is Circle];
	let t: Shape = { w = 1.0, h = 2.0 };
	let rounds = 0;
	while t is Box limit 2 {
		t = rounds == 1 ? { radius = 4.0 } : t;
		rounds += 1;
	}
	if !(t is Circle) {
		fail "still a box";
	}
	let wide: string | Box | Circle = s;
	require !(wide is string), "no string";
	for m in d.many {
		if m is Box { return { area = area, note = note, sum = t.radius, first = m }; }
	}
	return { area = area, note = note, sum = sum(radii), first = len(radii) };
}
END
fresh
ok 'one arm' answers \
    '{"area":12.0,"note":"round/plain","sum":4.0,"first":{"w":1.0,"h":2.0,"label":null}}' \
    --text round
ok 'another arm' answers \
    '{"area":6.0,"note":"sq/9.0","sum":0.0,"first":0}' --text square
ok 'null, and an input' answers \
    '{"area":1.0,"note":"box/wide","sum":4.0,"first":{"w":1.0,"h":1.0,"label":null}}' \
    --text none --extra '{"w":2.0,"h":1}'
ok 'neither arm is a format failure' refuses 8 'shape' --text odd
ok 'an input that is neither' refuses 2 'extra' --text round --extra '{"a":1}'

# ---- maps ----

cat >script <<'END'
{"match_user":"two","reply":"{\"amounts\":{\"usd\":2,\"eur\":3},\"parts\":{\"a\":{\"n\":4}}}"}
{"match_user":"four","reply":"{\"amounts\":{},\"parts\":{\"a\":{\"n\":1},\"b\":{\"n\":2},\"c\":{\"n\":3},\"d\":{\"n\":4}}}"}
{"reply":"{\"amounts\":{\"gbp\":1,\"gbp\":5},\"parts\":{}}"}
END
program maps <<'END'
struct Part { n: int; }
signature Read = (text: string) -> (amounts: map<string, float>, parts: map<string, Part> @len(0, 3))
    "Read the table.";
module read = predict(Read) { model = local; reask = 0; }
program P(text: string, names: map<string, string>) ->
    (total: float, names: map<string, string>, n: int, text: string, parts: map<string, Part>) {
	let t = read(text);
	let rate: map<string, float> = { "usd" = 1, "eur" = 2.0 };
	let total = 0.0;
	let out = put(put(names, "last", "l"), "first", "1");
	for k in keys(t.amounts) {
		let r = rate[k];
		let v = t.amounts[k];
		total += v != null && r != null ? v * r : -1.0;
		out = put(out, k, k + "!");
	}
	for p in values(t.parts) { total += 100.0 * p.n; }
	let first = names["first"];
	let parts = t.parts;
	if parts["a"] != null && parts["a"].n > 1 {
		parts = put(parts, "a", { n = 0 });
	}
	return {
		total = total, names = out, n = len(out) + len(rate),
		text = "usd" in t.amounts ? "dollars" : first != null ? first : "-",
		parts = put(parts, "z", { n = sum([p.n for p in values(parts)]) }),
	};
}
END
fresh
ok 'look-ups and puts keep the order' answers \
    '{"total":408.0,"names":{"first":"1","last":"l","usd":"usd!","eur":"eur!"},"n":6,"text":"dollars","parts":{"a":{"n":0},"z":{"n":0}}}' \
    --text two --names '{"first":"0"}'
ok 'a key given twice, another missing' answers \
    '{"total":-1.0,"names":{"last":"l","first":"1","gbp":"gbp!"},"n":5,"text":"-","parts":{"z":{"n":0}}}' \
    --text none --names '{}'
ok 'more members than @len' refuses 8 'at most 3 members' --text four \
    --names '{}'

# ---- literals, defaults ----

cat >script <<'END'
{"match_system":"level","reply":"The level is 3."}
{"match_user":"good","reply":"{\"grade\":2,\"sure\":true,\"tags\":[\"auto\"]}"}
{"match_user":"loose","reply":"{\"grade\":\"-3\",\"sure\":\"Unsure\",\"tags\":[\"OFF\",\"auto\"],\"more\":{\"name\":\"m\"}}"}
{"match_user":"beyond","reply":"{\"grade\":4,\"sure\":true,\"tags\":[]}"}
{"match_user":"never","reply":"I cannot help with that."}
{"reply":"{\"grade\":1,\"sure\":true,\"tags\":[]}"}
END
program 'literals and defaults' <<'END'
type Mode = "auto" | "off";
type Grade = 1 | 2 | -3;
struct Part { name: string; n: int = 1; tags: string[] = ["x", "y"]; }
const RATE: map<string, float> = { "EUR" = 1, "USD" = 0.5 };
const MODE: Mode = "auto";
signature Rate = (text: string, mode: Mode = "off", like: Part[] = [{ name = "z" }], at: Part? = { name = "p" }) ->
    (grade: Grade, sure: true | "unsure", tags: Mode[], more: Part | "none" = "none") "Rate it.";
signature Level = (text: string) -> (level: 1 | 2 | 3) "Give the level.";
module rate = predict(Rate) {
	model = local; reask = 0;
	on_refusal = { grade = -3, sure = "unsure", tags = ["off"], more = { name = "r" } };
}
module level = predict(Level) { model = local; reask = 0; format = plain; }
program P(text: string, mode: Mode, old: Grade[] = [1, 2], at: Part = { name = "here", tags = [] }) ->
    (n: int, mode: Mode, text: string, at: Part) {
	let r = rate(text);
	let m: Mode = r.grade == -3 ? "off" : mode;
	let n = r.grade * 10 + sum(old) + level(text).level * 100;
	let all = join(",", r.tags) + (r.sure == "unsure" ? "?" : "") + MODE;
	switch m {
	case "auto" { n += 1000; }
	case "off" { }
	}
	let usd = RATE["USD"];
	if usd != null && usd < 1.0 { n += 5000; }
	return { n = n, mode = m, text = all + (r.more == "none" ? "" : r.more.name + join("", r.more.tags)), at = at };
}
END
fresh
ok 'values as they are' answers \
    '{"n":6323,"mode":"auto","text":"autoauto","at":{"name":"here","n":1,"tags":[]}}' \
    --text good --mode auto
ok 'values as text' answers \
    '{"n":5267,"mode":"off","text":"off,auto?automxy","at":{"name":"q","n":1,"tags":["x","y"]}}' \
    --text loose --mode auto --old '[-3]' --at '{"name":"q"}'
ok 'the defaults reach the model' grep -q 'like.*name.*z' log
ok 'a number that is none of them' refuses 8 'one of 1, 2, -3' \
    --text beyond --mode off
ok 'a refusal answers constants' answers \
    '{"n":5273,"mode":"off","text":"off?autorxy","at":{"name":"here","n":1,"tags":[]}}' \
    --text never --mode off
ok 'an input that is none of them' refuses 2 'one of auto, off' \
    --text good --mode on
ok 'help tells the values' status 0 ./p --help
ok '... of texts' says '"auto" | "off"'
ok '... of lists, with the default' says '(1 | 2 | -3)\[\], default \[1,2\]'
ok 'the schema has them' sh -c './p --schema | tr -d "\n\t " |
    grep -q "\"type\":\"integer\",\"enum\":\[1,2,-3\]"'
ok '-D takes one of the values' status 0 "$MIPROC" -fsyntax-only -D MODE=off p.mp
ok '... and no other' status 1 "$MIPROC" -fsyntax-only -D MODE=on p.mp
ok '... and says so' says "'MODE' is \"auto\" | \"off\", which 'on' is not"

# ---- images, sounds, files ----

cat >script <<'END'
{"reply":"seen"}
END
program media <<'END'
struct Page { name: string; photo: image; }
signature Look = (text: string, photo: image, more: image[]?, talk: audio?, papers: file[]) -> (said: string) "Look.";
module look = predict(Look) { model = local; reask = 0; }
program P(page: Page, more: image[] = [], talk: audio?, papers: file[] = []) -> (said: string) {
	return { said = look(text = page.name, photo = page.photo, more, talk, papers).said };
}
END
fresh
printf '\211PNG\r\n' >a.png
printf 'GIF89a' >b.gif
printf 'RIFF....WAVEfmt ' >c.wav
printf '%%PDF-1.4' >d.pdf
echo text >e.png
ok 'each is a part of the message' answers seen \
    --page '{"name":"n","photo":"a.png"}' --more '["https://x.y/z.jpg","b.gif"]' \
    --talk c.wav --papers '["d.pdf"]'
ok '... in their order' grep -q '"content":\[{"type":"text","text":"[^"]*"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0K"}},{"type":"image_url","image_url":{"url":"https://x.y/z.jpg"}},{"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lGODlh"}},{"type":"input_audio","input_audio":{"data":"UklGRi4uLi5XQVZFZm10IA==","format":"wav"}},{"type":"file","file":{"filename":"d.pdf","file_data":"data:application/pdf;base64,JVBERi0xLjQ="}}\]' log
before=$(requests)
ok 'what is no image is not sent' refuses 2 'e.png: is no PNG' \
    --page '{"name":"n","photo":"e.png"}'
ok '... nor what is not there' refuses 2 'f.png: No such file' \
    --page '{"name":"n","photo":"f.png"}'
ok 'nothing was asked' test "$(requests)" = "$before"

# ---- conditions ----

cat >script <<'END'
{"match":"say because","reply":"{\"answer\":\"because of rain\",\"sources\":[{\"title\":\"rain\",\"page\":3}],\"best\":0}"}
{"match":"pages are counted from 1","reply":"{\"answer\":\"because\",\"sources\":[],\"best\":null}"}
{"match_user":"good","reply":"{\"answer\":\"because it is\",\"sources\":[{\"title\":\"it\",\"page\":950}],\"best\":0}"}
{"match_user":"bare","reply":"{\"answer\":\"it is\",\"sources\":[],\"best\":null}"}
{"match_user":"leaf","reply":"{\"answer\":\"because\",\"sources\":[{\"title\":\"a\",\"page\":1},{\"title\":\"b\",\"page\":0}],\"best\":null}"}
{"match_user":"ordinal","reply":"{\"answer\":\"because\",\"sources\":[{\"title\":\"a\",\"page\":1}],\"best\":7}"}
{"reply":"{\"answer\":\"because of a great many things that take long to tell\",\"sources\":[{\"title\":\"z\",\"page\":1},{\"title\":\"z\",\"page\":1000}],\"best\":1}"}
END
program conditions <<'END'
struct Source {
	title: string;
	page: int @assert(page >= 1, "pages are counted from 1") @check(page < 900, "low page");
}
param LONG = 40 tune 20 .. 80;
signature Answer {
	in question: string;
	out answer: string @check(len(answer) < LONG, "short answer")
	    @assert(contains(answer, "because"), "say because");
	out sources: Source[] @check(all([contains(answer, s.title) for s in sources]), "names sources");
	out best: int? @check(best == null || sources[best].page > 0, "best is an index");
}
module answer = predict(Answer) { model = local; reask = 1; }
caps { exec("./pick"); }
tool pick(page: int) -> Source = exec("./pick") { output = json; }
program shown(texts: string[] @assert(len(texts) < 3, "two texts at most")) -> (n: int) {
	return { n = len(texts) };
}
program again(question: string) -> (n: int) { return { n = len(answer(question).sources) }; }
program P(question: string @assert(question != "", "ask something") @check(ends_with(question, "?"), "a question"),
    pages: Source[] = []) -> (answer: string, n: int) {
	parallel {
		let r = answer(question);
		let s = again(question + " again");
	}
	let n = 0;
	if question == "tool?" {
		n = pick(len(pages)).page;
	}
	return { answer = r.answer, n = n + shown([p.title for p in pages]).n + s.n };
}
END
fresh
# counts WANT ARG...: of failed conditions in the trace, by label.
counts() {
	want_counts=$1
	shift
	rm -f trace
	status 0 ./p --trace trace "$@" || return 1
	got_counts=$(sed -n 's/^{"check":"\([^"]*\)".*/\1/p' trace | sort |
	    uniq -c | sed 's/^ *\([0-9]*\) /\1 /' | tr '\n' ';')
	[ "$got_counts" = "$want_counts" ] || {
		echo "not $want_counts but $got_counts"
		cat trace
		return 1
	}
}
ok 'conditions that hold, and one that does not' answers \
    '{"answer":"because it is","n":1}' --question 'good?'
ok '... is counted' counts '2 low page;' --question 'good?'
ok '... for its leaf' grep -q \
    '^{"check":"low page","leaf":"answer","trace":' trace
ok 'inputs are counted too, in both calls' counts \
    '1 a question;2 low page;2 names sources;2 short answer;' --question many
ok '... for no leaf' grep -q '^{"check":"a question","trace":' trace
ok 'what cannot be computed does not hold' counts \
    '2 best is an index;' --question 'ordinal?'
ok 'an @assert is asked again with its hint' answers \
    '{"answer":"because of rain","n":1}' --question 'bare?'
ok '... inside of a list' answers '{"answer":"because","n":0}' \
    --question 'leaf?'
ok '... with its place' grep -q 'sources\[1\].page.*is not right' log
before=$(requests)
ok 'an input that does not fit' refuses 2 \
    'question: is not right: ask something' --question ''
ok '... inside of a list' refuses 2 \
    'pages\[1\].page: is not right: pages are counted from 1' \
    --question 'good?' --pages '[{"title":"a","page":1},{"title":"b","page":-1}]'
ok '... before anything is asked' test "$(requests)" = "$before"
ok 'an input of an inner program fails the run' refuses 8 \
    'texts: is not right: two texts at most' --question 'good?' \
    --pages '[{"title":"a","page":1},{"title":"b","page":1},{"title":"c","page":1}]'
cat >pick <<'END'
#!/bin/sh
sed 's/.*:\([0-9]*\)}.*/{"title":"t","page":\1}/; s/2/900/'
END
chmod +x pick
ok 'a result of a tool fails the run' refuses 8 \
    'pick: its output: page: is not right: pages are counted from 1' \
    --question 'tool?'
ok '... or is counted' counts '3 low page;2 names sources;2 short answer;' --question 'tool?' \
    --pages '[{"title":"a","page":1},{"title":"b","page":1}]'
cat >rows.in <<'END'
{"run":1,"row":{"question":"many"},"trace":true}
{"run":2,"check":true,"row":{"question":""}}
END
ok 'a worker' sh -c './p --worker <rows.in >rows.out'
ok '... counts them' grep -q \
    '"checks":{"a question":1,"short answer":2,"low page":2,"names sources":2}' rows.out
ok '... in the steps' grep -q '"checks":\["short answer"' rows.out
ok '... and checks rows by them' grep -q \
    '"run":2,"ok":false,"class":"usage","why":"question: is not right' rows.out
{ model; cat <<'END'
signature S = (a: string) -> (b: string @assert(b == "x", "say x"));
module ask = predict(S) { model = local; reask = 0; }
program P(a: string) -> (b: string) { return { b = ask(a).b }; }
END
} >p.mp
status 0 "$MIPROC" -O0 p.mp -o p
ok 'an @assert that is not asked again fails the run' refuses 8 \
    'is not right: say x' --a y

done_testing
