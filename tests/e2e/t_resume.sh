#!/bin/sh
# kill -9 at any moment of a tuning run, then --resume: no reply that had
# arrived is asked for again, and the result is that of an undisturbed run.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 120 >rows.jsonl
classifier >s.mp
skill >script
jobs=6

tune() {
	"$MIPROC" tune s.mp --no-cache -j $jobs --seed 5 "$@" \
	    >"$tmp/out" 2>"$tmp/err" </dev/null
}

lmd_start --latency 3
ok 'an undisturbed run' tune
whole=$(requests)
cp s.tuned whole.tuned
lmd_stop

# One disturbed run: killed after each of the times given, then resumed.
disturbed() {
	rm -rf s.tuned .miproc log
	lmd_start --latency 3
	kills=0
	for after; do
		# exec: the process killed is miproc itself
		sh -c 'exec "$@"' sh "$MIPROC" tune s.mp --no-cache -j $jobs \
		    --seed 5 --resume >/dev/null 2>&1 </dev/null &
		pid=$!
		sleep "$after"
		if kill -9 $pid 2>/dev/null; then
			kills=$((kills + 1))
		fi
		wait $pid 2>/dev/null
	done
	tune --resume || { cat "$tmp/err"; return 1; }
	total=$(requests)
	lmd_stop
	echo "$total requests after $kills kills, $whole without"
	[ "$total" -le $((whole + kills * jobs)) ] && cmp s.tuned whole.tuned
}

for times in '0.03 0.05 0.08' '0.1 0.15' '0.2 0.02' '0.3' '0.45 0.01' \
    '0.6' '0.25 0.25'; do
	ok "killed after $times s" disturbed $times
done
if [ "${KILLS-}" ]; then
	# shellcheck disable=SC2046
	ok "killed $KILLS times" disturbed $(awk -v n="$KILLS" \
	    -v s="${SEED:-1}" 'BEGIN {
		srand(s)
		for (i = 0; i < n; i++)
			printf "%.3f ", 0.02 + rand() * 0.4
	}')
fi

# The interrupted run ends by itself with the best so far.
interrupted() {
	rm -rf s.tuned .miproc log
	lmd_start --latency 10
	"$MIPROC" tune s.mp --no-cache -j 4 --seed 5 >out 2>err </dev/null &
	pid=$!
	before=0
	await 30 came 150               # until the baseline is known
	kill -INT $pid
	wait $pid
	got=$?
	lmd_stop
	cat out err
	[ $got -eq 130 ] && [ -f s.tuned ] && grep -q -- --resume err
}
ok 'SIGINT writes the best so far and gives 130' interrupted
ok 'no worker is left' sh -c "! pgrep -f '^$tmp/cache/build'"
done_testing
