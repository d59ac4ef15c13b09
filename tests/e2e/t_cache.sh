#!/bin/sh
# Replies that are kept: recordings and their replay, export and import, the
# size of the cache, a cache that may only be read.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 60 >rows.jsonl
classifier >s.mp
skill >script
lmd_start

# ---- a program ----

ok 'a build' status 0 "$MIPROC" -q -O0 s.mp -o s
ok 'a run that is recorded' status 0 ./s --record rec.db \
    --text 'message 1 of the day'
cp out first
ok 'and one from the cache' status 0 ./s --record rec.db \
    --text 'message 2 of the day'
ok 'once more' status 0 ./s --record rec.db --text 'message 2 of the day'
cp out second
ok 'asks twice' test "$(requests)" = 2
ok 'replayed' status 0 ./s --replay rec.db --text 'message 1 of the day'
ok 'says the same' cmp out first
ok 'so does what was taken from the cache' status 0 ./s --replay rec.db \
    --text 'message 2 of the day'
ok 'word for word' cmp out second
ok 'another row' status 7 ./s --replay rec.db --text 'message 3 of the day'
ok 'is not there' says 'is not in the recording rec.db'
ok 'and was not asked for' test "$(requests)" = 2
ok 'no recording' status 2 ./s --replay none.db --text x
ok 'is said' says 'the recording cannot be used: .*none.db'
ok 'and not made' test ! -e none.db
ok 'a replay that is recorded' status 0 ./s --replay rec.db --record copy.db \
    --text 'message 1 of the day'
ok 'can be replayed' status 0 ./s --replay copy.db \
    --text 'message 1 of the day'
ok 'run takes them, too' status 0 "$MIPROC" run -O0 --replay rec.db s.mp -- \
    --text 'message 1 of the day'
ok 'and says the same' cmp out first

sed -n 's/.*\("text": *"[^"]*"\).*/{\1}/p' rows.jsonl >all.jsonl
ok 'run is offline where it is to be' status 7 "$MIPROC" run -O0 --offline \
    s.mp -- --text 'message 7 of nobody'
ok 'and keeps to a limit' status 4 "$MIPROC" run -O0 --no-cache -j 2 \
    --max-calls 3 s.mp -- --jsonl all.jsonl
ok 'to the last call' test "$(requests)" = 5
ok 'and asks whom it is told to' status 3 "$MIPROC" run -O0 --no-cache \
    --base-url http://127.0.0.1:9/v1 s.mp -- --text x
ok 'which it names' says 127.0.0.1:9
ok 'and another model' status 0 "$MIPROC" run -O0 --no-cache \
    --model local=openai:other --trace run.t --usage-file run.u s.mp -- --text x
ok 'and writes what it is told to' grep -q '"id":"other"' run.t
ok 'and what it took' grep -q '"calls":1,' run.u

# ---- tuning, offline, byte for byte ----

ok 'tuning that is recorded' status 0 "$MIPROC" tune s.mp --seed 5 -j 4 \
    --record tune.db
cp s.tuned recorded.tuned
lmd_stop
mkdir elsewhere
cp s.mp rows.jsonl tune.db elsewhere
chmod 400 elsewhere/tune.db
cd elsewhere || exit 1
ok 'replayed without a server' status 0 "$MIPROC" tune s.mp --seed 5 -j 3 \
    --replay tune.db --cache-dir "$tmp/empty"
ok 'gives the same file' cmp s.tuned ../recorded.tuned
ok 'another seed' status 7 "$MIPROC" tune s.mp --seed 6 --replay tune.db \
    --cache-dir "$tmp/empty"
ok 'asks for more' says 'is not in the recording tune.db'
cd ..

# ---- export, import ----

ok 'export' status 0 "$MIPROC" cache export all.db
ok 'counts' says '^[1-9][0-9]* replies written$'
ok 'once more' status 0 "$MIPROC" cache export all.db
ok 'it is all there' says '^0 replies written, beside [1-9][0-9]* that were'
ok 'import into another cache' status 0 "$MIPROC" cache import all.db \
    --cache-dir other
ok 'counts them, too' says '^[1-9][0-9]* replies are new in the cache$'
ok 'the second time' status 0 "$MIPROC" cache import all.db --cache-dir other
ok 'nothing is new' says '^0 replies are new'
ok 'a run with it needs no server' status 0 ./s --offline --cache-dir other \
    --text 'message 2 of the day'
ok 'and says the same' cmp out second
ok 'a recording is imported likewise' status 0 "$MIPROC" cache import rec.db \
    --cache-dir third
ok 'with its two replies' says '^2 replies'
ok 'export wants a file' status 2 "$MIPROC" cache export
ok 'and says so' says 'cache export wants a file'
ok 'stat wants none' status 2 "$MIPROC" cache stat x.db
ok 'import of what is not there' status 2 "$MIPROC" cache import none.db
ok 'names it' says 'none.db'
echo junk >junk.db
ok 'import of junk' status 2 "$MIPROC" cache import junk.db
ok 'names it, too' says 'junk.db'
ok 'and does not call for its end' sh -c '! grep remove err'
ok 'export over it' status 2 "$MIPROC" cache export junk.db
ok 'leaves it alone' test "$(cat junk.db)" = junk
ok 'import of a folder' status 2 "$MIPROC" cache import other
ok 'says that it is one' says 'other: Is a directory'
ok 'a replay of what is not there' status 2 ./s --replay none.db --text x
ok 'says that it is not' says 'none.db: No such file'

# ---- its size ----

ok 'a size of gigabytes' status 0 "$MIPROC" cache gc --max-size 10G
ok 'a size that is a word' status 2 "$MIPROC" cache gc --max-size lots
ok 'is told what one is' says 'a whole number, as 500, 20k or 20M, not .lots'

lmd_start
ok 'a size that is none' status 2 env MIPROC_CACHE_SIZE=lots ./s --text x
ok 'is said' says 'MIPROC_CACHE_SIZE is lots'
rows 8000 >many.jsonl
sed -n 's/.*\("text": *"[^"]*"\).*/{\1}/p' many.jsonl >in.jsonl
ok 'many rows in a small cache' status 0 env MIPROC_CACHE_SIZE=1M sh -c \
    './s --jsonl --cache-dir small <in.jsonl'
kept() {
	"$MIPROC" cache stat --cache-dir small |
	    sed -n 's/^replies  \([0-9]*\).*/\1/p'
}
ok 'all are answered' test "$(wc -l <out)" = 8000
ok 'the latest ones are kept' sh -c "[ $(kept) -gt 100 ] && [ $(kept) -lt 7000 ]"

# ---- the key of a call, however its request was hashed ----

before=$(requests)
sed "s/Decide the sentiment./&$(printf '%0900d' 0 | sed 's/0/ Think./g')/" \
    s.mp >long.mp
ok 'a long instruction' status 0 "$MIPROC" -q -O0 long.mp -o long
sed -n 's/.*\("text": *"[^"]*"\).*/{\1}/p' rows.jsonl >in.jsonl
ok 'all rows together' status 0 sh -c './long -j 3 --jsonl <in.jsonl'
mv out together
ok 'are asked for' test "$(requests)" = $((before + 60))
ok 'in another order' status 0 sh -c \
    'sort -r in.jsonl | ./long --offline -j 1 --jsonl'
ok 'they are known' sh -c 'sort out >a; sort together >b; cmp a b'
for i in 1 2 59 60; do
	sed -n "${i}p" in.jsonl >row.jsonl
	sed -n "${i}p" together >b
	ok "row $i alone" status 0 ./long --offline --jsonl row.jsonl
	ok 'is known, too' cmp out b
done

# ---- one that is ruined ----

mkdir ruin
dd if=/dev/zero of=ruin/cache.db bs=1024 count=64 2>/dev/null
ok 'a cache of something else' status 0 ./s --cache-dir ruin \
    --text 'message 2 of the day'
ok 'is gone without' says 'going on without the cache: ruin/cache.db: '
ok 'and cleared' status 0 "$MIPROC" cache clear --cache-dir ruin
ok 'and then' status 0 ./s --cache-dir ruin --text 'message 2 of the day'
ok 'is one' sh -c '[ ! -s err ]'
ok 'more in it' status 0 ./s --jsonl --cache-dir ruin in.jsonl
dd if=/dev/zero of=ruin/cache.db bs=4096 seek=1 count=200 conv=notrunc \
    2>/dev/null
ok 'a cache with holes' status 0 ./s --cache-dir ruin \
    --text 'message 5 of the day'
ok 'is gone without, too' says 'ruin/cache.db: .*; remove it, and'
ok 'and cleared as well' status 0 "$MIPROC" cache clear --cache-dir ruin
ok 'and is one' status 0 ./s --cache-dir ruin --text 'message 5 of the day'
ok 'without a word' sh -c '[ ! -s err ]'

# ---- one that may only be read ----

chmod 755 "$tmp"
chmod -R a+rX other s
chmod 444 other/cache.db
nobody=
[ "$(id -u)" -ne 0 ] || nobody='setpriv --reuid 65534 --clear-groups'
ok 'a cache that may only be read' status 0 $nobody ./s --cache-dir other \
    --text 'message 2 of the day'
ok 'is read' cmp out second
ok 'with a word' says 'the cache is only read'
ok 'which names it' says 'other/cache.db'

ok 'its size' status 0 $nobody "$MIPROC" cache stat --cache-dir other
ok 'is told' says '^replies  [1-9]'
ok 'clearing it' status 2 $nobody "$MIPROC" cache clear --cache-dir other
ok 'is refused' says 'other/cache.db: Permission denied'
before=$(requests)
ok 'and what is not there' status 0 $nobody ./s --cache-dir other \
    --text 'message 4 of the day'
ok 'is asked for' test "$(requests)" = $((before + 1))
chmod 555 other
chmod 666 other/cache.db
ok 'a cache in a folder that may only be read' status 0 $nobody ./s \
    --cache-dir other --text 'message 2 of the day'
ok 'is read, too' cmp out second
ok 'with the same word' says 'the cache is only read'
chmod 755 other
done_testing
