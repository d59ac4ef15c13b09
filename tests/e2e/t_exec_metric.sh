#!/bin/sh
# Metrics that are commands: rows and answers in, scores and feedback out.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
mkdir "$tmp/p"
cd "$tmp" || exit 1

rows 60 | sed 's/}$/,"extra":{"deep":[1,"\\u00e4"]}}/' >p/rows.jsonl
cp p/rows.jsonl rows.jsonl
{
	classifier | grep -v '^metric acc'
	cat <<'END'
metric acc(gold, pred) = exec("./score", "a b") {
	jobs = 2; timeout = 5s; on_fail = 0.125;
}
metric kept(gold, pred) = exec("./kept") { keep = true; jobs = 1; }
metric two(gold, pred) = (acc + kept) / 2.0;
END
} >p/s.mp
echo 'caps { exec("./score"); exec("./kept"); }' >>p/s.mp

score() {
	{ echo '#!/bin/sh'; cat; } >p/score
	chmod +x p/score
}

# The label of both is the same.
same='
read -r line
gold=${line#*\"label\":\"} gold=${gold%%\"*}
pred=${line##*\"label\":\"} pred=${pred%%\"*}
'
score <<END
$same
case \$1 in 'a b') ;; *) exit 3 ;; esac
printf '%s\n' "\$line" >>asked
[ "\$gold" = "\$pred" ] && { echo 1; exit; }
echo "{\"score\": 0, \"feedback\": \"it is \$gold\"}"
END
cat >p/kept <<END
#!/bin/sh
echo \$\$ >>pids
while :; do
	$same
	[ "\$line" ] || exit 0
	[ "\$gold" = "\$pred" ] && echo 1 || echo 0.5
done
END
chmod +x p/kept
skill 0.6 >script
lmd_start

ok 'eval by a command' status 0 "$MIPROC" eval p/s.mp -O0 -j 3 \
    --split dev --rows answers
ok 'scores as exact would' says '^  as written  *0\.[4-8]'
n_dev=$(wc -l <answers)
ok 'once for each row' test "$(wc -l <p/asked)" -eq "$n_dev"
ok 'which it has whole' test "$(grep -c \
    '^{"gold":{"text":"message [0-9]* of the day","label":"[A-Z]*","extra":{"deep":\[1,"\\u00e4"\]}},"pred":{"text":"message [0-9]* of the day","label":"[A-Z]*"}}$' \
    p/asked)" -eq "$n_dev"
ok 'its feedback is in the answers' grep -q \
    '"scores":{"acc":0.0},"feedback":{"acc":"it is [A-Z]*"}' answers
ok 'and none where there is none' grep -q \
    '"scores":{"acc":1.0},"feedback":{}' answers
ok 'one that stays' status 0 "$MIPROC" eval p/s.mp -O0 -j 3 --split dev \
    --metric kept
ok 'is started once' test "$(wc -l <p/pids)" -eq 1
ok 'and gone' sh -c '! kill -0 "$(cat p/pids)" 2>/dev/null'
ok 'one of both' status 0 "$MIPROC" eval p/s.mp -O0 --split dev --metric two
ok 'is scored by both' says '^  as written  *0\.[5-9]'
rm -f p/asked

ok 'tuning by a command' status 0 "$MIPROC" tune p/s.mp --seed 3
ok 'finds something' test -s p/s.tuned
ok 'and asks of each run' test "$(wc -l <p/asked)" -gt "$n_dev"
ok 'refused where it is not granted' status 2 "$MIPROC" tune p/s.mp \
    --allow exec:./kept
ok 'by name' says 'acc needs exec:./score, which --allow does not grant'

rm p/s.tuned
ok 'a build that scores rows' status 0 "$MIPROC" p/s.mp --seed 3 -S -o s.c \
    -MD -MF deps
ok 'depends on the command' grep -q 'p/\(\./\)*score' deps

score <<'END'
echo 'two tests fail' >&2
exit 1
END
ok 'a command that fails' status 0 "$MIPROC" eval p/s.mp -O0 --split dev \
    --rows answers
ok 'scores what it is to' says '^  as written  *0\.125'
ok 'and says why' grep -q \
    '"class":"ok".*"feedback":{"acc":"exit status 1: two tests fail"}' answers
score <<'END'
echo what a day
END
ok 'one that talks nonsense' status 3 "$MIPROC" eval p/s.mp -O0 --split dev
ok 'is told of' says 'acc: its output is neither a number nor .*: what a day'
score <<'END'
exit 127
END
ok 'one that cannot run' status 3 "$MIPROC" eval p/s.mp -O0 --split dev
ok 'likewise' says 'acc: exit status 127'
done_testing
