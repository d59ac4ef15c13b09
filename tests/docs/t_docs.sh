#!/bin/sh
# The examples of the manual pages and of README.md work, and the pages name
# all that there is.
#
# An example is a literal block of a page, or a fenced block of README.md with
# the language `mp` or `c`.  It begins with a comment `example: NAME`; in
# README.md it need not.  A block that begins with `ir 1` is the IR of the
# example before it.  Prints TAP.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
src=$(cd "${SRCDIR:-.}" && pwd) || exit 1
build=$(cd "${B:-$src/build}" && pwd) || exit 1
MIPROC=${MIPROC:-$build/miproc}
LMD=${LMD:-$build/lmd}
CC=${CC:-cc}
LIBS=${LIBS:--lcurl -lcjson -lsqlite3 -lpcre2-8 -lutf8proc -lcrypto
    -lpthread -lm}
strict='-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wconversion -Wvla
	-Wundef -Wswitch-enum -Wformat=2 -fno-common -Werror'
tmp=$(mktemp -d) || exit 1
pid=
trap 'stop; rm -rf "$tmp"' EXIT
n=0 bad=0

stop() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null
	pid=
}

# is WHAT COMMAND...: one test; shows what the command said if it fails.
is() {
	n=$((n + 1))
	what=$1
	shift
	if "$@" >"$tmp/said" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		head -n 20 "$tmp/said" | sed 's/^/# /'
		bad=$((bad + 1))
	fi
}

# ---- taking the examples out -------------------------------------------

# man_examples DIR: literal blocks of a page, as files in DIR.
man_examples() {
	awk -v dir="$1" '
	/^\.Bd -literal/ { inside = 1; first = 1; out = ""; next }
	/^\.Ed/ { if (out) close(out); inside = 0; next }
	!inside { next }
	{
		gsub(/\\\(dq/, "\"")
		gsub(/\\\(aq/, "'\''")
		gsub(/\\-/, "-")
		gsub(/\\&/, "")
		gsub(/\\e/, "\\")
	}
	first {
		first = 0
		if ($1 == "//" && $2 == "example:")
			out = dir "/" (last = $3) ".mp"
		else if ($1 == "/*" && $2 == "example:")
			out = dir "/" $3 ".c"
		else if ($0 == "ir 1" && last)
			out = dir "/" last ".ir"
	}
	out { print >out }'
}

# readme_examples DIR: the same of fenced blocks.
readme_examples() {
	awk -v dir="$1" '
	/^ *```/ && inside { if (out) close(out); inside = 0; next }
	/^ *```/ {
		inside = 1
		kind = $1
		sub(/^```/, "", kind)
		out = ""
		if (kind == "mp" || kind == "c")
			out = dir "/" sprintf("block%02d", ++k) "." kind
		next
	}
	inside && out { print >out }'
}

# ---- checking them -----------------------------------------------------

# The last program of $1.mp as C, which is without a warning; what is left are
# $1.c, $1.h and $1.o.
as_c() {
	last=$(sed -n 's/^program \([A-Za-z0-9_]*\).*/\1/p' "$1.mp" | tail -n 1)
	"$MIPROC" -S -O0 --program "$last" -o "gen/$1.c" "$1.mp" &&
	    $CC $strict -I"$build/include" -c -o "gen/$1.o" "gen/$1.c"
}

check_mp() {
	is "$1/$2.mp has no mistake" "$MIPROC" check -Werror "$2.mp"
	if grep -q '^program' "$2.mp"; then
		is "$1/$2.mp gives clean C" as_c "$2"
	fi
}

# Hashes may change; what they are of may not.
same_ir() {
	"$MIPROC" --emit=ir -O0 "$1.mp" >"gen/$1.all" || return
	sed '/^	hash /d' "$1.ir" >"gen/$1.want"
	sed '/^	hash /d' "gen/$1.all" | diff -u "gen/$1.want" -
}

# The headers of the page's programs are there; and all objects are linked
# with an example that has a main.
check_c() {
	is "$1/$2.c compiles" $CC $strict -I"$build/include" -Igen -c \
	    -o "gen/main_$2.o" "$2.c"
	grep -q '^main(' "$2.c" || return
	with=
	for h in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$2.c"); do
		[ ! -f "gen/$h.o" ] || with="$with gen/$h.o"
	done
	is "$1/$2.c links" $CC ${TESTCFLAGS-} -o "gen/$2" "gen/main_$2.o" \
	    $with "$build/libmiproc.a" $LIBS
}

check_dir() {
	cd "$tmp/$1" || exit 1
	for f in *.mp; do
		[ ! -f "$f" ] || check_mp "$1" "${f%.mp}"
	done
	for f in *.ir; do
		[ ! -f "$f" ] || is "$1/$f is what miproc writes" \
		    same_ir "${f%.ir}"
	done
	for f in *.c; do
		[ ! -f "$f" ] || check_c "$1" "${f%.c}"
	done
}

has_examples() {
	[ "$(find "$tmp/$1" -maxdepth 1 -type f | wc -l)" -ge "$2" ]
}

start_lmd() {
	: >"$tmp/lmd.out"
	"$LMD" >"$tmp/lmd.out" 2>&1 &
	pid=$!
	i=0
	until grep -q '^listening' "$tmp/lmd.out" || [ $i -ge 50 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	OPENAI_BASE_URL=http://$(sed -n 's/^listening on //p' "$tmp/lmd.out")/v1
	MIPROC_CACHE_DIR=$tmp/cache
	export OPENAI_BASE_URL MIPROC_CACHE_DIR
}

# The embedding of miproc.3 runs, against a server that always says "ok".
answers() {
	[ "$("$tmp/miproc.3/gen/ask" 'Is it?')" = ok ]
}

# Examples in C that say what they print, do.
prints() {
	sed -n '/^\/\* prints:$/,/^\*\/$/{//!p}' "$tmp/miproc.3/$1.c" \
	    >"$tmp/want"
	(cd "$tmp/miproc.3/gen" && "./$1") >"$tmp/got" || return
	diff -u "$tmp/want" "$tmp/got"
}

# Each function is called in an example.
all_called() {
	miss=
	sed -s '/^\/\* prints:$/,$d' "$tmp"/miproc.3/*.c >"$tmp/called"
	for f in $functions; do
		grep -qE "(^|[^a-z_])$f\(" "$tmp/called" || miss="$miss $f"
	done
	[ -z "$miss" ] || { echo "no example calls:$miss"; return 1; }
}

# The example of usage tells of the leaf it has asked.
tells_usage() {
	"$tmp/miproc.3/gen/usage" >"$tmp/usage.out" &&
	    grep -q '^answer: 1 calls, ' "$tmp/usage.out"
}

# ---- what the pages must name ------------------------------------------

# has BEFORE AFTER PAGE WORD...: each word stands in the page, between what
# matches these two.
has() {
	before=$1 after=$2 page=$src/man/$3
	shift 3
	[ $# -gt 0 ] || { echo "nothing to look for"; return 1; }
	miss=
	for w; do
		grep -qE "$before$w($after|\$)" "$page" || miss="$miss $w"
	done
	[ -z "$miss" ] || { echo "not there:$miss"; return 1; }
}

# names PAGE WORD...: each word stands in the page.
names() { has '(^|[^A-Za-z0-9_])' '[^A-Za-z0-9_]' "$@"; }

# tells PAGE WORD...: each word stands in the page as a flag.
tells() { has 'Fl (Fl )?' '-?([^A-Za-z0-9-]|$)' "$@"; }

# Flags and variables that pages name, and nobody has.
invented() {
	cat "$src"/man/*.[1357] >"$tmp/pages"
	{
		grep -oE 'Fl Fl [a-z][a-z-]*' "$tmp/pages" | sed 's/.* //'
		grep -oE '(MIPROC|OTEL)_[A-Z_]+' "$tmp/pages"
	} | sort -u >"$tmp/named"
	printf '%s\n' "$@" | sort -u >"$tmp/there"
	comm -23 "$tmp/named" "$tmp/there" >"$tmp/invented"
	[ -s "$tmp/named" ] && [ ! -s "$tmp/invented" ] ||
	    { cat "$tmp/invented"; return 1; }
}

# The table of operations is that of ir.def: words, arguments, flags.
same_ops() {
	sed -n 's/^OP(.*"\([a-z]*\)", *\([A-Z0-9]*\), *\([^,]*\),.*/\1 \2 \3/p' \
	    "$src/src/ir/ir.def" | tr '[:upper:]' '[:lower:]' |
	    sed 's/opf_//g; s/value//; s/ [|0]//g; s/ *$//' |
	    sort >"$tmp/ops.def"
	sed -n 's/^\.It Li \([a-z]*\) Ta \([0-9a-z]*\) Ta \(.*\) Ta .*/\1 \2 \3/p' \
	    "$src/man/miproc-ir.7" | sed 's/[,&\\]//g; s/ 0//g; s/ *$//' |
	    sort >"$tmp/ops.man"
	[ -s "$tmp/ops.def" ] && diff -u "$tmp/ops.def" "$tmp/ops.man"
}

functions=$(sed 's,/\*.*\*/,,; /^#/d' "$src"/runtime/*.h |
    grep -oE '\bmip_[a-z0-9_]+\(' | tr -d '(' | sort -u)
variables=$(cat "$src"/runtime/*/*.c | grep -oE '"(MIPROC|OTEL)_[A-Z_]+"' |
    tr -d '"' | sort -u)
statuses=$(sed -n 's/^	X(\([A-Z]*\),.*/MIP_\1/p' "$src/runtime/miproc.h")
fields=$(sed -n '/^struct mip_options {/,/^};/p' "$src/runtime/miproc.h" |
    sed 's,/\*.*,,' | grep -oE '[a-z_]+[,;]' | tr -d ',;')
flags=$(sed -n 's/^	X([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$src/runtime/cli/cli.h")
builtins=$(sed -n 's/^BUILTIN([A-Z0-9_]*, "\([a-z0-9_]*\)".*/\1/p' \
    "$src/src/base/builtin.def" | sort -u)
passes=$(sed -n 's/^PASS(\([a-z]*\),.*/\1/p' "$src/src/ir/pass.def")
strategies=$(sed -n 's/^STRATEGY([A-Z]*, *[a-z_]*, *"\([a-z]*\)".*/\1/p' \
    "$src/src/tune/strategy.def")
settings=$(sed -n 's/^	X([A-Z_]*, *"\([a-z_]*\)", *WANT.*/\1/p' \
    "$src/src/tune/strategy.c")
options=$(cat "$src"/src/front/check_*.c |
    sed -n 's/^	{ "\([a-z_]*\)", OPT_.*/\1/p' | sort -u)
words=$(cat "$src"/src/front/check_*.c | sed -n \
    's/^	.*OPT_WORD, "\([a-z_ ]*\)".*/\1/p
     s/^	  "\([a-z_ ]*\)", NULL },/\1/p' | tr ' ' '\n' | sort -u)
providers=$(sed -n 's/^P(\([a-z]*\),.*/\1/p' "$src/runtime/provider/provider.def")
verbs=$(sed -n 's/^VERB([A-Z]*, *"\([a-z]*\)".*/\1/p' \
    "$src/src/driver/verb.def")
flags1=$(sed -n 's/^	{ "--*\([a-zA-Z][a-z-]*\)", .*/\1/p' \
    "$src/src/driver/options.c")
warnings=$(sed -n 's/^D(.*SEV_WARNING.*"\([a-z-]*\)",$/\1/p
    s/^  "\([a-z-]*\)",$/\1/p' "$src/src/base/diag.def")
keywords=$(sed -n '/keywords\[\] = {/,/^};/p' "$src/grammar/scan.l" |
    grep -oE '"[a-z]+"' | tr -d '"')

# ---- all of it ---------------------------------------------------------

[ -x "$MIPROC" ] || {
	echo "$MIPROC is not built" >&2
	exit 1
}
for page in mp.5 miproc.3 miproc-ir.7 miproc-hacking.7 miproc.1; do
	mkdir -p "$tmp/$page/gen"
	[ ! -f "$src/man/$page" ] ||
	    man_examples "$tmp/$page" <"$src/man/$page"
done
mkdir -p "$tmp/README.md/gen"
[ ! -f "$src/README.md" ] ||
    readme_examples "$tmp/README.md" <"$src/README.md"

is 'mp.5 has examples' has_examples mp.5 12
is 'miproc.3 has examples' has_examples miproc.3 3
for page in mp.5 miproc.3 miproc-ir.7 miproc-hacking.7 miproc.1 README.md; do
	check_dir "$page"
done
cd "$src" || exit 1
if [ -x "$LMD" ]; then
	start_lmd
	is 'the program in C of miproc.3 answers' answers
	is 'and the one that tells what it took' tells_usage
	for f in "$tmp"/miproc.3/*.c; do
		! grep -q '^/\* prints:' "$f" || {
			f=${f##*/}
			is "miproc.3/$f prints what it says" prints "${f%.c}"
		}
	done
	stop
else
	for what in answers 'tells what it took'; do
		n=$((n + 1))
		echo "ok $n - the program in C of miproc.3 $what # skip no $LMD"
	done
fi

is 'miproc.3 has all functions' names miproc.3 $functions
is 'and an example of each' all_called
is 'miproc.3 has all statuses' names miproc.3 $statuses
is 'miproc.3 has all variables of the runtime' names miproc.3 $variables
is 'miproc.3 has all options' names miproc.3 $fields
is "miproc.3 has all flags of programs" tells miproc.3 $flags
is 'mp.5 has all functions' names mp.5 $builtins
is 'mp.5 has all keywords' names mp.5 $keywords
is 'mp.5 has all options' names mp.5 $options
is 'mp.5 has all words of options' names mp.5 $words
is 'mp.5 has all strategies' names mp.5 $strategies
is 'mp.5 has all settings' names mp.5 $settings
is 'mp.5 has all providers' names mp.5 $providers
is 'miproc.1 has all verbs' names miproc.1 $verbs
is 'miproc.1 has all options' tells miproc.1 $flags1
is 'miproc.1 has all warnings' names miproc.1 $warnings
# A program has flags of its inputs, as --question.
is 'the pages invent no flags and variables' invented $flags $flags1 \
    $variables input- question
is 'miproc-ir.7 has all operations' same_ops
is 'miproc-ir.7 has all passes' names miproc-ir.7 $passes
echo "1..$n"
[ "$bad" -eq 0 ]
