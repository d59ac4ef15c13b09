#!/bin/sh
# Rows and sources as users bring them: each mistake gives one message that
# says where and what, before anything is asked of a model.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 60 >good.jsonl
cp good.jsonl rows.jsonl
classifier 'random { trials = 2; }' >s.mp
sed 's/jsonl("rows.jsonl")/csv("rows.csv")/' s.mp >c.mp
skill >script
lmd_start

# bad NAME FILE PATTERN...: what is in `in` as rows.jsonl or rows.csv.
bad() {
	what=$1 file=$2
	shift 2
	cp in "$file"
	case $file in
	*.csv) mp=c.mp ;;
	*) mp=s.mp ;;
	esac
	ok "$what" refused "$mp" "$@"
}

refused() {
	mp=$1
	shift
	status 2 "$MIPROC" tune "$mp" || return 1
	for pattern; do
		says "$pattern" || return 1
	done
	[ "$(grep -c . err)" -le 7 ] || { echo 'too many messages'; return 1; }
	[ ! -e s.tuned ] && [ ! -e c.tuned ]
}

# ---- sources ----

ok 'a source of two' status 2 "$MIPROC" check s.mp c.mp
ok 'is told' says "'c.mp' is one argument too many"
mkdir dir.mp
ok 'a directory' status 2 "$MIPROC" check dir.mp
ok 'is told' says 'cannot read dir.mp: Is a directory'
head -c 3000 "$MIPROC" >bin.mp
ok 'a binary' status 1 "$MIPROC" check bin.mp
ok 'is told' says '^bin.mp:1:[0-9]*: error: .*\[MP0102\]'
: >empty.mp
ok 'an empty file' status 1 "$MIPROC" empty.mp -o empty
ok 'has no program' says 'MP0601'
printf '\357\273\277' | cat - s.mp | sed 's/$/\r/' >bom.mp
ok 'a byte order mark and CRLF' status 0 "$MIPROC" check bom.mp
head -c 400 s.mp >cut.mp
ok 'half a file' status 1 "$MIPROC" check cut.mp
ok 'ends too early' says 'found end of file'
for c in '(' '-' '['; do
	awk -v c="$c" 'BEGIN { printf "const X = "
		for (i = 0; i < 50000; i++) printf c
		print "1;" }' >deep.mp
	ok "50000 $c" status 1 "$MIPROC" check deep.mp
	ok 'are too deep' says 'MP0107'
done
if [ "$(id -u)" -ne 0 ]; then
	cp s.mp locked.mp
	chmod 000 locked.mp
	ok 'an unreadable file' status 2 "$MIPROC" check locked.mp
	ok 'is told' says 'cannot read locked.mp: Permission denied'
fi

# ---- JSON lines ----

rm rows.jsonl
ok 'no file of rows' refused s.mp '^rows.jsonl: error: cannot be opened'
mkdir rows.jsonl
ok 'a directory of rows' refused s.mp '^rows.jsonl: error: .*directory'
rmdir rows.jsonl
: >in
bad 'an empty file' rows.jsonl '^rows.jsonl: error: there are no rows'
printf '\n\n' >in
bad 'blank lines' rows.jsonl 'there are no rows'
printf '{"text":"a","label":"POSITIVE"}\n{"text":"b"\n' >in
bad 'a line cut off' rows.jsonl '^rows.jsonl:2:[0-9]*: error: not JSON'
printf '{"text":"a","label":"POSITIVE"}\n3\n' >in
bad 'a number' rows.jsonl '^rows.jsonl:2:1: error: the line is a number'
printf '[\n{"text":"a","label":"POSITIVE"},\n4]\n' >in
bad 'a number in a list' rows.jsonl '^rows.jsonl:3: error: the item is a n'
printf '{"text":"a\377","label":"POSITIVE"}\n' >in
bad 'no UTF-8' rows.jsonl '^rows.jsonl:1:11: error: .*UTF-8'
head -c 5000 "$MIPROC" >in
bad 'a binary' rows.jsonl '^rows.jsonl:1:1: error'
sed '7s/,"label.*/}/' good.jsonl >in
bad 'no label' rows.jsonl '^rows.jsonl:7: error: label: is missing'
sed '7s/"text":/"txt":/' good.jsonl >in
bad 'no input' rows.jsonl '^rows.jsonl:7: error: text: is missing'
sed '7s/"label":"[A-Z]*"/"label":"HAPPY"/' good.jsonl >in
bad 'a label that does not exist' rows.jsonl \
    '^rows.jsonl:7: error: label: expected one of POSITIVE, .*"HAPPY"'
sed '7s/"text":"[^"]*"/"text":null/' good.jsonl >in
bad 'a null' rows.jsonl '^rows.jsonl:7: error: text: .*null'
sed 's/,"label.*/}/' good.jsonl >in
bad 'no label anywhere' rows.jsonl 'error: label: is missing' \
    'and 55 more such rows'
head -n 1 good.jsonl >in
bad 'one row' rows.jsonl 'too few rows: the split leaves none'

# ---- CSV ----

csv() {
	echo text,label
	sed 's/{"text":"\([^"]*\)","label":"\([A-Z]*\)"}/\1,\2/' good.jsonl
}
: >in
bad 'an empty CSV file' rows.csv 'the file is empty'
echo text,label >in
bad 'a header alone' rows.csv 'there are no rows'
printf 'text,label\na,POSITIVE,x\n' >in
bad 'a ragged row' rows.csv '^rows.csv:2: error: the row has 3 cells'
printf 'text,label\na\n' >in
bad 'a short row' rows.csv '^rows.csv:2: error: the row has 1 cells'
printf 'text,label\nx,NEUTRAL\n"a,POSITIVE\nb,NEGATIVE\n' >in
bad 'an open quote' rows.csv '^rows.csv:3: error: .*never closed'
printf 'text,label\na"b,POSITIVE\n' >in
bad 'a stray quote' rows.csv '^rows.csv:2: error: a quote stands'
printf 'text,label\na\377,POSITIVE\n' >in
bad 'Latin-1' rows.csv '^rows.csv:2: error: cell 1 is not UTF-8'
printf 'text,text\na,POSITIVE\n' >in
bad 'two columns of one name' rows.csv '^rows.csv:1: error: columns 1 and'
printf 'text,\na,POSITIVE\n' >in
bad 'a column without a name' rows.csv '^rows.csv:1: error: column 2 has'
csv | sed 1s/text/txt/ >in
bad 'a missing column' rows.csv 'error: text: is missing' 'more such rows'
head -c 50000 "$MIPROC" >in
bad 'a binary' rows.csv '^rows.csv:1: error'
awk 'BEGIN { print "text,label"; s = sprintf("%4096s", "")
	for (i = 0; i < 65 * 256; i++) printf "%s", s
	print ",POSITIVE" }' >in
bad 'a line of 65 MiB' rows.csv '^rows.csv:2: error: the line is over'
ok 'none of them has asked a model' test "$(requests)" = 0

# ---- good, if odd ----

rm -f rows.csv
(printf '\357\273\277'; csv | sed 's/$/\r/') >rows.csv
ok 'CSV with a byte order mark and CRLF' status 0 "$MIPROC" tune c.mp -q
mv c.tuned crlf.tuned
csv | sed 's/^\([^,]*\),/"\1",/' >rows.csv
rm -rf .miproc
ok 'CSV with quotes' status 0 "$MIPROC" tune c.mp -q
ok 'finds the same' sh -c "grep -v sha256 crlf.tuned >a
    grep -v sha256 c.tuned >b; grep -v '\"data' a >a2; grep -v '\"data' b >b2
    cmp a2 b2"
(awk 'BEGIN { printf "{\"text\":\""
	for (i = 0; i < 500000; i++) printf "long "
	print "\",\"label\":\"NEUTRAL\"}" }'; cat good.jsonl) >rows.jsonl
rm -rf .miproc
ok 'a row of 2.5 MB' status 0 "$MIPROC" tune s.mp -q
sed 's/"\([A-Z]*\)"}/"\1","more":[1,{"x":null}]}/' good.jsonl >rows.jsonl
rm -rf .miproc
ok 'fields that nobody asked for' status 0 "$MIPROC" tune s.mp -q
done_testing
