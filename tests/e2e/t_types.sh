#!/bin/sh
# Types: what programs make of values of several types.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
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
	ok "$1 compiles" status 0 "$MIPROC" -O0 -Werror p.mp -o p
}

# gives WANT ARG...: the binary answers so.
gives() {
	answer=$1
	shift
	status 0 ./p "$@" && [ "$(cat out)" = "$answer" ] || {
		echo "not $answer but:"
		cat out err
		return 1
	}
}

# refuses STATUS TEXT ARG...: the binary says why it fails.
refuses() {
	want_text=$2
	want_code=$1
	shift 2
	status "$want_code" ./p "$@" && says "$want_text"
}

fresh() {
	lmd_stop
	rm -rf log cache
	lmd_start
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
ok 'one arm' gives \
    '{"area":12.0,"note":"round/plain","sum":4.0,"first":{"w":1.0,"h":2.0,"label":null}}' \
    --text round
ok 'another arm' gives \
    '{"area":6.0,"note":"sq/9.0","sum":0.0,"first":0}' --text square
ok 'null, and an input' gives \
    '{"area":1.0,"note":"box/wide","sum":4.0,"first":{"w":1.0,"h":1.0,"label":null}}' \
    --text none --extra '{"w":2.0,"h":1}'
ok 'neither arm is a format failure' refuses 8 'shape' --text odd
ok 'an input that is neither' refuses 2 'extra' --text round --extra '{"a":1}'

done_testing
