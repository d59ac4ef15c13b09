#!/bin/sh
# fmt, cache and completion: the verbs beside the compiler.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd)
cd "$tmp" || exit 1

# ---- fmt ----

# Every program of ours: its layout is its own layout, and the same tree.
stable() {
	"$MIPROC" fmt -o once.mp "$1" && "$MIPROC" fmt -o twice.mp once.mp &&
	    cmp once.mp twice.mp &&
	    "$MIPROC" --emit=ast "$1" >tree1 &&
	    "$MIPROC" --emit=ast once.mp >tree2 &&
	    cmp tree1 tree2 && [ -s tree1 ]
}

for f in "$src"/examples/*/*.mp "$src"/src/tune/*.mp \
    "$src"/tests/golden/ast/*.mp "$src"/tests/golden/c/*.mp \
    "$src"/tests/golden/fmt/*.mp "$src"/tests/golden/ir/*.mp; do
	ok "fmt is stable on ${f##*/}" stable "$f"
done

printf 'const A=1 ;const B =  2;\n' >a.mp
printf 'const A = 1;\n' >b.mp
cp a.mp a.orig
ok '--check gives 1 for a file that would change' \
    status 1 "$MIPROC" fmt --check a.mp b.mp
ok 'and names it alone' test "$(cat out)" = a.mp
ok 'and does not change it' cmp a.mp a.orig
ok '-o - prints' status 0 "$MIPROC" fmt -o - a.mp
ok 'the layout' test "$(cat out)" = "$(printf 'const A = 1;\nconst B = 2;')"
ok 'and leaves the file' cmp a.mp a.orig
ok 'standard input goes to standard output' \
    sh -c '"$0" fmt - <a.mp >piped && cmp piped out' "$MIPROC"
chmod 750 a.mp
ln -s a.mp link.mp
touch -d '2001-01-01' b.mp
cp -p b.mp b.orig
ok 'several files, one by a link' status 0 "$MIPROC" fmt link.mp b.mp
ok 'are written' cmp a.mp piped
ok 'the link stays one' test -h link.mp
ok 'rights stay' test "$(stat -c %a a.mp)" = 750
ok 'what is right is not touched' test ! b.mp -nt b.orig
ok 'nothing is left beside them' test -z "$(ls -- *.tmp 2>/dev/null)"
ok 'then --check is content' status 0 "$MIPROC" fmt --check a.mp b.mp
ok 'and silent' test ! -s out
printf 'const A=1\nprogram {' >bad.mp
cp bad.mp bad.orig
cp a.orig a.mp
ok 'a syntax error gives 1' status 1 "$MIPROC" fmt bad.mp a.mp
ok 'and says where' says '^bad.mp:2:1: error: .*\[MP0101\]'
ok 'leaves that file' cmp bad.mp bad.orig
ok 'and not the others' cmp a.mp piped
ok 'a file that is not there gives 2' status 2 "$MIPROC" fmt none.mp
ok 'one output for two files gives 2' \
    status 2 "$MIPROC" fmt -o x.mp a.mp b.mp
: >empty.mp
ok 'an empty file has a layout' status 0 "$MIPROC" fmt -o - empty.mp
ok 'which is empty' test ! -s out
printf '\357\273\277const A=1; // x  \r\n' >bom.mp
ok 'a byte order mark stays' sh -c '"$0" fmt bom.mp &&
    printf "\357\273\277const A = 1; // x\n" | cmp - bom.mp' "$MIPROC"

# ---- warnings ----

cat >w.mp <<'END'
model m = "openai:gpt-4-0314" { max_tokens = 9; top_k = 3; }
signature S = (t: string) -> (a: string, b: string) "Say.";
module s = predict(S) { model = m; }
program P(t: string, u: string) -> (a: string) { return { a = s(t).a }; }
END
ok 'warnings are no mistakes' status 0 "$MIPROC" check w.mp
for w in deprecated-model provider-option unused-field; do
	ok "$w is told of" says "-W$w\]"
done
ok '-Wno-x' status 0 "$MIPROC" check w.mp -Wno-unused-field
ok 'is silent about x' sh -c '! grep -q unused-field err &&
    grep -q deprecated-model err'
ok '-w is silent' sh -c '"$0" check -w w.mp 2>err && [ ! -s err ]' "$MIPROC"
ok '-Werror=x gives 1' status 1 "$MIPROC" check w.mp -Werror=unused-field
ok 'for x' says 'error: .*-Werror=unused-field\]'
ok 'and nothing else' says 'warning: .*-Wdeprecated-model\]'
ok '-Werror gives 1' status 1 "$MIPROC" check w.mp -Werror
ok '-Wno-x keeps x out of it' status 0 "$MIPROC" check w.mp -Werror \
    -Wno-unused-field -Wno-deprecated-model -Wno-provider-option
ok 'one that begins with no- is on' status 0 "$MIPROC" check w.mp -Wno-price
ok 'and off' status 0 "$MIPROC" check w.mp -Wno-no-price
ok 'one that does not exist gives 2' status 2 "$MIPROC" check w.mp -Wnone
ok '--help=warnings' status 0 "$MIPROC" --help=warnings
ok 'lists those that are off' says '-Wmissing-description .*(off)'
echo 'const A = Q; const B = Q; const C = Q;' >many.mp
ok '-fmax-errors' status 1 "$MIPROC" check many.mp -fmax-errors=1
ok 'stops there' test "$(grep -c ': error: ' err)" = 1
ok 'and says so' says 'too many errors (1)'
ok '-fmax-errors=0 is without end' status 1 "$MIPROC" check many.mp \
    -fmax-errors=0
ok 'and has all' test "$(grep -c ': error: ' err)" -ge 3
echo 'const A = 1
const B = 2;' >many.mp
ok 'JSON has what would help' sh -c '"$0" check many.mp \
    -fdiagnostics-format=json 2>&1 | grep -q "\"string\": \";\""' "$MIPROC"

# ---- cache ----

rows 5 >rows.jsonl
classifier >s.mp
skill >script
lmd_start
ok 'an empty cache has a stat' status 0 "$MIPROC" cache stat
ok 'of nothing' says '^replies  0 '
ok 'and is not made by asking' test ! -e cache
ok 'a run fills it' status 0 "$MIPROC" run s.mp -O0 -- \
    --text 'message 0 of the day'
ok 'stat gives 0' status 0 "$MIPROC" cache stat
ok 'and counts the reply' says '^replies  1 in .*cache.db, [1-9][0-9]* bytes'
ok 'and the build' says '^builds   1 in .*build, [1-9][0-9]* bytes$'
ok 'gc wants a size' status 2 "$MIPROC" cache gc
ok 'and says so' says '--max-size'
ok 'gc with room to spare' status 0 "$MIPROC" cache gc --max-size 1000M
ok 'keeps all' says '^0 replies, 0 builds, 0 indices and 0 stores of'
ok 'gc without room' status 0 "$MIPROC" cache gc --max-size 10
ok 'drops builds first' says '^0 replies, 1 builds, 0 indices and 0 stores of'
ok 'and tells of the replies of a day' says 'stay; `miproc cache clear`'
ok 'the build is gone' test -z "$(ls cache/build)"
ok 'and is made again' status 0 "$MIPROC" run s.mp -O0 -- \
    --text 'message 0 of the day'
ok 'with the reply that was kept' test "$(requests)" = 1
ok 'clear gives 0' status 0 "$MIPROC" cache clear
ok 'and counts' says '^1 replies, 1 builds, 0 indices and 0 stores of'
ok 'nothing is left' status 0 "$MIPROC" cache stat
ok 'of either' sh -c 'grep -q "^replies  0 " out && grep -q "^builds   0 " out'
ok 'another directory' status 0 "$MIPROC" cache stat --cache-dir other
ok 'is another cache' says ' in other/cache.db'
ok 'an unknown word gives 2' status 2 "$MIPROC" cache wipe
echo junk >cache/cache.db
ok 'a cache that is none gives 2' status 2 "$MIPROC" cache stat
ok 'and keeps the file' test "$(cat cache/cache.db)" = junk

# ---- completion ----

for shell in bash zsh fish; do
	ok "--completion=$shell" \
	    sh -c '"$0" --completion=$1 >c.$1 && [ -s c.$1 ]' "$MIPROC" $shell
	"$MIPROC" --help | sed -n 's/^  miproc \([a-z]*\) .*/\1/p
		s/^  --*\([a-zA-Z][a-z-]*\).*/\1/p' >words
	ok "names every verb and option for $shell" sh -c '[ -s words ] &&
	    while read -r w; do grep -q -e "$w" c.$0 || exit 1; done <words' \
	    $shell
	if command -v $shell >/dev/null; then
		ok "which $shell can read" $shell -n c.$shell
	fi
done
ok 'no other shell' status 2 "$MIPROC" --completion=tcsh

# completes WANT WORD...: among what bash offers for the last word.
completes() {
	want=$1
	shift
	bash -c '. ./c.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_miproc
		printf "%s\n" "${COMPREPLY[@]}"' miproc "$@" >offers
	grep -qx -e "$want" offers || { cat offers; return 1; }
}
if command -v bash >/dev/null; then
	ok 'bash completes options' completes --max-cost miproc --max-c
	ok 'verbs' completes explain miproc ex
	ok 'files' completes s.mp miproc fmt s.
	ok 'what an option takes' completes dev miproc eval --split d
	ok 'what a verb takes' completes clear miproc cache cl
	ok 'files of options' completes rows.jsonl miproc --row row
	ok 'what stands behind =' completes plan miproc --emit = pl
	ok 'and at once' completes sarif miproc -fdiagnostics-format =
	ok 'passes' completes share miproc -X sh
	ok 'warnings' completes -Wno-shadow miproc -Wno-sh
fi
# zsh completes in a terminal only; it gets one, and what it makes of a line
# is read from there.
zsh_completes() {
	timeout 30 zsh -f ask.zsh "$@"
}
if command -v zsh >/dev/null; then
	cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty z "TERM=dumb PS1= zsh -f -i"
zpty -w z 'autoload -U compinit; compinit -u -D; . ./c.zsh; echo rea""dy'
zpty -r -m z out '*ready*'
zpty -w -n z "$2"$'\t'
zpty -r -m z out "*$1*"
zpty -d z
END
	ok 'zsh completes options' zsh_completes --max-cost 'miproc --max-co'
	ok 'verbs' zsh_completes explain 'miproc expl'
	ok 'what an option takes' zsh_completes plan 'miproc --emit pl'
	ok 'behind =' zsh_completes sarif 'miproc -fdiagnostics-format=sa'
	ok 'what a verb takes' zsh_completes trials 'miproc show tr'
	ok 'files' zsh_completes rows.jsonl 'miproc --row row'
fi
# fish says itself what it would offer.
if command -v fish >/dev/null; then
	ok 'fish completes options' sh -c 'fish -c "source c.fish
	    complete -C \"miproc --max-c\"" | grep -q "^--max-cost"'
	ok 'verbs' sh -c 'fish -c "source c.fish
	    complete -C \"miproc ex\"" | grep -q "^explain"'
	ok 'what an option takes' sh -c 'fish -c "source c.fish
	    complete -C \"miproc --emit pl\"" | grep -q "^plan"'
	ok 'and a verb' sh -c 'fish -c "source c.fish
	    complete -C \"miproc cache cl\"" | grep -q "^clear"'
fi
done_testing
