#!/bin/sh
# Programs are the same without a pass: each program of the golden tests,
# compiled anew with one pass switched off and with all, answers the same
# inputs in the same way, and asks models no less often.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd)
cd "$tmp" || exit 1
CFLAGS="${TESTCFLAGS-} -O0"
export CFLAGS
seeds='1 2'
cat >script <<'END'
{"match_user":"badly","reply":"\u0000"}
{"invent":true}
END
lmd_start

# run PROGRAM DIRECTORY: what it answers to the rows, and how often it asked.
run() {
	for seed in $seeds; do
		before=$(requests)
		"$1" --root "${f%/*}" --no-cache --base-url "$LMD_URL" --json <"rows/$seed" \
		    >"$2/$seed" 2>"$2/$seed.err"
		echo "status $?" >>"$2/$seed"
		echo $(($(requests) - before)) >"$2/$seed.asked"
	done
}

# Compiles $1 with the passes of $2 to ./p; 1 if it is the same C as before.
build() {
	"$MIPROC" -w -O0 -S $2 -o c.c "$1" 2>err || return 2
	[ -f "was/$(cksum <c.c | tr ' ' -)" ] && return 1
	: >"was/$(cksum <c.c | tr ' ' -)"
	"$MIPROC" -w -O0 $2 -o p "$1" 2>err || return 2
}

# The same answers and failures, and where it answered no fewer requests.
same() {
	for seed in $seeds; do
		cmp "all/$seed" "some/$seed" &&
		    cmp "all/$seed.err" "some/$seed.err" || {
			cat "rows/$seed" "all/$seed" "some/$seed" \
			    "some/$seed.err"
			return 1
		}
		grep -q '^status 0' "all/$seed" || continue
		[ "$(cat "some/$seed.asked")" -ge "$(cat "all/$seed.asked")" ] ||
		    { echo "fewer requests of $seed"; return 1; }
	done
}

passes=$(sed -n 's/^PASS(\([a-z]*\),.*/\1/p' "$src/src/ir/pass.def")
every=
for pass in $passes; do
	every="$every -X $pass"
done
programs=0 answers=0 changed=0
for f in "$src"/tests/golden/c/*.mp "$src"/tests/golden/ir/*.mp \
    "$src"/tests/golden/opt/*.mp "$src"/examples/*/*.mp; do
	[ -f "$f" ] || continue
	for key in $(sed -n 's/.*env("\([A-Z_]*\)".*/\1/p' "$f"); do
		eval "export $key=\${$key-none}"
	done
	rm -rf was rows all some
	mkdir was rows all some
	program=${f#"$src/"}
	ok "$program" build "$f" '' || continue
	[ -x p ] || continue
	./p --schema | tr -d '\n\t' >schema
	for seed in $seeds; do
		"$LMD" --invent schema --seed "$seed" >"rows/$seed"
	done
	run ./p all
	programs=$((programs + 1))
	answers=$((answers + $(cat all/[0-9] | grep -c '^status 0')))
	for off in $passes all; do
		build "$f" "$([ "$off" = all ] && echo "$every" ||
		    echo "-X $off")"
		case $? in
		0)	changed=$((changed + 1))
			run ./p some
			ok "$program without $off" same ;;
		1)	;;
		*)	ok "$program without $off compiles" false ;;
		esac
	done
done
ok 'there were many programs' test $programs -ge 30
ok 'many answers' test $answers -ge 30
ok 'and passes did something' test $changed -ge 20
done_testing
