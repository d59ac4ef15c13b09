# What the tests of the wire share: wired, which serves what files hold, and a
# program.  Sourced after lib.sh; goes to $tmp.
#
# SPDX-License-Identifier: GPL-3.0-or-later
WIRED=${WIRED:-${LMD%lmd}wired}
cd "$tmp" || exit 1
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
unset SSL_CERT_FILE SSL_CERT_DIR
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT

# source MODEL-OPTIONS: a program that asks once.
source() {
	cat <<END
model m = "openai:fake" {
	base_url = env("URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free; structure = native;
	$1
}
enum Kind { ALPHA, BETA, GAMMA }
signature Sort { """Say what kind it is.""" in text: string; out kind: Kind; }
module sort = predict(Sort) { model = m; }
program P(text: string) -> (kind: Kind) { return { kind = sort(text).kind }; }
END
}

# listen NAME COMMAND...: a server that says where it listens; sets `at`.
listen() {
	name=$1
	shift
	: >"$name.out"
	"$@" >"$name.out" 2>"$name.err" &
	pids="$pids $!"
	at=$(listening "$name.out")
}
