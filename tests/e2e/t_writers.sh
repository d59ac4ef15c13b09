#!/bin/sh
# A disk that is full, and places where nothing can be written, for everything
# that writes: a message and a status, and no good file is lost for a bad one.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 60 >rows.jsonl
classifier 'random { trials = 3; minibatch = 10; }' >s.mp
cp s.mp t.mp
for i in 1 2 3 4 5 6; do
	echo "test \"t$i\" { let r = Sentiment(\"message $i of the day\");" \
	    "expect r.label == Label.NEUTRAL || true; }"
done >>t.mp
skill 0.5 >script
lmd_start
"$MIPROC" -O0 s.mp -o s
"$MIPROC" test t.mp >/dev/null 2>&1
"$MIPROC" eval -q s.mp -O0 >/dev/null 2>&1
sed 's/,"label".*/}/' rows.jsonl >in.jsonl

# one STATUS PATTERN COMMAND...: the status, and one line of message with it.
one() {
	want=$1 pattern=$2
	shift 2
	status "$want" "$@" && says "$pattern" || return 1
	[ "$(grep -c 'cannot\|: No space\|full' err)" -le 1 ] ||
	    { echo 'said more than once'; cat err; return 1; }
}

# ---- stdout ----

# full STATUS COMMAND...: with a stdout that is full.
to_full() {
	want=$1
	shift
	: >out
	"$@" >/dev/full 2>err </dev/null
	got=$?
	[ $got -eq "$want" ] || { echo "status $got"; cat err; return 1; }
	says 'No space left' &&
	    { [ "$(grep -c 'No space' err)" -eq 1 ] || { cat err; return 1; }; }
}
forget
ok 'the report of tuning' to_full 2 "$MIPROC" tune -q s.mp
ok 'of which the tuned file is there' test -s s.tuned
ok 'the report of eval' to_full 2 "$MIPROC" eval -q -O0 s.mp
ok 'rows on stdout' to_full 2 "$MIPROC" eval -q -O0 s.mp --rows -
ok 'tests' to_full 2 "$MIPROC" test t.mp
ok 'what there is in the cache' to_full 2 "$MIPROC" cache stat
ok 'a layout' to_full 2 "$MIPROC" fmt -o - s.mp
for what in plan trials demos prompt; do
	ok "show $what" to_full 2 "$MIPROC" show $what s.mp
done
cp s.tuned b.tuned
sed 's/"trials": 3/"trials": 4/' b.tuned >c.tuned
ok 'differences' to_full 2 "$MIPROC" diff b.tuned c.tuned
ok 'an explanation' to_full 2 "$MIPROC" explain MP0101
ok 'doctor' to_full 2 "$MIPROC" doctor -n s.mp
ok 'a batch' to_full 2 ./s --jsonl in.jsonl
ok 'a stream' to_full 2 ./s --text a --stream
for what in help version schema gbnf plan prompts; do
	ok "--$what of a program" to_full 2 ./s --$what
done

# ---- places where nothing can be ----

forget
no=/proc/none/x
ok 'no place for rows' one 2 "$no: No such file" \
    "$MIPROC" eval -q -O0 s.mp --rows $no
ok 'for a report' one 2 "$no: No such file" "$MIPROC" test t.mp --junit $no
ok 'for what it took' one 2 "$no: No such file" \
    "$MIPROC" eval -q -O0 s.mp --usage-file $no
ok 'in tuning' one 2 "$no: No such file" \
    "$MIPROC" tune -q s.mp --usage-file $no
ok 'for a recording' one 2 "$no" "$MIPROC" eval -q -O0 s.mp --record $no
ok 'for a copy of the cache' one 2 "$no" "$MIPROC" cache export $no
ok 'for what a program took' one 2 "$no: No such file" \
    ./s --text a --usage-file $no
ok 'for its recording' one 2 "$no" ./s --text a --record $no
ok 'for its journal' one 2 "$no" ./s --text a --journal $no
ok 'for its trace' one 2 "$no" ./s --text a --trace $no
ok 'for that of tuning' one 2 "$no" "$MIPROC" tune -q s.mp --trace $no
ok 'is told before anything is asked' newly 0

# ---- a full disk ----

if [ "$(id -u)" -ne 0 ] || ! mkdir full ||
    ! mount -t tmpfs -o size=256k none full 2>/dev/null; then
	echo '# no file system of its own: a full disk is left out'
	done_testing
fi
trap 'lmd_stop; umount "$tmp/full"; rm -rf "$tmp"' EXIT
cp s.mp full/s.mp
printf 'module  x=predict( X ) ;\n' >full/odd.mp
cp full/odd.mp odd.mp
for f in tuned rows usage junit c d out export; do
	echo 'good and old' >full/$f
done
echo 'good and old' >old
# Until not a byte is left.
dd if=/dev/zero of=full/fill bs=4k 2>/dev/null
dd if=/dev/zero bs=1 count=8192 2>/dev/null >>full/fill
ls full >names
# The file is the old one, and nothing is beside it.
kept() {
	cmp "full/$1" "${2:-old}" && ls full | cmp - names
}
space='No space left'
forget
ok 'no room for a layout' one 2 "full/odd.mp: $space" "$MIPROC" fmt full/odd.mp
ok 'keeps the file' kept odd.mp odd.mp
ok 'no room for C' one 2 "full/c: $space" "$MIPROC" -O0 -S s.mp -o full/c
ok 'keeps the old one' kept c
ok 'no room for a list of files' one 2 "full/d: $space" \
    "$MIPROC" -O0 -S s.mp -o new.c -MD -MF full/d
ok 'keeps the old one' kept d
ok 'no room for a tuned file' one 2 "full/tuned: $space" \
    "$MIPROC" tune -q s.mp --tuned full/tuned --resume
ok 'keeps the old one' kept tuned
rm -f s.tuned
ok 'with room it is there at once' status 0 "$MIPROC" tune -q s.mp
ok 'no room for rows' one 2 "full/rows: $space" \
    "$MIPROC" eval -q -O0 s.mp --rows full/rows
ok 'keeps the old ones' kept rows
ok 'no room for a report' one 2 "full/junit: $space" \
    "$MIPROC" test t.mp --junit full/junit
ok 'keeps the old one' kept junit
ok 'of which all is on stdout' test "$(grep -c '^ok' out)" -eq 6
ok 'no room for what it took' one 2 "full/usage: $space" \
    "$MIPROC" eval -q -O0 s.mp --usage-file full/usage
ok 'keeps the old file' kept usage
ok 'for what a program took' one 2 "full/usage: $space" \
    ./s --text a --usage-file full/usage
ok 'keeps the old file' kept usage
ok 'though it has answered' test -s out
ok 'no room for a copy of the cache' one 2 'full/new' \
    "$MIPROC" cache export full/new
ok 'leaves none' test ! -s full/new
rm -f full/new*
ok 'no room for a recording' status 2 ./s --text a --record full/record
ok 'is told' says 'full/record'
rm -f full/record*
ok 'no room for a trace' status 0 ./s --text b --trace full/trace
ok 'is told' says 'trace'
rm -f full/trace
ok 'no room for answers' status 2 sh -c './s --jsonl in.jsonl >full/answers'
ok 'is told' says "cannot be written: $space"
done_testing
