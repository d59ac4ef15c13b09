#!/bin/sh
# What editors make of programs: colours, by Vim and by the rules that VS Code
# and others read; indentation; mistakes that are found.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
src=$(cd "${SRCDIR:-.}" && pwd)
editors=$src/editors
export editors
cd "$tmp" || exit 1

cat >sample.mp <<'END'
#!/usr/bin/miproc
/* of several
   lines: module x */ import "a.mp" as m; // one
const N: int = 1 + 2.5e-3 - 10% - 64k;
type Kind = "a\n\u{1F600}" | string[]?;
struct Box { type: string; file: int? = 3 @range(0, 9); }
signature Ask {
	"""Say "what".
	in x: no word"""
	in  q: string;
	out a: string @len(1, 60);
}
model small = "openai:x" { price = free; limit { running = 1; } }
module ask = predict(Ask) { model = small; temperature = 0.5 tune 0.0 .. N; }
program P(q: string) -> (a: string) {
	let r = ask(q).type;
	if r is m.Box && len(r) == 2 { return { a = true ? r : f(null) }; }
}
test "of it" (repeat = 5) { expect 1 == 1; }
END
cat >want <<'END'
1 comment #!/usr/bin/miproc
2 comment /* of several
3 comment    lines: module x */
3 declaration import
3 string "a.mp"
3 control as
3 comment // one
4 declaration const
4 declared N
4 type int
4 number 1
4 number 2.5e-3
4 number 10%
4 number 64k
5 declaration type
5 declared Kind
5 string "a
5 escape \n\u{1F600}
5 string "
5 type string
6 declaration struct
6 declared Box
6 name type
6 type string
6 name file
6 type int
6 number 3
6 attribute @range
6 number 0
6 number 9
7 declaration signature
7 declared Ask
8 string """Say "what".
9 string 	in x: no word"""
10 control in
10 name q
10 type string
11 control out
11 name a
11 type string
11 attribute @len
11 number 1
11 number 60
13 declaration model
13 declared small
13 string "openai:x"
13 name price
13 control limit
13 name running
13 number 1
14 declaration module
14 declared ask
14 module predict
14 name model
14 name temperature
14 number 0.5
14 control tune
14 number 0.0
15 declaration program
15 declared P
15 name q
15 type string
15 name a
15 type string
16 control let
16 name r
16 call ask
17 control if
17 control is
17 function len
17 number 2
17 control return
17 name a
17 constant true
17 call f
17 constant null
19 declaration test
19 string "of it"
19 name repeat
19 number 5
19 control expect
19 number 1
19 number 1
END

# ---- Vim ----

cat >vimrc <<'END'
set nocompatible nomore
exe 'set runtimepath^=' . $editors . '/vim'
filetype plugin indent on
syntax on
END
cat >colours.vim <<'END'
let class = {'Declaration': 'declaration', 'Declared': 'declared',
	\ 'Statement': 'control', 'Conditional': 'control',
	\ 'Repeat': 'control', 'Constant': 'constant', 'Type': 'type',
	\ 'Module': 'module', 'Function': 'function', 'Call': 'call',
	\ 'Name': 'name', 'Attribute': 'attribute', 'Number': 'number',
	\ 'Escape': 'escape', 'String': 'string', 'Block': 'string',
	\ 'Comment': 'comment'}
let out = []
for l in range(1, line('$'))
	let last = ''
	for i in range(len(getline(l)))
		let id = synIDattr(synID(l, i + 1, 0), 'name')
		let c = get(class, substitute(id, '^miproc', '', ''), '')
		let ch = getline(l)[i]
		if ch =~# '\s' && c !=# 'string' && c !=# 'comment'
			let c = ''
		endif
		if c !=# '' && c ==# last
			let out[-1] .= ch
		elseif c !=# ''
			call add(out, l . ' ' . c . ' ' . ch)
		endif
		let last = c
	endfor
endfor
call writefile(out, 'got')
qa!
END
cat >indent.vim <<'END'
for f in glob('flat/*.mp', 0, 1)
	exe 'edit!' f
	normal! gg=G
	exe 'write! indented/' . fnamemodify(f, ':t')
endfor
qa!
END
# Without its indentation, but for texts and comments of several lines.
flatten() {
	awk '
	{ line = $0 }
	!inside { sub(/^[ \t]+/, "") }
	{ print }
	inside != "/" { n = gsub(/"""/, "", line); if (n % 2) toggle("\"") }
	inside != "\"" { if (gsub(/\/\*/, "&", line) > gsub(/\*\//, "&", line))
		inside = "/"; else if (line ~ /\*\//) inside = "" }
	function toggle(by) { inside = inside ? "" : by }' "$1"
}
cat >make.vim <<'END'
silent make!
let out = map(getqflist(), {_, q -> q.lnum . ':' . q.col . ' ' . q.type
	\ . ' ' . q.text})
call writefile(out, 'quickfix')
qa!
END
vim_runs() {
	timeout "$(slow 120)" vim -es -u vimrc "$2" -S "$1" </dev/null
}
if vim --version 2>/dev/null | grep -q '+syntax'; then
	ok 'Vim reads the files' vim_runs colours.vim sample.mp
	ok 'and colours words' diff want got
	mkdir laid flat indented
	for f in "$src"/examples/*/*.mp "$src"/src/tune/*.mp \
	    "$src"/tests/golden/*/*.mp; do
		to=$(echo "${f#"$src/"}" | tr / -)
		"$MIPROC" fmt -o "laid/$to" "$f" 2>/dev/null &&
		    flatten "laid/$to" >"flat/$to"
	done
	ok 'there is much to indent' test "$(ls flat | wc -l)" -gt 40
	ok 'Vim indents' vim_runs indent.vim none.mp
	ok 'as fmt does' diff -r laid indented
	printf 'const A = 1\nconst B = 2;\nconst C = D;\n' >bad.mp
	PATH=${MIPROC%/*}:$PATH ok ':make' vim_runs make.vim bad.mp
	ok 'finds what is wrong' grep -q '^[12]:[0-9]* e syntax error' quickfix
	printf 'beginfig(1)\n  draw (0,0)--(1,1);\nendfig;\nend\n' >fig.mp
	echo 'call writefile([&filetype], "type") | qa!' >type.vim
	ok 'MetaPost' vim_runs type.vim fig.mp
	ok 'stays MetaPost' test "$(cat type)" = mp
fi

# ---- rules of TextMate ----

# Reads them as editors do: at each place the rule that matches first, and of
# those the first; begin opens its own rules and end.
cat >textmate.pl <<'END'
use strict;
use warnings;
use JSON::PP;
binmode STDOUT, ':utf8';
sub text { local (@ARGV, $/) = @_; my $s = <>; utf8::decode($s); $s }
my $g = JSON::PP->new->decode(text("$ENV{editors}/vscode/syntaxes/" .
    "miproc.tmLanguage.json"));
my @class = (['comment', 'comment'], ['constant.character', 'escape'],
    ['string', 'string'], ['storage.type', 'declaration'],
    ['entity.name.type', 'declared'], ['keyword.control', 'control'],
    ['constant.language', 'constant'], ['support.type', 'type'],
    ['support.class', 'module'], ['support.function', 'function'],
    ['entity.name.function', 'call'], ['variable', 'name'],
    ['storage.modifier', 'attribute'], ['constant.numeric', 'number']);
sub class {
	my $scope = shift // '';
	index($scope, $_->[0]) == 0 and return $_->[1] for @class;
	return '';
}
sub rules {
	return map {
		$_->{include} ? do {
			my $r = $g->{repository}{substr $_->{include}, 1};
			$r->{match} ? $r : rules(@{$r->{patterns}});
		} : $_;
	} @_;
}
my @top = rules(@{$g->{patterns}});
my @stack;
my $n = 0;
for my $line (split /(?<=\n)/, text('sample.mp')) {
	my ($at, $len) = (0, length $line);
	my @is = (@stack ? class($stack[-1]{name}) : '') x $len;
	$n++;
	while ($at <= $len) {
		my ($best, $rule, @from, @to);
		my $in = $stack[-1];
		for my $r ($in ? ({ end => $in->{end} },
		    rules(@{$in->{patterns} // []})) : @top) {
			my $re = $r->{match} // $r->{begin} // $r->{end};
			next if $re =~ /^\\A/ && $n > 1;
			pos($line) = $at;
			next unless $line =~ /$re/g;
			next if defined $best && $-[0] >= $best;
			($best, $rule) = ($-[0], $r);
			@from = @-;
			@to = @+;
		}
		last unless $rule;
		my $open = $rule->{begin} ? $rule : $rule->{end} ? $in : undef;
		my $c = class(($open // $rule)->{name});
		$is[$_] = $c for $from[0] .. $to[0] - 1;
		for my $k (keys %{$rule->{captures} // {}}) {
			$is[$_] = class($rule->{captures}{$k}{name})
			    for $from[$k] .. $to[$k] - 1;
		}
		push @stack, $rule if $rule->{begin};
		pop @stack if $rule->{end} && !$rule->{begin};
		$c = @stack ? class($stack[-1]{name}) : '';
		$is[$_] = $c for $to[0] .. $len - 1;
		$at = $to[0] > $at || $rule->{begin} || $rule->{end} ? $to[0] :
		    $at + 1;
	}
	my $last = '';
	for my $i (0 .. $len - 2) {
		my $ch = substr $line, $i, 1;
		my $c = $is[$i];
		$c = '' if $ch =~ /\s/ && $c !~ /string|comment/;
		print $c eq $last ? $ch : ($last ne '' ? "\n" : '') .
		    ($c ne '' ? "$n $c $ch" : '') if $c ne '' || $last ne '';
		$last = $c;
	}
	print "\n" if $last ne '';
}
END
if perl -MJSON::PP -e 1 2>/dev/null; then
	ok 'the rules of TextMate' sh -c 'perl textmate.pl >got'
	ok 'colour the same words' diff want got
fi
if command -v jq >/dev/null; then
	ok 'files of VS Code are JSON' sh -c 'for f in "$editors"/vscode/*.json
	    do jq -e . "$f" >/dev/null || exit 1; done'
	ok 'and are where it says' sh -c 'jq -r ".contributes |
	    .languages[0].configuration, .grammars[0].path" \
	    "$editors/vscode/package.json" | while read -r f; do
		[ -f "$editors/vscode/$f" ] || exit 1; done'
fi
done_testing
