# What tests of programs share: a program behind the `declarations` of the test,
# compiled into ./p, and what it answers and asks.  Sourced after lib.sh, in
# $tmp.
#
# SPDX-License-Identifier: GPL-3.0-or-later

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
