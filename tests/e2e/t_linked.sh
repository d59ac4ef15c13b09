#!/bin/sh
# Compiled programs in programs of C and C++: several in one, what they export,
# and what is installed for them.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd) || exit 1
cd "$tmp" || exit 1

# source NAME: NAME.mp, a program NAME with a type of its own.
source_of() {
	cat >"$1.mp" <<-END
	model local = "openai:small" { base_url = env("LMD_URL"); price = free; }
	enum Mood { GLAD, SAD }
	signature Say = (text: string) -> (mood: Mood) "Say how it sounds.";
	module say = predict(Say) { model = local; }
	program $1(text: string) -> (mood: Mood) {
	    return { mood = say(text).mood };
	}
	END
}

cat >both.c <<'END'
#include <stdio.h>

#include "first.h"
#include "second.h"

int
main(void)
{
	struct first_in a = { .text = "one" };
	struct second_in b = { .text = "two" };
	struct first_out x;
	struct second_out y;
	struct mip_env *env;
	struct mip *m = NULL;
	enum mip_status s = mip_env_new(NULL, &env);

	if (s == MIP_OK)
		m = mip_new(env);
	if (m != NULL && (s = first(m, &a, &x)) == MIP_OK)
		printf("%d\n", (int)x.mood);
	if (m != NULL && (s = second(m, &b, &y)) == MIP_OK)
		printf("%d\n", (int)y.mood);
	mip_free(m);
	mip_env_free(env);
	return mip_status_exit(s);
}
END
cat >over.cc <<'END'
#include <cstdio>

#include "first.h"

static bool
show(void *, const mip_part *part)
{
	return std::printf("%s\n", part->leaf) > 0;
}

int
main()
{
	first_in in = {};
	first_out out = {};
	mip_env *env = nullptr;
	mip *m = nullptr;
	enum mip_status s = mip_env_new(nullptr, &env);

	in.text = "one";
	if (s == MIP_OK)
		m = mip_new(env);
	if (m != nullptr)
		s = mip_stream(m, &first_program, &in, &out, show, nullptr);
	if (s == MIP_OK)
		std::printf("%d\n", static_cast<int>(out.mood));
	mip_free(m);
	mip_env_free(env);
	return mip_status_exit(s);
}
END
echo '{"reply":"{\"mood\":\"SAD\"}"}' >script
lmd_start
source_of first
source_of second
ok 'a program as an object' status 0 "$MIPROC" -c -O0 first.mp -o first.o
ok 'and another' status 0 "$MIPROC" -c -O0 second.mp -o second.o
# ASan marks what it watches by names of its own.
exports() {
	nm -g --defined-only "$1" | awk '$3 !~ /^__odr_asan/ { print $3 }' |
	    sort | tr '\n' ' '
}
ok 'exports its function and its table' \
    [ "$(exports first.o)" = 'first first_program ' ]
library() {
	nm -g --defined-only "$B/libmiproc.a" | awk 'NF == 3 { print $3 }' |
	    grep -v '^mip_' && return 1
	return 0
}
ok 'the library exports mip_ alone' library
inc=-I$B/include
# What it takes is words.
# shellcheck disable=SC2086
ok 'both in one' ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror "$inc" \
    ${TESTCFLAGS-} -o both both.c first.o second.o "$B/libmiproc.a" $LIBS
ok 'answer' status 0 ./both
ok 'each' [ "$(cat out)" = "1
1" ]
# What programs around compiled ones include is one header.
mkdir alone
cp "$B/include/miproc.h" alone
ok 'with miproc.h alone' ${CC:-cc} -std=c11 -Ialone -c -o both.o both.c
# A program is not called in the place of a function of C's library.
for name in malloc write compress; do
	echo "program $name(a: int) -> (c: int) { return { c = a + 1 }; }" \
	    >$name.mp
	ok "a program that is called $name" "$MIPROC" -q -O0 $name.mp -o own
	ok 'runs' status 0 ./own --a 2
	ok 'and answers' says '"c":3'
done
"$MIPROC" -q -w -O0 -S -o names.c "$src/tests/golden/c/names.mp"
if command -v c++ >/dev/null; then
	ok 'C++ takes whatever names' c++ -std=c++20 -Wall -Wextra -Wpedantic \
	    -Werror "$inc" -fsyntax-only -x c++ names.h
	for h in "$src"/runtime/*.h; do
		ok "C++ takes ${h##*/}" c++ -std=c++17 -Wall -Wextra \
		    -Wpedantic -Werror "$inc" -fsyntax-only -x c++ "$h"
	done
	# shellcheck disable=SC2086
	ok 'C++' c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror "$inc" \
	    ${TESTCFLAGS-} -o over over.cc first.o "$B/libmiproc.a" $LIBS
	ok 'runs it' status 0 ./over
	ok 'to its end' [ "$(tail -n 1 out)" = 1 ]
else
	skip 'C++' 'there is no c++'
	skip 'runs it' 'there is no c++'
	skip 'to its end' 'there is no c++'
fi

# ---- made for another runtime ----

cat >direct.c <<'END'
#include <stdio.h>
#include <string.h>

#include "first.h"

static bool
show(void *arg, const struct mip_part *part)
{
	(void)arg;
	(void)part;
	return true;
}

int
main(int argc, char **argv)
{
	const struct mip_options o = { .trace = "runs.jsonl" };
	const struct first_in in = { .text = "one" };
	struct first_out out;
	struct mip_env *env;
	struct mip *m = NULL;
	enum mip_status s = mip_env_new(&o, &env);

	if (s == MIP_OK)
		m = mip_new(env);
	if (m == NULL)
		return 99;
	if (argc > 1 && strcmp(argv[1], "stream") == 0)
		s = mip_stream(m, &first_program, &in, &out, show, NULL);
	else
		s = first(m, &in, &out);
	printf("%s: %s\n", mip_status_word(s), mip_message(m));
	mip_free(m);
	mip_env_free(env);
	return mip_status_exit(s);
}
END
cat >command.c <<'END'
#include "first.h"

int
main(int argc, char **argv)
{
	return mip_main(&first_program, NULL, argc, argv);
}
END
old='the program was made for runtime 4711, this is [0-9]*; compile it again'
ok 'C of a program' status 0 "$MIPROC" -S -O0 first.mp -o first.c
ok 'for another runtime' sh -c \
    'sed "s/\.abi = MIP_ABI/.abi = 4711/" first.c >old.c && ! cmp -s first.c old.c'
for c in direct command; do
	# shellcheck disable=SC2086
	ok "in $c.c" ${CC:-cc} "$inc" ${TESTCFLAGS-} -o new_$c $c.c first.c \
	    "$B/libmiproc.a" $LIBS
	# shellcheck disable=SC2086
	ok 'and the other' ${CC:-cc} "$inc" ${TESTCFLAGS-} -o old_$c $c.c \
	    old.c "$B/libmiproc.a" $LIBS
done
ok 'called from C' status 0 ./new_direct
ok 'it runs' says '^ok: $'
ok 'under its name' grep -q '^{"run":"first","trace":' runs.jsonl
ok 'once' [ "$(grep -c '^{"run":' runs.jsonl)" -eq 1 ]
before=$(requests)
ok 'the other is refused' status 2 ./old_direct
ok 'and it is said why' says "^usage: $old\$"
ok 'as a stream' status 2 ./old_direct stream
ok 'too' says "^usage: $old\$"
for flags in '--text one' --worker --jsonl --prompts; do
	# shellcheck disable=SC2086
	ok "with $flags" status 2 ./old_command $flags
	ok 'too' says "$old"
done
ok 'before anything is asked' [ "$(requests)" -eq "$before" ]
ok 'or traced' [ "$(wc -l <runs.jsonl)" -eq 2 ]

# ---- installed ----

root=$tmp/root
ok 'it is installed' status 0 make -s -C "$src" B="$B" CC="${CC:-cc}" \
    prefix="$root/usr" install
PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
export PKG_CONFIG_PATH
for h in "$src"/runtime/*.h; do
	ok "with ${h##*/}" [ -f "$root/usr/include/${h##*/}" ]
done
ok 'and known to pkg-config' status 0 pkg-config --exists miproc
# shellcheck disable=SC2046,SC2086
ok 'which says how to link' ${CC:-cc} ${TESTCFLAGS-} -o both both.c first.o \
    second.o $(pkg-config --cflags --libs miproc)
ok 'what answers' status 0 ./both
staged() { make -s -C "$src" B="$B" CC="${CC:-cc}" prefix=/opt/miproc \
    DESTDIR="$tmp/stage" "$@"; }
ok 'it is staged' status 0 staged install
ok 'below DESTDIR' [ -x stage/opt/miproc/bin/miproc ]
ok 'and nowhere else' [ ! -e /opt/miproc ]
ok 'for where it will be' grep -qx prefix=/opt/miproc \
    stage/opt/miproc/lib/pkgconfig/miproc.pc
ok 'not for where it is' sh -c '! grep -rlF -e "$1" stage' - "$tmp/stage"
ok 'it can be taken away' status 0 staged uninstall
ok 'whole' [ -z "$(find stage -type f)" ]
done_testing
