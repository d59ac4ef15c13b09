#!/bin/sh
# Programs that crash, for real: the row that does it is told of, and fails;
# everything else goes on, nothing is paid for twice, nobody is left behind.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
# What crashes does so under sanitizers, too.
ASAN_OPTIONS=${ASAN_OPTIONS-}:handle_segv=0
TSAN_OPTIONS=${TSAN_OPTIONS-}:handle_segv=0
export ASAN_OPTIONS TSAN_OPTIONS
rows 60 >rows.jsonl
jobs=3
{
	classifier 'random { trials = 4; minibatch = 12; }' |
	    grep -v '^metric acc'
	cat <<'END'
metric acc(gold, pred) = exact(gold.label, pred.label) +
	0.0 * f1(gold.text, "of the day");
test "fine" { expect f1("fine", "fine") == 1.0; }
test "down" { expect f1("message 1 goes DOWN", "x") == 0.0; }
test "also fine" { expect f1("a", "a") > 0.0; }
END
} >s.mp

# A C compiler whose programs have a function of the library with a flaw: of
# some texts it reads where nothing is.
cat >flaw.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mip;
double __real_mip_f1(struct mip *m, const char *gold, const char *pred);
double __wrap_mip_f1(struct mip *m, const char *gold, const char *pred);

double
__wrap_mip_f1(struct mip *m, const char *gold, const char *pred)
{
	const char *flaw = getenv("FLAW"), *how = getenv("FLAW_HOW");
	const char *volatile nothing = NULL;

	if (flaw && strstr(gold, flaw)) {
		if (how && strcmp(how, "exit") == 0) {
			fputs("{\"run\":", stdout);
			fflush(stdout);
			exit(7);
		}
		if (how && strcmp(how, "print") == 0)
			fputs("hello from a library\n", stdout);
		else
			return *nothing;
	}
	return __real_mip_f1(m, gold, pred);
}
END
real=${CC:-cc}
cat >cc <<END
#!/bin/sh
for arg; do
	[ "\$arg" != -c ] || exec $real "\$@"
done
exec $real "\$@" -Wl,--wrap=mip_f1 "$tmp/flaw.o"
END
chmod +x cc
ok 'a library with a flaw' $real -c -o flaw.o flaw.c
CC=$tmp/cc
export CC
skill 0.5 >script
lmd_start

# once: everything was asked for once, but for what was under way when the
# others were taken along; afterwards the culprit goes alone.
once() {
	total=$(($(requests) - before))
	echo "$total requests, $whole without a crash"
	[ $total -ge "$whole" ] && [ $total -lt $((whole + jobs)) ]
}
# None that this test has started, dead or alive.
gone() {
	! ps -e -o stat= -o args= | grep -q "$tmp/cache/[b]uild\|^Z.*s\.mp"
}
nobody() {
	await 3 gone || { ps -e -o pid,ppid,stat,args; return 1; }
}
tune() {
	"$MIPROC" tune s.mp -q -Wno-demo-private -j $jobs --seed 3 "$@"
}

# ---- tuning ----

forget
ok 'without a crash' status 0 tune
ok 'nothing is told' test ! -s err
whole=$(($(requests) - before))
cp s.tuned as_whole
# A row of dev, which is looked at in every evaluation of it.
forget
status 0 "$MIPROC" eval s.mp -O0 --rows - && cp out all
text=$(sed -n '3s/.*"text":"\([^"]*\)".*/\1/p' all)
line=$(sed -n '3s/.*"line":\([0-9]*\).*/\1/p' all)
export FLAW="$text"
forget
ok "a row that crashes" status 0 tune
ok 'is told of by its line' says "the row of line $line crashes the program"
ok 'with the signal' says 'killed by signal 11'
ok 'and what it holds' says "$text"
ok 'once' test "$(grep -c 'crashes the program' err)" -eq 1
ok 'asks nobody twice' once
ok 'a tuned file comes of it' test -s s.tuned
ok 'nobody is left' nobody
FLAW_HOW=exit
export FLAW_HOW
forget
ok 'a row that ends the process in a line' status 0 tune
ok 'is told of, too' says "the row of line $line crashes .*exit status 7"
ok 'asks nobody twice' once
FLAW_HOW=print
forget
ok 'a library that prints' status 0 tune
ok 'does no harm' cmp s.tuned as_whole
FLAW_HOW=
FLAW=message
forget
ok 'a program that always crashes' status 3 tune
ok 'is given up' says '[0-9] rows or tests have ended it (killed by signal 11'
ok 'and writes nothing' test ! -e s.tuned
ok 'with one message' test "$(grep '^miproc: ' err | grep -vc warning)" -eq 1
ok 'nobody is left' nobody
unset FLAW
ok 'mended, it goes on' status 0 tune --resume
ok 'to the same end' cmp s.tuned as_whole
ok 'with what was paid for' once

# ---- scoring and testing ----

export FLAW="$text"
ok 'eval goes on' status 0 "$MIPROC" eval s.mp -O0 --rows answers
ok 'with a row that failed' test "$(grep -c '"class":"fail"' answers)" -eq 1
ok 'that says how' grep -q "\"line\":$line,.*signal 11" answers
ok 'and the others scored' test "$(grep -c '"class":"ok"' answers)" -eq \
    $(($(wc -l <all) - 1))
ok 'is told of' says "the row of line $line crashes"
FLAW=DOWN
ok 'a test that crashes fails' status 5 "$MIPROC" test s.mp
ok 'by name' says '^not ok 2 - down'
ok 'with the signal' says 'killed by signal 11'
ok 'the others pass' test "$(grep -c '^ok' out)" -eq 2
ok 'nobody is left' nobody
unset FLAW

# ---- signals from outside ----

worker_of() {
	ps -e -o pid= -o ppid= -o args= |
	    awk -v p="$1" '$2 == p && / --worker/ { print $1; exit }'
}

asked_or_gone() {
	[ "$(requests)" -gt "$seen" ] || ! kill -0 "$pid" 2>/dev/null
}

# The worker at hand has asked something: those that die before they do are
# given up.
asks_more() {
	await 20 asked_or_gone
}

# killed SIGNAL TIME...: the worker dies so long after its first question.
killed() {
	how=$1
	shift
	forget
	"$MIPROC" tune s.mp -q -Wno-demo-private -j $jobs --seed 3 \
	    --no-cache >out 2>err </dev/null &
	pid=$!
	kills=0 seen=$before
	for after; do
		asks_more
		sleep "$after"
		worker=$(worker_of $pid)
		[ -n "$worker" ] || continue
		kill -"$how" "$worker" 2>/dev/null && kills=$((kills + 1))
		seen=$(requests)
	done
	wait $pid
	got=$?
	total=$(($(requests) - before))
	echo "status $got, $total requests after $kills kills, $whole without"
	[ $got -eq 0 ] && [ $total -le $((whole + kills * jobs)) ] &&
	    [ $kills -gt 0 ] && cmp s.tuned as_whole
}
lmd_stop
rm -f log
lmd_start --latency 20
moments() {
	awk -v n="$1" -v s="$2" -v most="$3" 'BEGIN {
		srand(s)
		for (i = 0; i < n; i++)
			printf "%.3f ", rand() * most
	}'
}
seed=0
for how in SEGV KILL TERM ABRT; do
	seed=$((seed + 1))
	# shellcheck disable=SC2046
	ok "SIG$how at any moment" \
	    killed $how $(moments "${KILLS:-4}" $seed 0.4)
done
ok 'nobody is left' nobody
done_testing
