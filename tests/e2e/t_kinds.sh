#!/bin/sh
# End to end: five programs of different kinds, as users write them: what they
# say of a row, and that they are tuned on some.
#
# SPDX-License-Identifier: GPL-3.0-or-later
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cp "${SRCDIR:-.}"/tests/e2e/kinds/*.mp "$tmp" || exit 1

cat >"$tmp/script" <<'END'
{"match_system":"List the items","json":{"items":[{"name":" widget ","amount":10.5},{"name":"SHIPPING","amount":5.0},{"name":"--","amount":1}],"vendor":"ACME GmbH"}}
{"match_system":"Write down what","match_user":"built in","json":{"note":"It was built in 1201."}}
{"match_system":"Write down what","json":{"note":null}}
{"match_system":"Answer the question from","json":{"reasoning":"r","answer":"In 1201 AD","sure":0.9}}
{"match_system":"which desk","json":{"desk":"other","urgent":false}}
{"match_system":"Python function","match":"it may not import os","reply":"```python\ndef add(a, b):\n    return a + b\n```\nDone."}
{"match_system":"Python function","reply":"Sure!\n```python\nimport os\ndef add(a, b):\n    return a + b\n```"}
{"match_system":"Mend the contact","match_user":"mess","json":{"name":"Max","email":"max@x.org","phone":null}}
{"match_system":"Mend the contact","json":{"name":"?","email":null,"phone":null}}
{"reply":"Do the task carefully."}
END

awk 'BEGIN {
	for (i = 0; i < 12; i++)
		printf "{\"text\":\"ACME GmbH\\nInvoice no. RE-%d\\nDate: " \
		    "2024-05-%02d\\nIBAN DE89 3704 0044 0532 0130 00\\n" \
		    "Subtotal 10.50\\nTotal: EUR 1,015.50\\n\"," \
		    "\"number\":\"re-%d\",\"date\":\"2024-05-%02d\"," \
		    "\"iban\":\"DE89370400440532013000\"," \
		    "\"names\":[\"Widget\",\"the shipping\"],\"sum\":1015.5}\n",
		    1000 + i, i + 1, 1000 + i, i + 1
}' >"$tmp/invoices.jsonl"
awk 'BEGIN {
	for (k = 0; k < 40; k++)
		filler = filler "The castle stands on a hill. "
	for (i = 0; i < 12; i++)
		printf "{\"text\":\"%s\\n\\nIt was built in %d.\\n\\n%s\"," \
		    "\"question\":\"When was it built?\"%s}\n", filler,
		    1201 + i, filler, i % 4 ? ",\"answers\":[\"MCCI\",\"in " \
		    1201 + i " AD\"]" : ""
}' >"$tmp/questions.jsonl"
awk 'BEGIN {
	print "message,desk,urgent"
	for (i = 0; i < 3; i++) {
		printf "Please refund my invoice %d,billing,false\n", i
		printf "\"The site shows error 500, NOW %d\",TECHNICAL,true\n", i
		printf "My lawyer will sue you %d,legal,false\n", i
		printf "Hello there %d,OTHER,false\n", i
	}
}' >"$tmp/mail.csv"
awk 'BEGIN {
	for (i = 0; i < 6; i++)
		printf "{\"task\":\"add %d numbers\",\"tests\":[\"add(1, 2) == " \
		    "3\"],\"contains\":[\"def add\",\"return\"],\"name\":" \
		    "%s}\n", i, i % 2 ? "\"add\"" : "null"
}' >"$tmp/tasks.jsonl"
awk 'BEGIN {
	for (i = 0; i < 6; i++)
		printf "{\"text\":\"JOHN  smith <John.Smith@Example.org>; " \
		    "+1 (555) 010-%d\\n???\\nmary o'\''neil mary@x.org\\n" \
		    "mess 1\\nlost 2\\nJohn Smith, john.smith@example.org, " \
		    "+1 555 010 %d\",\"contacts\":[{\"name\":\"John Smith\"," \
		    "\"email\":\"john.smith@example.org\",\"phone\":" \
		    "\"+1555010%d\"},{\"name\":\"Mary O'\''neil\",\"email\":" \
		    "\"mary@x.org\"},{\"name\":\"Max\",\"email\":" \
		    "\"max@x.org\"}]}\n", 1000 + i, 1000 + i, 1000 + i
}' >"$tmp/lists.jsonl"
lmd_start

# runs KIND ROWS WANT: what it says of the second row.
runs() {
	"$MIPROC" -q -O0 -o "$tmp/$1" "$tmp/$1.mp" >"$tmp/out" 2>"$tmp/err" &&
	    sed -n 2p "$tmp/$2" | "$tmp/$1" >"$tmp/out" 2>"$tmp/err"
	printf '%s\n' "$3" | diff - "$tmp/out"
}

# tunes KIND SCORE: to the score on test rows as written.
tunes() {
	status 0 "$MIPROC" -o "$tmp/$1.tuned_binary" "$tmp/$1.mp" &&
	    says "before *$2 "
}

ok 'extraction' runs extract invoices.jsonl '{"number":"RE-1001","date":"2024-05-02","iban":"DE89370400440532013000","vendor":"ACME GmbH","items":[{"name":"Widget","amount":10.5},{"name":"Shipping","amount":5.0}],"total":1015.5,"currency":"EUR","agrees":false}'
ok 'question answering' runs qa questions.jsonl '{"answer":"In 1201 AD","notes":["It was built in 1201."]}'
ok 'code' runs code tasks.jsonl '{"code":"def add(a, b):\n    return a + b","name":"add","tries":2,"faults":["it may not import os"]}'
ok 'data cleaning' runs clean lists.jsonl '{"contacts":[{"name":"John Smith","email":"john.smith@example.org","phone":"+15550101001"},{"name":"Mary O'\''neil","email":"mary@x.org","phone":null},{"name":"Max","email":"max@x.org","phone":null}],"mended":1,"dropped":["lost 2"],"domains":["example.org","x.org"]}'

ok 'classification with rules' status 0 "$MIPROC" -q -O0 -o \
    "$tmp/classify" "$tmp/classify.mp"
desk() {
	"$tmp/classify" --message "$1" >"$tmp/out" 2>"$tmp/err"
	printf '%s\n' "$2" | diff - "$tmp/out"
}
ok 'one rule is enough' desk 'Please refund it' \
    '{"desk":"BILLING","urgent":false,"by":"rule"}'
ok 'one outweighs the model' desk 'MY LAWYER' \
    '{"desk":"LEGAL","urgent":true,"by":"model"}'
ok 'several do not agree' desk 'error and refund' \
    '{"desk":"OTHER","urgent":false,"by":"model"}'

ok 'extraction is tuned' tunes extract 1.000
ok 'question answering is tuned' tunes qa '0\.[0-9]*'
ok 'classification is tuned' tunes classify 1.000
ok 'code is tuned' tunes code 0.9[0-9]*
ok 'data cleaning is tuned' tunes clean 1.000
ok 'who writes instructions is told what is wrong' grep -q 'wrong: no note holds any of' "$tmp/log"

sed 's/"answers":\[[^]]*\]/"answers":"1201"/' "$tmp/questions.jsonl" \
    >"$tmp/x.jsonl"
mv "$tmp/x.jsonl" "$tmp/questions.jsonl"
rm -f "$tmp/qa.tuned"
ok 'a row of another type is refused' status 2 "$MIPROC" -o "$tmp/x" \
    "$tmp/qa.mp" --no-cache
ok 'with its line' says 'jsonl:[0-9]*: error: answers: expected string..,'

done_testing
