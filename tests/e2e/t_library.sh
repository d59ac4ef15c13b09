#!/bin/sh
# End to end: the functions of the language, from .mp to what a program says.
#
# SPDX-License-Identifier: GPL-3.0-or-later
. "${SRCDIR:-.}/tests/e2e/lib.sh"

cat >"$tmp/clean.mp" <<'END'
enum Kind { MAIL, PHONE, OTHER }
struct Contact { name: string; kind: Kind; value: string; }

const ADDRESS = "^[\\w.+-]+@[\\w-]+\\.[\\w.]+$";

program Clean(text: string, most: int)
    -> (contacts: Contact[], first: Contact?, kinds: string, longest: int,
        total: float?, where: int?, pages: string[])
{
	let found: Contact[] = [];

	for line in lines(text) {
		let parts = [trim(p) for p in split(line, ";") if is_text(p)];
		let name = first(parts);
		let value = last(parts);

		if name == null || value == null || len(parts) < 2 {
			continue;
		}
		let kind = regex_match(value, ADDRESS) ? Kind.MAIL :
		    regex_match(value, "^\\+?[\\d ()-]{5,}$") ? PHONE : OTHER;
		found += [{ name = title(regex_replace(name, "\\s+", " ")),
		    kind = kind, value = value }];
	}
	let contacts = slice(dedup(found), 0, most);
	let kinds = [str(c.kind) for c in contacts];
	let sizes = [len(c.name) for c in contacts];

	return {
		contacts = contacts,
		first = first(contacts),
		kinds = join("+", reverse(dedup(kinds))),
		longest = max(sizes + [0]),
		total = number(text),
		where = index_of([c.kind for c in contacts], OTHER),
		pages = chunk(text, 40),
	};
}
END

ok 'it compiles' status 0 "$MIPROC" -O0 -o "$tmp/clean" \
    "$tmp/clean.mp"

cat >"$tmp/in.json" <<'END'
{"text":"jane   DOE; jane@x.org\nnobody\n; ;\nÉMILE o'neil;+49 (30) 1234\njane doe;jane@x.org\nxu;somewhere 12,345.5","most":3}
END
cat >"$tmp/want" <<'END'
{"contacts":[{"name":"Jane Doe","kind":"MAIL","value":"jane@x.org"},{"name":"Émile O'neil","kind":"PHONE","value":"+49 (30) 1234"},{"name":"Xu","kind":"OTHER","value":"somewhere 12,345.5"}],"first":{"name":"Jane Doe","kind":"MAIL","value":"jane@x.org"},"kinds":"OTHER+PHONE+MAIL","longest":12,"total":12345.5,"where":2,"pages":["jane   DOE; jane@x.org\nnobody\n; ;","ÉMILE o'neil;+49 (30) 1234","jane doe;jane@x.org\nxu;somewhere","12,345.5"]}
END
cleans() {
	"$tmp/clean" <"$tmp/in.json" >"$tmp/out" 2>"$tmp/err" &&
	    diff "$tmp/want" "$tmp/out"
}
ok 'data is cleaned' cleans

nothing() {
	echo '{"text":"","most":0}' | "$tmp/clean" >"$tmp/out" 2>"$tmp/err" &&
	    grep -q '"contacts":\[\],"first":null,"kinds":"","longest":0,' \
	    "$tmp/out" &&
	    grep -q '"total":null,"where":null,"pages":\[\]' "$tmp/out"
}
ok 'nothing comes of nothing' nothing

fails() {
	echo "{\"text\":\"a;b\",\"most\":$1}" |
	    "$tmp/clean" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 8 ] && grep -q "$2" "$tmp/err"
}
ok 'what cannot be is said' fails -1 'slice from 0, -1 items'

cat >"$tmp/any.mp" <<'END'
program Find(s: string, re: string) -> (found: string[]) {
	return { found = regex_all(s, re) };
}
END
ok 'a pattern that comes with the run' status 0 "$MIPROC" -O0 -o \
    "$tmp/any" "$tmp/any.mp"
ok 'it finds' status 0 "$tmp/any" --s 'x1y22' --re '\d+'
ok 'all of them' says '^{"found":\["1","22"\]}$'
ok 'a wrong one fails the run' status 8 "$tmp/any" --s x --re '('
ok 'in words' says 'pattern "(": missing closing parenthesis'
ok 'an endless one too' status 8 "$tmp/any" --re '^(a|aa)+$' \
    --s aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!
ok 'in other words' says 'takes too many steps on this text'

done_testing
