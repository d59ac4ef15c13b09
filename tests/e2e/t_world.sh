#!/bin/sh
# A batch on a machine that fails: files that cannot grow, clocks that jump.
# No money goes where its answers cannot be kept.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
cat >w.mp <<'END'
model m = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free; structure = native;
	retry { attempts = 6; backoff = 10ms; } timeout = 20s;
}
enum Kind { ALPHA, BETA }
signature Sort { """Say what kind it is.""" in text: string; out kind: Kind; }
module sort = predict(Sort) { model = m; }
program P(text: string) -> (text: string, kind: Kind) {
	return { text = text, kind = sort(text).kind };
}
END
rows=300 jobs=8
awk -v n=$rows 'BEGIN { for (i = 0; i < n; i++)
	printf "{\"text\":\"row %d\"}\n", i }' >rows.jsonl
sed 's/}$/,"kind":"BETA"}/' rows.jsonl >want
echo '{"json":{"kind":"BETA"}}' >script
ok 'it compiles' status 0 "$MIPROC" -O0 -Werror w.mp -o w
lmd_start

# fresh: nobody has asked or kept anything.
fresh() {
	rm -rf cache ./*.db*
	before=$(requests)
}
# batch ARG...
batch() {
	./w --jsonl rows.jsonl -j $jobs "$@"
}
# small BLOCKS COMMAND...: no file grows beyond that; a signal does not tell.
small() {
	(trap '' XFSZ; ulimit -f "$1"; shift; "$@")
}
# asked FROM TO: so many requests since `fresh`.
asked() {
	k=$(($(requests) - before))
	echo "$k requests"
	[ $k -ge "$1" ] && [ $k -le "$2" ]
}
all() {
	cmp want out
}

# ---- files ----

for what in journal record; do
	fresh
	ok "no room for the $what" status 2 small 200 batch --no-cache \
	    --$what keep.db
	ok 'is told' says "the $what.*: .*\(full\|I/O\|large\)"
	ok 'with a line for each row' test "$(grep -c . out)" -eq $rows
	known=$(grep -c '"kind"' out)
	ok 'and no more is asked for' asked 1 $((known + 3 * jobs))
done
fresh
status 2 small 200 batch --no-cache --journal keep.db
known=$(grep -c '"kind"' out)
before=$(requests)
ok 'with room again' status 0 batch --no-cache --journal keep.db
ok 'all is there' all
ok 'and what was kept is not asked for again' asked 1 $((rows - known))
fresh
ok 'no room for the cache' status 0 small 200 batch
ok 'is told' says 'going on without the cache'
ok 'all is there' all
ok 'and asked once' asked $rows $rows
fresh
ok 'no room for the trace' status 0 batch --no-cache --trace /dev/full
ok 'is told once' test "$(grep -c 'trace' err)" -eq 1
ok 'all is there' all
fresh
ok 'no room for the ledger' status 2 small 4 batch --no-cache --max-calls 999 \
    --ledger keep.db
ok 'is told' says 'the ledger.*keep.db'
ok 'before anything is asked' asked 0 0
ok 'no room for what it took' status 2 ./w --no-cache --text a \
    --usage-file /dev/full
ok 'is told' says '/dev/full: No space left'

# ---- clocks ----

# A library in front of the C library's, in whose world the clock on the wall
# leaps a year ahead or back at every look.
cat >leap.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static long
leap(void)
{
	static _Atomic unsigned looks;
	unsigned n = looks++;

	return n % 3 == 0 ? 0 : n % 3 == 1 ? 31536000 : -31536000;
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *) =
	    (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
	    "clock_gettime");
	int rc = real(id, t);

	if (id == CLOCK_REALTIME)
		t->tv_sec += leap();
	return rc;
}

time_t
time(time_t *to)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}
END
ok 'a clock that leaps' ${CC:-cc} -shared -fPIC -o leap.so leap.c -ldl
cat >script <<'END'
{"every":9,"status":429,"headers":{"Retry-After":"0"}}
{"json":{"kind":"BETA"}}
END
lmd_stop
rm -f log
lmd_start
ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
export ASAN_OPTIONS
fresh
ok 'a batch does not mind' status 0 env LD_PRELOAD="$tmp/leap.so" \
    ./w --jsonl rows.jsonl -j $jobs --time-limit 60s --trace trace.jsonl
ok 'all is there' all
ok 'asked once, but for what was refused' asked $rows $((rows * 9 / 8 + 1))
before=$(requests)
ok 'and known afterwards' status 0 env LD_PRELOAD="$tmp/leap.so" \
    ./w --jsonl rows.jsonl -j $jobs
ok 'by all' asked 0 0
done_testing
