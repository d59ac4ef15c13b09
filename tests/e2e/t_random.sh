#!/bin/sh
# Random programs: what is tuned is what ships, byte for byte, and with any
# pass switched off they answer the same and ask models no less often.
#
#     t_random.sh [SEED...]
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd)
MPGEN=${MPGEN:-${MIPROC%/*}/mpgen}
[ $# -gt 0 ] || set -- 1
programs=24
CFLAGS="${TESTCFLAGS-} -O0"
export CFLAGS
cd "$tmp" || exit 1

# Two rows for each program, other inputs in each.
awk -v n=$programs 'BEGIN {
	split("The end.|yes|two words|12.5 pounds|apple pie", s, "|")
	for (i = 0; i < 2 * n; i++)
		printf "{\"at\":%d,\"s\":\"%s\",\"n\":%d,\"x\":%g,\"b\":%s," \
		    "\"l\":[%s],\"o\":%s}\n", i % n, s[i % 5 + 1], i % 7,
		    i / 4, i % 3 ? "true" : "false",
		    i % 2 ? "" : "\"a\",\"" s[i % 4 + 1] "\"",
		    i % 4 ? "null" : "\"some\""
}' >rows.jsonl
head -n $programs rows.jsonl >train.jsonl
tail -n $programs rows.jsonl >dev.jsonl
echo '{"invent":true}' >script

# run PROGRAM ROWS OUT [OPTION...]: what it answers, and what it asked.
run() {
	program=$1 rows=$2 out=$3
	shift 3
	lmd_stop
	rm -f log
	lmd_start
	"$program" --no-cache --jsonl "$rows" "$@" >"$out" 2>"$out.err"
	echo "status $?" >>"$out"
	lmd_stop
	bodies >"$out.bodies"
}

lines() { wc -l <"$1" | tr -d ' '; }

same() {
	cmp "$1" "$2" && return
	diff "$1" "$2" | head -n 6
	return 1
}

# What the program without the pass answers is what it answers with it, and
# asks models no less often.  It may fail where the other one does not: of a
# call that is not needed.
without() {
	"$MIPROC" -w -O0 $1 -o q "$seed.mp" 2>err || return 1
	run ./q rows.jsonl q.out -j 1
	paste -d '\n' p.out q.out | awk -v rows=rows.jsonl '
		NR % 2 { with = $0; next }
		/^status/ { next }
		(getline line <rows) <= 0 { bad = 1 }
		/^{"error"/ { next }
		with != $0 { print line; print with; print; bad = 1 }
		{ print line >"good.jsonl"; n++ }
		END { exit bad || n < 20 }' || return 1
	run ./p good.jsonl p.good -j 1
	run ./q good.jsonl q.good -j 1
	same p.good q.good || return 1
	[ "$(lines q.good.bodies)" -ge "$(lines p.good.bodies)" ] || {
		echo 'fewer requests'
		return 1
	}
}

# The worker scores the dev rows, the binary answers them.
ships() {
	lmd_stop
	rm -f log
	lmd_start
	"$MIPROC" eval "$seed.mp" -w --no-cache -j 1 >out 2>err || return 1
	lmd_stop
	bodies >worker.bodies
	"$MIPROC" "$seed.mp" -w --locked -o p 2>err || return 1
	run ./p dev.jsonl ship.out -j 1
	same worker.bodies ship.out.bodies &&
	    [ "$(lines worker.bodies)" -ge 15 ]
}

for seed; do
	"$MPGEN" -n $programs "$seed" >"$seed.mp"
	rm -f "$seed.tuned"
	ok "seed $seed" status 0 "$MIPROC" -w -O0 -o p "$seed.mp" || continue
	run ./p rows.jsonl p.out -j 1
	ok 'many rows are answered' test "$(grep -c '^{"out"' p.out)" -ge 20
	run ./p rows.jsonl again.out -j 4
	ok 'the same with many at once' same p.out again.out
	every=
	for pass in $(sed -n 's/^PASS(\([a-z]*\),.*/\1/p' \
	    "$src/src/ir/pass.def"); do
		ok "the same without $pass" without "-X $pass"
		every="$every -X $pass"
	done
	ok 'the same without any' without "$every"
	lmd_start
	ok 'it is tuned' status 0 "$MIPROC" tune "$seed.mp" -w -j 4
	ok 'what was tuned is what ships' ships
done
done_testing
