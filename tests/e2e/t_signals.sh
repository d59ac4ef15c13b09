#!/bin/sh
# SIGINT and SIGTERM at any moment of a batch and of tuning: what was paid for
# is kept, what was written is whole, and it goes on when run again.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
jobs=6
rows 120 >rows.jsonl
classifier 'random { trials = 4; minibatch = 20; }' >s.mp
skill 0.5 >script
lmd_start --latency 5
"$MIPROC" -O0 s.mp -o s
sed 's/,"label".*/}/' rows.jsonl >in.jsonl

fresh() {
	forget
	rm -f ./*.db*
}
# moments N SEED FROM TO: N random times.
moments() {
	awk -v n="$1" -v s="$2" -v a="$3" -v b="$4" 'BEGIN {
		srand(s)
		for (i = 0; i < n; i++)
			printf "%.3f ", a + rand() * (b - a)
	}'
}
# struck SIGNAL AFTER COMMAND...: its exit status in $got.  The time runs from
# its start or, if $asked, from its first request, if it makes one.
asked=
struck() {
	signal=$1 after=$2
	shift 2
	n0=$(requests)
	sh -c 'exec "$@"' sh "$@" >out 2>err </dev/null &
	pid=$!
	while [ "$asked" ] && [ "$(requests)" -eq "$n0" ] &&
	    kill -0 $pid 2>/dev/null; do
		sleep 0.005
	done
	sleep "$after"
	kill -"$signal" $pid 2>/dev/null
	wait $pid
	got=$?
}
# Not more than what was under way at each signal was asked for twice.
kept() {
	total=$(($(requests) - before))
	echo "$total requests after $strikes signals, $1 without"
	[ $total -le $(($1 + strikes * jobs)) ]
}

# ---- batches ----

fresh
./s --jsonl in.jsonl -j $jobs --no-cache >want
whole=$(($(requests) - before))
# one SIGNAL STATUS AFTER: a batch, struck once.
one() {
	struck "$1" "$3" ./s --jsonl in.jsonl -j $jobs --no-cache \
	    --journal j.db
	strikes=$((strikes + 1))
	case $got in
	0)	;;
	"$2")	if [ -s err ] || { [ -s out ] && ! cmp -s out want; }; then
			grep -q 'interrupted: [0-9]* rows are done, 0 .*run' \
			    err || { cat out err; return 1; }
			partial=$((partial + 1))
		fi ;;           # else it was not there yet, or no more
	*)	echo "status $got"; cat err; return 1 ;;
	esac
	# Whole lines, the first ones.
	head -n "$(wc -l <out)" want | cmp - out
}
batches() {
	fresh
	strikes=0 partial=0
	for at in $1; do
		case $((strikes % 2)) in
		0) one INT 130 "$at" ;;
		1) one TERM 143 "$at" ;;
		esac || { echo "at $at s"; return 1; }
	done
	echo "$partial of $strikes interrupted"
	[ $partial -gt 0 ] || [ ! "$asked" ] || return 1
	status 0 ./s --jsonl in.jsonl -j $jobs --no-cache --journal j.db &&
	    cmp want out && kept "$whole"
}
# The clock of each starts anew, with what those before have left to do.
ok 'a batch that is struck' batches "$(moments 12 1 0.005 0.1)"
asked=yes
ok 'and once it has begun' batches "$(moments 6 2 0 0.05)"

# ---- tuning ----

tune() {
	"$MIPROC" tune s.mp -q --no-cache -Wno-demo-private -j $jobs \
	    --seed 5 "$@"
}
fresh
ok 'tuning' status 0 tune
whole=$(($(requests) - before))
cp s.tuned tuned
tunings() {
	fresh
	strikes=0 partial=0
	for at in $1; do
		signal=INT
		[ $((strikes % 2)) -eq 0 ] || signal=TERM
		struck $signal "$at" "$MIPROC" tune s.mp -q --no-cache \
		    -Wno-demo-private -j $jobs --seed 5 --resume
		strikes=$((strikes + 1))
		case $got in
		130|143)
			grep -q 'stopped early: .*--resume\|interrupted' err &&
			    partial=$((partial + 1)) ;;
		0)	;;
		*)	echo "at $at s: status $got"; cat err; return 1 ;;
		esac
	done
	echo "$partial of $strikes interrupted"
	[ $partial -gt 0 ] || return 1
	status 0 tune --resume && cmp tuned s.tuned && kept "$whole"
}
ok 'that is struck' tunings "$(moments 12 3 0 0.3)"

# ---- twice ----

lmd_stop
rm -f log
echo '{"delay_ms":60000,"json":{"label":"NEUTRAL"}}' >script
lmd_start
# twice SIGNAL STATUS COMMAND...: the second one ends it at once.
twice() {
	signal=$1 want=$2
	shift 2
	fresh
	sh -c 'exec "$@"' sh "$@" >out 2>err </dev/null &
	pid=$!
	await 5 came 1
	kill -"$signal" $pid
	sleep 0.02
	kill -"$signal" $pid 2>/dev/null
	from=$(date +%s)
	wait $pid
	got=$?
	echo "status $got after $(($(date +%s) - from)) s"
	[ $got -eq "$want" ] && [ $(($(date +%s) - from)) -le "$(slow 3)" ]
}
ok '^C twice, in a batch' twice INT 130 ./s --jsonl in.jsonl --no-cache
ok 'SIGTERM twice' twice TERM 143 ./s --text a --no-cache
ok '^C twice, in tuning' twice INT 130 "$MIPROC" tune s.mp -q --no-cache
ok 'no worker is left' sh -c "! pgrep -f '^$tmp/cache/build'"
done_testing
