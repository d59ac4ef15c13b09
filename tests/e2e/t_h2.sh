#!/bin/sh
# HTTP/2, as providers speak it over TLS: how many connections there are, and
# what happens to calls when streams and connections end badly.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
. "${SRCDIR:-.}/tests/e2e/wired.sh"
again='retry { attempts = 3; backoff = 10ms; }'
source "$again timeout = 30s;" >w.mp
ok 'it compiles' status 0 "$MIPROC" -O0 -Werror w.mp -o w
source "$again timeout = $(slow 700)ms;" >brief.mp
ok 'for silence' status 0 "$MIPROC" -O0 -Werror brief.mp -o brief
source "$again timeout = $(slow 2)s;" >batch.mp
ok 'of some calls' status 0 "$MIPROC" -O0 -Werror batch.mp -o batch

mkdir d
body='{"choices":[{"message":{"role":"assistant","content":"{\"kind\":\"ALPHA\"}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3}}'
# reply FILE STATUS [HEADER...]
reply() {
	file=d/$1
	shift
	{
		printf 'HTTP/1.1 %s\r\n' "$1"
		shift
		for header; do printf '%s\r\n' "$header"; done
		printf 'Content-Type: application/json\r\n\r\n%s' "$body"
	} >"$file"
}
reply plain '200 OK'
reply bit.drip '200 OK' "Content-Length: ${#body}"
{
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
	for part in '{\"kind\":' '\"AL' 'PHA\"}'; do
		printf 'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' "$part"
	done
	printf 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
	printf 'data: [DONE]\n\n'
} >d/events.drip
reply over '200 OK' 'Content-Length: 40'
reply short '200 OK' 'Content-Length: 9000'
reply once-429 '429 Slow' 'retry-after-ms: 300'
reply denied '401 No'

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key \
	    -out root.pem -subj /CN=root -days 2 \
	    -addext subjectAltName=IP:127.0.0.1
}
ok 'a certificate is made' certificate
SSL_CERT_FILE=$tmp/root.pem
export SSL_CERT_FILE

# wired NAME STREAMS DELAY-MS
wired() {
	listen "$1" "$WIRED" --dir d --log "$1.log" --cert root.pem \
	    --key root.key --h2 "$2" --delay "$3"
	URL=https://$at/v1
	export URL
}

# ---- one call ----

wired one 100 0
# asks NAME STATUS TIMES PATTERN [PROGRAM]: the answer to that reply, after so
# many requests.
asks() {
	: >one.log
	status "$2" ./"${5:-w}" --no-cache --text "wire:$1" || return 1
	says "$4" || return 1
	[ "$(cat out err | wc -l)" -eq 1 ] || { echo 'not one line'; return 1; }
	[ "$(grep -cv 'answered\|lost\|cancelled' one.log)" -eq "$3" ] || {
		echo "not $3 requests:"
		cat one.log
		return 1
	}
}
connections() {
	cut -d ' ' -f 2 "${1:-one.log}" | sort -u | wc -l
}
ok 'a reply' asks plain 0 1 ALPHA
ok 'was answered' grep -qx 'h2 [0-9]* 1 answered' one.log
ok 'a byte in each frame' asks bit.drip 0 1 ALPHA
ok 'events, a byte in each frame' status 0 ./w --no-cache --stream \
    --text wire:events.drip
ok 'their end is the answer' says '"kind":"ALPHA"'
again='(3 attempts)$'
ok 'more than was said' asks over 3 3 "$again"
ok 'less than was said' asks short 3 3 "$again"
ok 'a status' asks denied 3 1 'answered 401'
ok 'nothing' asks x.hang 3 3 "timed out after [0-9]* milliseconds.*$again" \
    brief
ok 'the server is told' test "$(grep -c 'cancelled\|lost' one.log)" -eq 3
ok 'streams that are reset' asks x.reset 3 3 "$again"
ok 'are asked for anew' asks once-a.reset 0 2 ALPHA
ok 'a stream that is not taken' asks once-a.refuse 0 2 ALPHA
ok 'a server that goes away' asks once-a.goaway 0 2 ALPHA
ok 'is asked on another connection' test "$(connections)" -eq 2
ok 'one that says why' asks once-a.calm 0 2 ALPHA
ok 'a connection that is cut' asks once-a.cut 0 2 ALPHA
ok 'one that says nothing any more' asks once-a.mute 0 2 ALPHA brief
ok 'is given up' test "$(connections)" -eq 2
before=$(date +%s%3N)
ok 'Retry-After' asks once-429 0 2 ALPHA
ok 'is waited for' test $(($(date +%s%3N) - before)) -ge 300
# ---- many ----

# rows_of N [NAME EVERY]: every so many-th is told to befall so.
rows_of() {
	awk -v n="$1" -v name="${2-}" -v every="${3:-0}" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "{\"text\":\"row %d%s\"}\n", i,
			    every && i % every == 0 ? " wire:" name : ""
	}' >rows.in
}
# batch LOG JOBS ROWS [PROGRAM]: all rows have their answers.
batch() {
	: >"$1.log"
	status 0 ./"${4:-w}" --no-cache --jsonl rows.in -j "$2" || return 1
	[ "$(grep -c ALPHA out)" -eq "$3" ] || {
		echo "$(grep -c ALPHA out) answers"
		return 1
	}
}
# answered LOG N: so many were, in all.
answered() {
	[ "$(grep -c answered "$1.log")" -eq "$2" ] || {
		echo "$(grep -c answered "$1.log") answered, not $2"
		return 1
	}
}
# ended LOG WORD MOST: so many streams at most ended so.
ended() {
	[ "$(grep -c " $2\$" "$1.log")" -le "$3" ] || {
		grep -c " $2\$" "$1.log"
		return 1
	}
}
wired many 100 50
rows_of 256
ok 'many rows' batch many 64 256
ok 'no call is made twice' answered many 256
ok 'they share connections' test "$(connections many.log)" -le 4
wired few 8 50
ok 'a server that takes few at once' batch few 64 256
ok 'no call is made twice' answered few 256
ok 'has more connections' test "$(connections few.log)" -ge 4
wired away 100 50
: >lost
for fault in refuse reset goaway calm; do
	rows_of 60 once-$fault.$fault 30
	ok "many rows: $fault" batch away 16 60
	ok 'no call is made twice' answered away 60
	grep ' lost$' away.log >>lost
done
ok 'the faults were there' test "$(grep -c lost lost)" -ge 4
rows_of 60 once-cut.cut 30
ok 'many rows: cut' batch away 16 60
ok 'what was on its way is lost' ended away lost 16
rows_of 120 once-one.mute 60
ok 'many rows: silence' batch away 8 120 batch
ok 'no call is made twice' answered away 120
ok 'the silent one is asked no more' ended away 'lost\|cancelled' 24

# ---- without TLS ----

listen clear "$WIRED" --dir d --log clear.log
ok 'HTTP/1.1 where there is no TLS' status 0 env "URL=http://$at/v1" ./w \
    --no-cache --text plain
ok 'and no other is asked for' grep -qx 'POST /v1/chat/completions HTTP/1.1' \
    clear.log
done_testing
