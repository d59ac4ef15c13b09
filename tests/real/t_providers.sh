#!/bin/sh
# The providers that speak OpenAI's protocol, on a real server of llama.cpp:
# each way to ask for JSON, whole and in pieces.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
model=${TOOLS:-$PWD/build}/model/smollm2-135m-instruct-q4_1.gguf
case $model in /*) ;; *) model=$PWD/$model ;; esac
PATH=${TOOLS:-$PWD/build}/bin:$PATH
export PATH
cd "$tmp" || exit 1

# model OPTION...: a program for the server at $BASE_URL, as $provider.
model() {
	cat >p.mp <<-END
	model local = "$provider" {
	    base_url = env("BASE_URL"); max_tokens = 80; context = 1024;
	    price = free; retry { attempts = 1; } $*
	}
	signature Tell = (text: string) -> (
	    sure: bool, kind: "a" | "b", n: int @range(3, 9)
	) "Tell.";
	module tell = predict(Tell) { model = local; format = json; reask = 0; }
	program Main(text: string) -> (sure: bool, kind: string, n: int) {
	    let t = tell(text);
	    return { sure = t.sure, kind = t.kind, n = t.n };
	}
	END
	status 0 "$MIPROC" -O0 -w p.mp -o p
}

# held RUNG [OPTION...]: the server holds the model to the type.
held() {
	rung=$1
	shift
	rm -f trace
	status 0 ./p --no-cache --trace trace --text 'It rained.' "$@" &&
	    says '"sure":\(true\|false\),"kind":"[ab]","n":[3-9]}$' &&
	    traced "$rung"
}

# taken RUNG [OPTION...]: whatever it makes of it, it does not refuse it.
taken() {
	rung=$1
	shift
	rm -f trace
	./p --no-cache --trace trace --text 'It rained.' "$@" >out 2>err
	got=$?
	[ $got -eq 0 ] || [ $got -eq 8 ] || { cat err; return 1; }
	traced "$rung"
}

traced() {
	grep -q '"rung": *"'"$1"'"' trace &&
	    grep -q '"tokens_in":[1-9].*"tokens_out":[1-9]' trace &&
	    ! grep -q '"attempts":[2-9]' trace || { cat trace; return 1; }
}

ok 'the model is there' test -f "$model"
mip-llama-server -m "$model" --port 0 -c 2048 -np 2 --die-with-parent \
    >server 2>&1 &
server=$!
trap 'kill $server; rm -rf "$tmp"' EXIT
i=0
until grep -q listening server || [ $i -ge 300 ]; do
	sleep 0.2
	i=$((i + 1))
done
BASE_URL=$(sed -n 's/^listening on //p' server)/v1
export BASE_URL
up() { grep -q listening server || { cat server; return 1; }; }
ok 'the server is up' up

SET='temperature = 0.3; top_p = 0.9; seed = 7; stop = ["END"];'
for provider in openai:smol llamacpp:smol.gguf; do
	for rung in native grammar; do
		ok "$provider, $rung" model "structure = $rung; $SET"
		ok 'holds it to its type' held $rung
		ok 'in pieces too' held $rung --stream
	done
	for rung in json_object prompt; do
		ok "$provider, $rung" model "structure = $rung; $SET"
		ok 'is taken' taken $rung
		ok 'in pieces too' taken $rung --stream
	done
	ok "$provider, as it comes" model 'system = false; effort = low;'
	ok 'holds it to its type' held native
done
provider=openai:smol
ok 'a function' model 'structure = function;'
ok 'is taken' taken function
ok 'in pieces too' taken function --stream
ok 'too long a text' status 8 ./p --no-cache --text \
    "$(awk 'BEGIN { for (i = 0; i < 3000; i++) printf "word " }')"
ok 'is told as such' says 'exceeds the available context size'
done_testing
