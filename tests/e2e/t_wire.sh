#!/bin/sh
# What may come over a line: replies that are cut, endless, empty, odd; TLS that
# is not to be trusted; proxies.  Each is read, or told of in one line, after as
# many attempts as make sense.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
. "${SRCDIR:-.}/tests/e2e/wired.sh"

again='retry { attempts = 2; backoff = 10ms; }'
source "$again timeout = 30s;" >w.mp
source "$again timeout = $(slow 700)ms;" >brief.mp
ok 'it compiles' status 0 "$MIPROC" -O0 -Werror w.mp -o w
ok 'for what takes too long' status 0 "$MIPROC" -O0 -Werror brief.mp -o brief

# ---- replies ----

mkdir d
body='{"choices":[{"message":{"role":"assistant","content":"{\"kind\":\"ALPHA\"}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3}}'
len=${#body}
hex=$(printf %x "$len")
type='Content-Type: application/json'
chunked='Transfer-Encoding: chunked'

# top STATUS [HEADER...]
top() {
	printf 'HTTP/1.1 %s\r\n' "$1"
	shift
	for header; do printf '%s\r\n' "$header"; done
	printf '\r\n'
}

# reply FILE STATUS [HEADER...]: the body from standard input.
reply() {
	file=d/$1
	shift
	{ top "$@"; cat; } >"$file"
}
say() {
	printf '%s' "$body"
}
# lasting FILE: a whole one of some length.
lasting() {
	say | reply "$1" '200 OK' "$type" "Content-Length: $len"
}
# closing FILE: what ends with the connection.
closing() {
	reply "$1" '200 OK' "$type" 'Connection: close'
}

lasting plain
lasting whole.keep
lasting all.drip
say | reply text '200 OK' 'Content-Type: text/plain' "Content-Length: $len"
say | reply untyped '200 OK' "Content-Length: $len"
say | closing toclose
printf '%s\r\n%s\r\n0\r\n\r\n' "$hex" "$body" | reply chunks '200 OK' "$chunked"
{ top '100 Continue'; top '103 Early' 'Link: </x>'; cat d/plain; } >d/early
printf '\357\273\277%s' "$body" | closing bom
say | sed "s/stop/st$(printf '\377')op/" | closing odd8

: | reply empty '200 OK' "$type" 'Content-Length: 0'
: | reply none '204 No Content'
: >d/nothing
: >d/mute.hang
say | reply short '200 OK' "$type" 'Content-Length: 9000'
say | reply over.keep '200 OK' "$type" 'Content-Length: 40'
say | head -c 50 | reply half.hang '200 OK' "$type" "Content-Length: $len"
say | head -c 50 | closing half
cp d/half d/half.cut
cp d/short d/short.cut
printf '%s\r\n%s' "$hex" "$body" | reply halfchunk '200 OK' "$chunked"
printf 'zz\r\n%s\r\n0\r\n\r\n' "$body" | reply badchunk '200 OK' "$chunked"
: | reply endless.flood '200 OK' "$chunked"
: | reply huge '200 OK' "$type" 'Content-Length: 104857600'
say | gzip -c | reply gzip '200 OK' "$type" 'Content-Encoding: gzip'
: | reply moved '301 Moved' 'Location: http://127.0.0.1:1/' 'Content-Length: 0'
: | reply other '307 Other' 'Location: /elsewhere' 'Content-Length: 0'
{ printf 'HTTP/1.1 200 OK\r\n'
awk 'BEGIN { for (i = 0; i < 5000; i++) printf "X-%d: %0100d\r\n", i, i }'
} >d/heads
for what in null '[]' '{"choices":[]}' '{"choices":[{}]}' '{"choices":7}'; do
	printf '%s' "$what" | closing "json$(printf '%s' "$what" | wc -c |
	    tr -d ' ')"
done
printf '<html>Sign in</html>' | reply page '200 OK' 'Content-Type: text/html'
printf 'SSH-2.0-OpenSSH_9.2\r\n' >d/ssh
: | reply soon '429 Slow' "Retry-After: -5" 'Content-Length: 0'
: | reply never '999 Odd' 'Content-Length: 0'

# wired NAME ARG...: sets `at`.
wired() {
	name=$1
	shift
	listen "$name" "$WIRED" --dir d --log wired.log "$@"
}
wired http
URL=http://$at/v1
export URL

# asks NAME STATUS TIMES PATTERN [ENV...]: the answer to that reply, and how
# many requests there were.
asks() {
	reply=$1 want=$2 times=$3 pattern=$4
	shift 4
	case $pattern in
	timed*)	p=./brief ;;
	*)	p=./w ;;
	esac
	: >wired.log
	status "$want" env "$@" $p --no-cache --text "wire:$reply" || return 1
	says "$pattern" || return 1
	[ "$(cat out err | wc -l)" -eq 1 ] || { echo 'not one line'; return 1; }
	[ "$(grep -c POST wired.log)" -eq "$times" ] || {
		echo "not $times requests:"
		cat wired.log
		return 1
	}
}

for good in plain whole.keep text untyped toclose chunks early bom odd8; do
	ok "a reply: $good" asks $good 0 1 '{"kind":"ALPHA"}'
done
again='(2 attempts)$'
while read -r name times pattern; do
	ok "no reply: $name" asks "$name" 3 "$times" "$pattern"
done <<END
empty 2 answered nothing, not an OpenAI-compatible reply $again
none 2 answered nothing, not an OpenAI-compatible reply $again
nothing 2 Empty reply from server $again
mute.hang 2 timed out after [0-9]* milliseconds with 0 bytes.*$again
half.hang 2 timed out after [0-9]* milliseconds with 50 .*$again
all.drip 2 timed out after [0-9]* milliseconds.*$again
short 2 bytes remaining to read $again
over.keep 2 answered what is no JSON.*$again
half 2 answered what is no JSON.*$again
halfchunk 2 closed with outstanding read data.*$again
badchunk 2 chunked-encoding $again
endless.flood 1 the reply is larger than 67108864 bytes$
huge 1 the reply is larger than 67108864 bytes$
gzip 2 answered what is no JSON.*$again
moved 1 answered 301; it has moved: mend base_url$
other 1 answered 307; it has moved: mend base_url$
heads 2 [Tt]oo large .*$again
json4 2 answered JSON without choices.*$again
json2 2 answered JSON without choices.*$again
json14 2 answered JSON without choices.*$again
json13 2 answered JSON without choices.*$again
json16 2 answered .*$again
page 2 answered HTML.*$again
ssh 2 Received HTTP/0.9.*$again
soon 2 answered 429 $again
never 2 answered 999 $again
END

# ---- TLS ----

# authority NAME; certificate NAME SUBJECT-ALTERNATIVES DAYS, by the root.
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" \
	    -out "$1.pem" -subj "/CN=$1" -days 2 \
	    -addext basicConstraints=critical,CA:TRUE
}
certificate() {
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
	    -subj "/CN=$1" &&
	    printf 'subjectAltName=%s\n' "$2" >"$1.ext" &&
	    openssl x509 -req -in "$1.csr" -CA root.pem -CAkey root.key \
	    -CAcreateserial -out "$1.pem" -extfile "$1.ext" -days "$3"
}
certificates() {
	authority root && authority stranger &&
	    certificate right IP:127.0.0.1,DNS:model.invalid 1 &&
	    certificate elsewhere DNS:elsewhere.invalid 1 &&
	    certificate expired IP:127.0.0.1 -1
}
ok 'certificates are made' certificates
for name in right elsewhere expired; do
	wired $name --cert $name.pem --key $name.key
done
# tls NAME REPLY STATUS TIMES PATTERN [ENV...]
tls() {
	url=https://$(sed 's/^listening on //' "$1.out")/v1
	shift
	what=$1 want=$2 times=$3 pattern=$4
	shift 4
	asks "$what" "$want" "$times" "$pattern" "URL=$url" "$@"
}
root=SSL_CERT_FILE=root.pem
ok 'an authority of our own' tls right plain 0 1 ALPHA $root
mkdir trusted
cp root.pem "trusted/$(openssl x509 -in root.pem -noout -subject_hash).0"
ok 'in a directory' tls right plain 0 1 ALPHA SSL_CERT_DIR=trusted
mkdir void
ok 'in a file, and not in the directory' tls right plain 0 1 ALPHA $root \
    SSL_CERT_DIR=void
ok 'in neither' tls right plain 3 0 'local issuer certificate$' \
    SSL_CERT_FILE=stranger.pem SSL_CERT_DIR=void
ok 'one nobody knows' tls right plain 3 0 'local issuer certificate$'
ok 'another one' tls right plain 3 0 'local issuer certificate$' \
    SSL_CERT_FILE=stranger.pem
ok 'certificates that are not there' tls right plain 3 0 \
    'certificate file: none.pem$' SSL_CERT_FILE=none.pem
ok 'the wrong host' tls elsewhere plain 3 0 'does not match\|no alternative' \
    $root
ok 'a certificate of the past' tls expired plain 3 0 'has expired$' $root
ok 'was tried once' test "$(grep -c TLS wired.log)" -eq 1
ok 'TLS that is cut' tls right short.cut 3 2 "$again" $root
ok 'where nothing says how long it is' tls right half.cut 3 2 "$again" $root
ok 'TLS, and none is spoken' asks plain 3 0 "$again" \
    "URL=https://$(sed 's/^listening on //' http.out)/v1"
ok 'none, and TLS is spoken' asks plain 0 1 ALPHA \
    "URL=http://$(sed 's/^listening on //' right.out)/v1"

# ---- proxies ----

proxy=http://$(sed 's/^listening on //' right.out)
http=URL=http://model.invalid/v1 https=URL=https://model.invalid/v1
ok 'a proxy' asks plain 0 1 ALPHA $http "http_proxy=$proxy"
ok 'is told the address' grep -q '^POST http://model.invalid/v1/chat' wired.log
ok 'for TLS' asks plain 0 1 ALPHA $https "https_proxy=$proxy" $root
ok 'it is a way through' grep -qx 'CONNECT model.invalid:443 HTTP/1.1' \
    wired.log
ok 'for all' asks plain 0 1 ALPHA $https "all_proxy=$proxy" $root
ok 'no proxy' asks plain 3 0 'not resolve host: model.invalid' $https \
    "https_proxy=$proxy" no_proxy=.invalid $root
ok 'none for this machine' asks plain 0 1 ALPHA http_proxy=http://127.0.0.1:1
secret=http://user:hushhush@127.0.0.1:1
ok 'one that is not there' asks plain 3 0 "connect to 127.0.0.1.*$again" \
    $https "https_proxy=$secret"
ok 'whose password is not told' sh -c '! grep -q hushhush out err'
done_testing
