#!/bin/sh
# What is tuned is what ships: the worker with the tuned slots and the final
# binary send the same bytes; and the same seed gives the same bytes.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 150 >rows.jsonl
classifier >s.mp
skill >script
lmd_start

# same NAME A B: but sanitizers write the scratch directory into programs.
same() {
	case ${CFLAGS-} in
	*sanitize*)
		n=$((n + 1))
		echo "ok $n - $1 # skip sanitizers write paths into programs" ;;
	*)	ok "$1" cmp "$2" "$3" ;;
	esac
}

ok 'tuning' status 0 "$MIPROC" tune s.mp -j 7 --seed 0
cp s.tuned first.tuned
ok 'again without the cache' status 0 "$MIPROC" tune s.mp -j 3 --seed 0 \
    --no-cache
ok 'same seed, same tuned file' cmp s.tuned first.tuned
ok 'another seed' status 0 "$MIPROC" tune s.mp --seed 1
ok 'is recorded' grep -q '"seed": 1' s.tuned
cp first.tuned s.tuned

ok 'a locked build' status 0 "$MIPROC" s.mp --locked -o one
ok 'and another' status 0 "$MIPROC" s.mp --locked -o two
same 'are the same bytes' one two
mkdir elsewhere
cp s.mp s.tuned elsewhere
ok 'elsewhere, too' sh -c 'cd elsewhere && "$1" s.mp --locked -o ../three' \
    sh "$MIPROC"
same 'are the same' one three
ok 'the binary names its tuning' status 0 ./one --version
ok 'by its hash' says '^tuned [0-9a-f]\{16\}$'

# The tuned slots through the worker (eval) and through the final binary.
awk 'NR <= 20' rows.jsonl | sed 's/,"label":"[A-Z]*"//' >in.jsonl
cat >e.mp <<END
$(sed 's/split = .*; }/split = [0.0, 1.0, 0.0]; }/' s.mp)
END
ok 'as written, by the worker' sh -c "sed 's/rows.jsonl/in20.jsonl/' e.mp |
    sed 's/train = d.train; dev = d.dev; test = d.test;/train = d.dev; dev = d.dev;/' >w.mp &&
    head -n 20 rows.jsonl >in20.jsonl"
cp first.tuned w.tuned
lmd_stop
rm -f log
lmd_start
ok 'the worker scores twenty rows' status 0 "$MIPROC" eval w.mp --no-cache -j 2
lmd_stop
bodies >worker.bodies
rm -f log
lmd_start
ok 'the binary runs them' status 0 ./one --jsonl in.jsonl --no-cache -j 5
ok 'one answer each' test "$(wc -l <out)" = 20
bodies >binary.bodies
ok 'and the requests are the same bytes' cmp worker.bodies binary.bodies
ok 'of which there are twenty or more' test "$(wc -l <binary.bodies)" -ge 20
lmd_stop
lmd_start
rm -f log
"$MIPROC" s.mp --locked -S -o tree/ 2>err
ok 'a source tree built elsewhere' make -s -C tree CFLAGS=-O0
lmd_stop
rm -f log
lmd_start
ok 'runs them' status 0 tree/s --jsonl in.jsonl --no-cache
bodies >tree.bodies
ok 'with the same requests' cmp worker.bodies tree.bodies

# ---- stale tuning ----

sed 's/out label: Label/out verdict: Label/; s/\.label }/.verdict }/' s.mp >c.mp
sed 's/gold.label, pred.label/gold.label, pred.label/' c.mp >changed.mp
cp first.tuned changed.tuned
ok 'a changed leaf makes --locked fail with 7' status 7 "$MIPROC" changed.mp \
    --locked -o changed
ok 'and is told' says 'stale-tuning'
ok 'without --locked it is a warning' status 0 "$MIPROC" changed.mp -o changed
ok 'of its own' says 'Wstale-tuning'
ok 'diff finds nothing between equals' status 0 "$MIPROC" diff s.tuned \
    first.tuned
done_testing
