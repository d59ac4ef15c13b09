#!/bin/sh
# Dependencies: make and ninja rebuild what has changed, and nothing else.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
dir='a b#c$d:e'
mkdir "$dir" "$dir/lib"

cat >"$dir/lib/part.mp" <<'END'
model m = "openai:x" { base_url = "http://127.0.0.1:9/v1"; max_tokens = 9; }
signature Ask = (text: string) -> (answer: string) "Answer.";
END
cat >"$dir/it.mp" <<'END'
import "lib/part.mp";
module ask = predict(Ask) { model = m; }
program It(text: string) -> (answer: string) {
	return { answer = ask(text).answer };
}
END

cd "$dir" || exit 1
MIP=$MIPROC
export MIP
ok '-M prints' status 0 "$MIPROC" -M it.mp
ok 'the target and its files' test "$(cat "$tmp/out")" = 'it: \
  it.mp \
  lib/part.mp'
ok '-M -c is of the object file' status 0 "$MIPROC" -M -c it.mp
ok 'by its name' says '^it.o: '
ok '-MT names another target' status 0 "$MIPROC" -M -MT 'x y' it.mp
ok 'with its blanks' says '^x\\ y: '
ok '-MF writes to a file' status 0 "$MIPROC" -M -MF deps -MP it.mp
ok 'and nothing to standard output' test ! -s "$tmp/out"
ok '-MP adds a rule for each file but the first' test \
    "$(sed '1,/part.mp$/d' deps)" = '
lib/part.mp:'
ok 'standard input is no file' sh -c '"$MIP" -M -MT x - <it.mp >out &&
    [ "$(cat out)" = "x: \\
  lib/part.mp" ]'
ok 'a directory that is not there gives 2' status 2 "$MIPROC" -M \
    -MF none/deps it.mp
ok '-MD writes beside the output' status 0 "$MIPROC" -O0 -S -MD it.mp -o x.c
ok 'for it' grep -q '^x.c: ' x.c.d
cd "$tmp" || exit 1

# ---- make ----

# A count of what was compiled.
cat >cc <<'END'
#!/bin/sh
echo "$*" >>log
exec "$MIPROC" "$@"
END
chmod +x cc
export MIPROC
compiled() { if [ -f log ]; then wc -l <log; else echo 0; fi; }
later() { touch -d '+2 seconds' "$1"; }

mkdir 'm k#$d'
cp -r "$dir/it.mp" "$dir/lib" 'm k#$d'
cat >Makefile <<'END'
gen/it.c: m\ k\#$$d/it.mp
	@mkdir -p gen
	@./cc -O0 -S -MD -MP -MF gen/it.d -o $@ 'm k#$$d/it.mp'
-include gen/it.d
END
ok 'make builds' make
ok 'once' test "$(compiled)" = 1
ok 'make again' make
ok 'has nothing to do' test "$(compiled)" = 1
later 'm k#$d/lib/part.mp'
ok 'after a change of an import' make
ok 'it builds again' test "$(compiled)" = 2
rm -f gen/it.c
ok 'what was removed' make
ok 'is built again' test "$(compiled)" = 3
sed 's,lib/part,part,' 'm k#$d/it.mp' >x && mv x 'm k#$d/it.mp'
mv 'm k#$d/lib/part.mp' 'm k#$d/part.mp'
later 'm k#$d/it.mp'
ok 'an import that is gone is no mistake under -MP' make
ok 'and the new one is read' test "$(compiled)" = 4
rm -f log

# ---- ninja ----

if command -v ninja >/dev/null; then
	mkdir "n j#\$d"
	cp -r "$dir/it.mp" "$dir/lib" "n j#\$d"
	part="n j#\$d/lib/part.mp"
	cat >build.ninja <<'END'
rule mp
  command = ./cc -O0 -S -MD -MF $out.d -o $out $in
  depfile = $out.d
  deps = gcc
  restat = 1
rule count
  command = echo x >>counted && cp $in $out
build odd$ name.c: mp n$ j#$$d/it.mp
build copy: count odd$ name.c
END
	ok 'ninja builds' ninja
	ok 'once' test "$(compiled)" = 1
	ok 'ninja again' ninja
	ok 'has nothing to do' test "$(compiled)" = 1
	later "$part"
	ok 'after a change of an import' ninja
	ok 'it builds again' test "$(compiled)" = 2
	ok 'but what is made of the same bytes is not' \
	    test "$(wc -l <counted)" = 1
	sed 's/"Answer."/"Reply."/' "$part" >x && mv x "$part"
	later "$part"
	ok 'after a change that shows' ninja
	ok 'that is made anew, too' test "$(wc -l <counted)" = 2
	ok 'ninja has the files' sh -c 'ninja -t deps | grep -qF "$0"' \
	    "$part"
else
	n=$((n + 1))
	echo "ok $n - ninja rebuilds # skip there is no ninja"
fi
done_testing
