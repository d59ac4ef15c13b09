#!/bin/sh
# The compiler as its users run it: stages, outputs, exit statuses.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
runtime=$(cd "${SRCDIR:-.}/runtime" && pwd)
cd "$tmp" || exit 1
rows 120 >rows.jsonl
classifier >s.mp
strict='-std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow
	-Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual
	-Wswitch-enum -Wformat=2 -Werror'
skill >script
lmd_start

# ---- without a model ----

ok 'check is quiet on a good file' status 0 "$MIPROC" check s.mp
ok '-fsyntax-only is the same' status 0 "$MIPROC" -fsyntax-only s.mp
printf 'program P( -> {\n' >bad.mp
ok 'a bad file gives 1' status 1 "$MIPROC" bad.mp -o bad
ok 'and says where' says '^bad.mp:1:12: error: .*\[MP0101\]'
ok 'and writes nothing' test ! -e bad
ok 'no file gives 2' status 2 "$MIPROC" none.mp -o none
ok 'and says so' says 'cannot read none.mp'
ok 'an unknown option gives 2' status 2 "$MIPROC" s.mp --lokced
ok 'and is guessed' says 'did you mean --locked'
ok '--version' status 0 "$MIPROC" --version
ok 'says the version' says '^miproc [0-9]'
ok '--locked without a tuned file gives 7' status 7 "$MIPROC" s.mp --locked
ok 'and says what to do' says 'miproc tune s.mp'

# ---- as written ----

ok '-O0 compiles' status 0 "$MIPROC" s.mp -O0 -o s0
ok 'and asks no model' test "$(requests)" = 0
ok 'the binary answers' status 0 ./s0 --text 'message 0 of the day'
ok 'with JSON' says '^{"label":"[A-Z]*"}$'
ok 'twice, the second time from the cache' status 0 \
    ./s0 --text 'message 0 of the day'
ok 'which is no request' test "$(requests)" = 1
ok '--offline answers, too' status 0 ./s0 --offline \
    --text 'message 0 of the day'
ok '--offline fails on what is not there' status 7 ./s0 --offline --text new
ok 'an unknown flag gives 2' status 2 ./s0 --txet x
ok 'a missing input gives 2' status 2 ./s0 --jsonl /nonexistent
printf '%s\n' '{"text":"message 0 of the day"}' '{"nope":1}' \
    '{"text":"message 7919 of the day"}' >in.jsonl
ok 'a batch with a bad row gives 8' status 8 ./s0 --jsonl in.jsonl -j 3
ok 'and a line for each row' test "$(wc -l <out)" = 3
ok 'in order' sh -c 'sed -n 2p out | grep -q "\"error\""'

# ---- C ----

ok '-S writes C' status 0 "$MIPROC" s.mp -O0 -S -o x.c
ok 'that compiles under strict flags' ${CC:-cc} $strict -I"$runtime" \
    -c x.c -o x.o
cp x.c first.c
touch -d '2001-01-01' x.c
ok 'writing it again' status 0 "$MIPROC" s.mp -O0 -S -o x.c
ok 'leaves it alone' test first.c -nt x.c
ok '-c -MD writes an object, a header and dependencies' \
    status 0 "$MIPROC" s.mp -O0 -c -o sent.o -MD
ok 'of which make can read the last' grep -q '^sent.o: ' sent.o.d
cat >use.c <<'END'
#include <stdio.h>
#include "sent.h"

int
main(void)
{
	struct mip_env *env;
	struct Sentiment_out out;
	struct mip *m;
	enum mip_status s = mip_env_new(NULL, &env);

	if (s != MIP_OK)
		return 1;
	m = mip_new(env);
	s = Sentiment(m, &(struct Sentiment_in){
	    .text = "message 0 of the day" }, &out);
	if (s == MIP_OK)
		printf("label %d\n", (int)out.label);
	else
		printf("%s\n", mip_message(m));
	mip_free(m);
	mip_env_free(env);
	return s != MIP_OK;
}
END
lib=$(dirname "$MIPROC")/libmiproc.a
ok 'a C program links it' ${CC:-cc} -std=c11 -I"$runtime" -o use use.c sent.o \
    "$lib" ${RT_LIBS:--lcurl -lcjson -lsqlite3 -lpcre2-8 -lutf8proc -lcrypto} \
    -lpthread -lm ${CFLAGS:-}
ok 'and runs it' status 0 ./use
ok 'with an answer' says '^label [012]$'
ok '-S with a directory writes a tree' status 0 "$MIPROC" s.mp -O0 -S -o tree/
ok 'that builds alone' make -s -C tree CFLAGS='-O0'
ok 'and answers' status 0 tree/s --text 'message 0 of the day'

# ---- emission ----

for kind in ast ir plan eval prompts schema gbnf; do
	ok "--emit=$kind" status 0 "$MIPROC" -O0 --emit=$kind s.mp
	ok "of $kind is not empty" test -s out
done
ok 'show prompt' status 0 "$MIPROC" show prompt s.mp
ok 'shows the instruction' says 'Decide the sentiment'
ok 'explain' status 0 "$MIPROC" explain MP0101
ok 'of nothing gives 2' status 2 "$MIPROC" explain MP9999
ok 'run passes arguments' status 0 "$MIPROC" run s.mp -O0 -- \
    --text 'message 0 of the day'

# ---- no server, no key ----

lmd_stop
ok 'no server gives 3' status 3 ./s0 --text 'nobody has asked this'
ok 'and says which' says 'http://127.0.0.1:'
done_testing
