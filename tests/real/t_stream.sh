#!/bin/sh
# A reply of a small local model, shown while it is being written.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
local_model
cd "$tmp" || exit 1
cat >t.mp <<END
model local = "llamacpp:$model" {
	temperature = 0.0; max_tokens = 200; context = 1024; price = free;
}
signature Tell = (text: string) -> (gist: string @len(20, 80), sure: bool)
    "Say what the text is about.";
module tell = predict(Tell) { model = local; format = json; reask = 0; }
program Gist(text: string) -> (gist: string, sure: bool) {
	let t = tell(text);
	return { gist = t.gist, sure = t.sure };
}
END
ok 'it compiles' status 0 "$MIPROC" -O0 t.mp -o t
ok 'it streams' status 0 ./t --no-cache --stream --trace trace \
    --text 'The train to the coast was late again, and it rained.'
ok 'in many parts' [ "$(grep -c '"part":' out)" -ge 5 ]
# Each part goes on from the one before it.
grows() {
	sed -n 's/.*"part":{"gist":"\(.*\)","sure":.*/\1/p' out |
	    awk 'index($0, last) != 1 { bad = 1 } { last = $0 } END { exit bad }'
}
ok 'each with more of the text' grows
ok 'and the last is what comes out' [ "$(tail -n 2 out | head -n 1 |
    sed 's/.*"part"://; s/}$//')" = "$(tail -n 1 out)" ]
ok 'its tokens are counted' grep -q '"tokens_out":[1-9]' trace
done_testing
