#!/bin/sh
# The fake model server does what its scripts say: each action, with curl.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
LMD=${LMD:-build/lmd}
tmp=$(mktemp -d) || exit 1
pid=
n=0 bad=0
trap 'stop; rm -rf "$tmp"' EXIT

stop() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null
	pid=
}

# start ARG...: the script on standard input.
start() {
	cat >"$tmp/script"
	: >"$tmp/out"
	"$LMD" --script "$tmp/script" --log "$tmp/log" "$@" >"$tmp/out" &
	pid=$!
	i=0
	until grep -q '^listening' "$tmp/out" || [ $i -ge 50 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	url=http://$(sed -n 's/^listening on //p' "$tmp/out")
}

# post BODY [CURL-ARG...]: the answer in $tmp/got, its status in $code.
post() {
	body=$1
	shift
	code=$(curl -s -m 3 -o "$tmp/got" -D "$tmp/head" -w '%{http_code}' \
	    "$@" -d "$body" "$url/v1/chat/completions")
	rc=$?
}

# ask USER [MEMBERS]: a completion for this user message.
ask() {
	post '{"model":"m","messages":[{"role":"system","content":"sys '"${3-}"'"},{"role":"user","content":"'"$1"'"}]'"${2:+,$2}"'}'
}

is() {
	n=$((n + 1))
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		echo "# $*: code ${code-} rc ${rc-}"
		head -c 400 "$tmp/got" | sed 's/^/# /'
		echo
		bad=$((bad + 1))
	fi
}

says() {
	grep -qF -e "$1" "$tmp/got"
}

count() {
	[ "$(grep -c -e "$1" "$tmp/log")" -eq "$2" ]
}

start <<'END'
# comments and blank lines are skipped

{"match_user":"twice","times":2,"reply":"first two"}
{"match_user":"twice","reply":"later"}
{"match_user":"turns","replies":["a1","b2",{"c":3}]}
{"match_user":"third","every":3,"status":503,"error":"third time"}
{"match_user":"third","reply":"fine"}
{"match_system":"judge","match_user":["x1","x2"],"reply":"both"}
{"match_user":"object","json":{"label":"A","n":1}}
{"match_user":"limit","status":429,"headers":{"Retry-After":"1"}}
{"match_user":"think","reasoning":"hmm","reply":"so","finish":"length"}
{"match_user":"refuse","refusal":"I will not","finish":"content_filter"}
{"match_user":"paid","reply":"r","usage":{"prompt_tokens":70,"completion_tokens":9,"cached":64}}
{"match_user":"reset","action":"reset"}
{"match_user":"half","action":"truncate","reply":"long enough to be cut"}
{"match_user":"page","action":"html"}
{"match_user":"never","action":"hang"}
{"match_user":"drip","action":"slow"}
{"match_user":"huge","action":"huge","mb":3}
{"match_user":"bytes","action":"badutf8","reply":"rest"}
{"match_user":"wait","delay_ms":300,"reply":"waited"}
{"match_user":"odd","unless":"even","reply":"odd one"}
{"match_user":"quote","reply":"a \"b\"\n\tc\u0001 \u00e9"}
{"path":"/find","match":"\"q\":\"x y\"","json":[{"text":"found"}]}
{"path":"/find","status":404,"error":"nothing"}
END

ask twice; ask twice; is 'times: second' says 'first two'
ask twice; is 'times: used up' says later
ask turns; is 'replies: first' says a1
ask turns; is 'replies: second' says b2
ask turns; is 'replies: third, JSON' says '{\"c\":3}'
ask turns; is 'replies: round' says a1
ask third; is 'every: not yet' [ "$code" = 200 ]
ask third; ask third; is 'every: third' [ "$code" = 503 ]
is 'every: its message' says 'third time'
ask third; is 'every: after' [ "$code" = 200 ]
ask 'x1 x2' '' judge; is 'all of several' says both
ask 'x1' '' judge; is 'not all of several' [ "$code" = 400 ]
ask object; is 'json' says '"content":"{\"label\":\"A\",\"n\":1}"'
ask limit; is 'status' [ "$code" = 429 ]
is 'headers' grep -qi '^retry-after: 1' "$tmp/head"
ask think; is 'reasoning' says '"reasoning_content":"hmm"'
is 'finish' says '"finish_reason":"length"'
ask refuse; is 'refusal' says '"content":null,"refusal":"I will not"'
ask paid; is 'usage' says '"prompt_tokens":70,"completion_tokens":9,"total_tokens":79,"prompt_tokens_details":{"cached_tokens":64}'
ask reset; is 'reset' [ "$rc" -eq 56 -o "$rc" -eq 52 ]
ask half; is 'truncate' [ "$rc" -eq 18 ]
ask page; is 'html' grep -qi '^content-type: text/html' "$tmp/head"
post '{"messages":[{"role":"user","content":"never"}]}' -m 1
is 'hang' [ "$rc" -eq 28 ]
post '{"messages":[{"role":"user","content":"drip"}]}' -m 1
is 'slow' [ "$rc" -eq 28 -a "$(wc -c <"$tmp/got")" -ge 3 -a \
    "$(wc -c <"$tmp/got")" -le 15 ]
ask huge; is 'huge' [ "$(wc -c <"$tmp/got")" -gt 3000000 ]
ask bytes; is 'badutf8' sh -c "LC_ALL=C grep -q '$(printf '\377\303(rest')' $tmp/got"
is 'delay' sh -c "
	a=\$(date +%s%N)
	curl -s -o /dev/null -d '{\"messages\":[{\"role\":\"user\",\"content\":\"wait\"}]}' $url/v1/chat/completions
	[ \$(((\$(date +%s%N) - a) / 1000000)) -ge 300 ]"
ask odd; is 'unless: absent' says 'odd one'
ask 'odd even'; is 'unless: present' [ "$code" = 400 ]
ask quote; is 'quoting' says '"a \"b\"\n\u0009c\u0001 é"'
ask turns '"n":2'; is 'several choices' says '"index":1'
ask turns '"stream":true'; is 'stream' says 'data: [DONE]'
is 'stream: pieces' says '"delta":{"content":"{\"c\":3}"}'
bare() {
	code=$(curl -s -m 3 -o "$tmp/got" -w '%{http_code}' "$@")
}
bare "$url/find?k=2&q=x%20y"; is 'path: GET' [ "$(cat "$tmp/got")" = '[{"text":"found"}]' ]
is 'log: arguments' grep -q '"path":"/find","auth":false,"body":{"k":"2","q":"x y"}' "$tmp/log"
bare -d '{"q":"x y"}' -H 'X-Key: k' "$url/find"; is 'path: POST' says found
is 'log: a key' grep -q '"path":"/find","auth":true,"body":{"q":"x y"}' "$tmp/log"
bare "$url/find"; is 'path: no rule but the last' [ "$code" = 404 ]
bare "$url/none"; is 'path: none' [ "$code" = 404 ]
post '{bad'; is 'not JSON' [ "$code" = 400 ]
is 'log: not JSON' grep -q '"body":"{bad"' "$tmp/log"
post '{"messages":[{"role":"user","content":"twice"}],
"key":1}' -H 'Authorization: Bearer hidden'
is 'log: one line' grep -q '"auth":true,"body":{"messages":\[{"role":"user","content":"twice"}\],"key":1},' "$tmp/log"
is 'log: no key' [ "$(grep -c hidden "$tmp/log")" -eq 0 ]
is 'log: refusals' count '"status":429' 1
is 'log: silence' count '"status":0' 2
is 'log: numbered' [ "$(sed 's/{"n":\([0-9]*\).*/\1/' "$tmp/log" | sort -n | uniq | tail -n 1)" -eq "$(wc -l <"$tmp/log")" ]
curl -s "$url/lmd/stats" >"$tmp/got"
is 'stats' says '"429":1'
curl -s "$url/lmd/log" >"$tmp/got"; is 'log over HTTP' cmp "$tmp/got" "$tmp/log"
curl -s "$url/v1/models" >"$tmp/got"; is 'models' says '"id":"lmd"'
curl -s "$url/health" >"$tmp/got"; is 'health' says ok
curl -s -d '{"input":["red fox","a red fox"]}' "$url/v1/embeddings" >"$tmp/got"
is 'embeddings' says '"index":1,"embedding":['
code=$(curl -s -o "$tmp/got" -w '%{http_code}' "$url/nowhere")
is 'nothing there' [ "$code" = 404 ]
curl -s -m 5 -o /dev/null -d '{"messages":[{"role":"user","content":"never"}]}' \
    "$url/v1/chat/completions" &
sleep 0.2
kill "$pid"; wait "$pid"; rc=$?; pid=
is 'ends at once on SIGTERM' [ "$rc" -eq 0 ]
wait

# A model with a skill.
cat >"$tmp/rows.jsonl" <<'END'
{"text":"my invoice","label":"BILLING"}
{"text":"my invoice crashed","label":"BUG"}
{"text":"two \"words\"","label":"OTHER"}
END
start <<END
{"match_user":"certain","task":{"answers":[["invoice","A"]],"field":"label","base":1}}
{"match_user":"unsure","task":{"answers":[["invoice","A"]],"field":"label","base":0,"wrong":["A","B"]}}
{"match_system":"garbled","task":{"answers_file":"rows.jsonl","in":"text","label":"label","garble":1}}
{"task":{"answers_file":"rows.jsonl","in":"text","label":"label","base":0,"bonus":[{"contains":"carefully","add":0.5},{"format":"markers","add":0.5},{"format":"json","add":1}],"wrong":["NONE"]}}
END
text() {
	says "\"content\":\"$1\""
}
S='"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"why":{"type":"string"},"label":{"enum":["BUG"]},"n":{"type":"integer","minimum":4}}}}}'
ask 'certain invoice'; is 'task: known' text A
ask 'unsure invoice'; is 'task: wrong is not right' text B
ask 'my invoice crashed' "$S"; is 'task: by schema, longest input' \
    text '{\"why\":\"As the input says.\",\"label\":\"BUG\",\"n\":4}'
ask 'my invoice'; is 'task: no skill' text NONE
ask 'my invoice' '' 'carefully [[ ## label ## ]]'; is 'task: markers, bonus' \
    text '[[ ## label ## ]]\nBILLING\n[[ ## completed ## ]]\n'
ask 'two \"words\"' '' '{\"label\": ...}'; is 'task: JSON by words' \
    text '{\"label\":\"OTHER\"}'
ask 'my invoice' '' '<label>x</label>'; is 'task: tags' \
    text '<label>NONE</label>\n'
ask 'my invoice' '' 'x\nLabel: one of these'; is 'task: lines' \
    text 'Label: NONE\n'
ask 'my invoice' '' 'Output fields:\n- why (string): x\n- label (string)\n\n[[ ## label ## ]] carefully'
is 'task: listed fields' text '[[ ## why ## ]]\nAs the input says.\n[[ ## label ## ]]\nBILLING\n[[ ## completed ## ]]\n'
ask 'my invoice' "$S" 'garbled'; is 'task: garbled' text '{\"I would like to'
cp "$tmp/got" "$tmp/before"
ask 'my invoice' "$S" 'garbled'; is 'task: same again' cmp "$tmp/got" "$tmp/before"
stop

echo '{"reply":"x","mach":"y"}' >"$tmp/script"
is 'a misspelt word is refused' sh -c "! '$LMD' --script '$tmp/script' </dev/null"
is 'ends with its input' sh -c "'$LMD' --stdin-eof </dev/null"
echo "1..$n"
[ "$bad" -eq 0 ]
