# What tests of programs share: a program behind the `declarations` of the test,
# compiled into ./p, and what it answers and asks.  Sourced after lib.sh, in
# $tmp.
#
# SPDX-License-Identifier: GPL-3.0-or-later

# answers WANT ARG...: the binary does so.
answers() {
	wanted=$1
	shift
	gives "$wanted" ./p "$@"
}

# asked N: requests since the last start.
asked() {
	[ "$(requests)" -eq "$1" ] || {
		echo "$(requests) requests, not $1"
		return 1
	}
}

# program NAME ARG..., the program P on standard input; compiled into ./p.
program() {
	name=$1
	shift
	{ declarations; cat; } >p.mp
	ok "$name compiles" status 0 "$MIPROC" -O0 -Werror --program P \
	    "$@" -Wno-unused-module p.mp -o p
}

fresh() {
	lmd_stop
	rm -rf log cache
	lmd_start
}
