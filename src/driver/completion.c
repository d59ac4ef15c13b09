/* Completion for shells, from the tables of options and verbs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/completion.h"

#include <string.h>

#include "driver/options.h"

/* What may stand behind an option or a verb. */
enum what { FILES, DIRECTORIES, WORDS, ANYTHING };

/* The words that may stand behind it, with blanks between them, in `words`:
 * those that the table has, or passes, or warnings. */
static void
words_of(const struct options_word *w, struct buf *words)
{
	const char *name, *text;

	if (strcmp(w->arg, "PASS") == 0) {
		for (int i = 0; i < PASS_COUNT; i++)
			buf_printf(words, "%s%s", i > 0 ? " " : "",
			    pass_name(i));
	} else if (strcmp(w->name, "-W") == 0) {
		buf_puts(words, "error");
		for (unsigned i = 0; diag_warning(i, &name, &text); i++)
			buf_printf(words, " %s no-%s error=%s", name, name,
			    name);
	} else if (strchr(w->arg, '|') != NULL) {
		for (const char *s = w->arg; *s != '\0' && *s != ' '; s++)
			buf_putc(words, *s == '|' ? ' ' : *s);
	}
}

static enum what
what_of(const struct options_word *w, struct buf *words)
{
	buf_reset(words);
	if (w->arg == NULL)
		return ANYTHING;
	words_of(w, words);
	if (words->len > 0)
		return WORDS;
	if (strcmp(w->arg, "DIR") == 0)
		return DIRECTORIES;
	return strcmp(w->arg, "FILE") == 0 || strchr(w->arg, '.') != NULL ?
	    FILES : ANYTHING;
}

/* Is the option's argument a word of its own? */
static bool
takes_next(const struct options_word *w)
{
	return w->arg != NULL && strcmp(w->name, "-O") != 0 &&
	    strcmp(w->name, "-W") != 0 &&
	    w->name[strlen(w->name) - 1] != '-';
}

/* In single quotes, as all three shells read them. */
static void
quote(struct buf *b, const char *s)
{
	buf_putc(b, '\'');
	for (; *s != '\0'; s++)
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	buf_putc(b, '\'');
}

/* ---- bash ---- */

static void
bash_case(struct buf *b, const struct options_word *w)
{
	struct buf words = BASE_BUF_INIT;

	switch (what_of(w, &words)) {
	case FILES:
		buf_printf(b, "\t%s) COMPREPLY=($(compgen -f -- \"$cur\")); "
		    "return ;;\n", w->name);
		break;
	case DIRECTORIES:
		buf_printf(b, "\t%s) COMPREPLY=($(compgen -d -- \"$cur\")); "
		    "return ;;\n", w->name);
		break;
	case WORDS:
		buf_printf(b, "\t%s) COMPREPLY=($(compgen -W '%s' -- "
		    "\"$cur\")); return ;;\n", w->name, buf_str(&words));
		break;
	case ANYTHING:
		if (w->name[0] == '-')
			buf_printf(b, "\t%s) return ;;\n", w->name);
		break;
	}
	buf_release(&words);
}

/* -Wname, -fdump-pass: the argument is a part of the word. */
static void
bash_attached(struct buf *b, const struct options_word *w)
{
	struct buf words = BASE_BUF_INIT;

	if (what_of(w, &words) == WORDS)
		buf_printf(b, "\t%s*) COMPREPLY=($(compgen -P %s -W '%s' -- "
		    "\"${cur#%s}\")); return ;;\n", w->name, w->name,
		    buf_str(&words), w->name);
	buf_release(&words);
}

static void
bash(struct buf *b)
{
	struct options_word w;

	buf_puts(b, "# bash completion of miproc; source it.\n"
	    "_miproc()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\t# --option=value is three words.\n"
	    "\tif [[ $cur == = ]]; then\n\t\tcur=\n"
	    "\telif [[ $prev == = ]]; then\n"
	    "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
	    "\tcase $prev in\n");
	for (unsigned i = 0; options_option(i, &w); i++)
		if (takes_next(&w))
			bash_case(b, &w);
	for (unsigned i = 0; options_verb(i, &w); i++)
		if (strchr(w.arg, '|') != NULL)
			bash_case(b, &w);
	buf_puts(b, "\tesac\n\tcase $cur in\n");
	for (unsigned i = 0; options_option(i, &w); i++)
		if (w.arg != NULL && !takes_next(&w))
			bash_attached(b, &w);
	buf_puts(b, "\tesac\n\tif [[ $cur == -* ]]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W '--help --version");
	for (unsigned i = 0; options_option(i, &w); i++)
		buf_printf(b, " %s", w.name);
	buf_puts(b, "' -- \"$cur\"))\n\t\treturn\n\tfi\n"
	    "\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	    "\tif [[ $COMP_CWORD == 1 ]]; then\n"
	    "\t\tCOMPREPLY+=($(compgen -W '");
	for (unsigned i = 0; options_verb(i, &w); i++)
		buf_printf(b, "%s%s", i > 0 ? " " : "", w.name);
	buf_puts(b, "' -- \"$cur\"))\n\tfi\n}\n"
	    "complete -o filenames -F _miproc miproc\n");
}

/* ---- zsh ---- */

/* In a spec of _arguments, brackets and colons have a meaning. */
static void
zsh_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("[]:\\", *s) != NULL)
			buf_putc(b, '\\');
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	}
}

static void
zsh_argument(struct buf *b, const struct options_word *w)
{
	struct buf words = BASE_BUF_INIT;
	enum what what = what_of(w, &words);

	buf_putc(b, ':');
	zsh_text(b, what == WORDS ? "word" : w->arg);
	switch (what) {
	case FILES:
		buf_puts(b, ":_files");
		break;
	case DIRECTORIES:
		buf_puts(b, ":_files -/");
		break;
	case WORDS:
		buf_printf(b, ":(%s)", buf_str(&words));
		break;
	case ANYTHING:
		buf_puts(b, ": ");
		break;
	}
	buf_release(&words);
}

static void
zsh(struct buf *b)
{
	struct options_word w;
	struct buf words = BASE_BUF_INIT;

	buf_puts(b, "#compdef miproc\n_miproc() {\n"
	    "\tlocal -a verbs\n\tverbs=(\n");
	for (unsigned i = 0; options_verb(i, &w); i++) {
		buf_printf(b, "\t\t'%s:", w.name);
		zsh_text(b, w.help);
		buf_puts(b, "'\n");
	}
	buf_puts(b, "\t)\n\t_arguments -S \\\n"
	    "\t\t'--help[say what there is]' \\\n"
	    "\t\t'--version[say which it is]' \\\n");
	for (unsigned i = 0; options_option(i, &w); i++) {
		buf_printf(b, "\t\t'*%s%s[", w.name, w.arg == NULL ? "" :
		    !takes_next(&w) ? "-" : strlen(w.name) > 2 ? "=" : "");
		zsh_text(b, w.help != NULL ? w.help : "");
		buf_putc(b, ']');
		if (w.arg != NULL)
			zsh_argument(b, &w);
		if (w.arg != NULL && strchr(w.arg, ' ') != NULL)
			zsh_argument(b, &w);
		buf_puts(b, "' \\\n");
	}
	buf_puts(b, "\t\t'1: :{ _describe verb verbs; _files }' \\\n"
	    "\t\t'*: :{ case $words[2] in\n");
	for (unsigned i = 0; options_verb(i, &w); i++)
		if (what_of(&w, &words) == WORDS)
			buf_printf(b, "\t\t\t%s) compadd %s; _files ;;\n",
			    w.name, buf_str(&words));
	buf_release(&words);
	buf_puts(b, "\t\t\t*) _files ;;\n\t\t\tesac }'\n}\n"
	    "if [ \"$funcstack[1]\" = _miproc ]; then\n\t_miproc \"$@\"\n"
	    "else\n\tcompdef _miproc miproc\nfi\n");
}

/* ---- fish ---- */

static void
fish_option(struct buf *b, const struct options_word *w)
{
	struct buf words = BASE_BUF_INIT;
	enum what what = what_of(w, &words);
	bool is_long = strncmp(w->name, "--", 2) == 0;

	buf_printf(b, "complete -c miproc -%c %s", is_long ? 'l' :
	    strlen(w->name) > 2 ? 'o' : 's', w->name + (is_long ? 2 : 1));
	if (w->arg != NULL && takes_next(w)) {
		buf_puts(b, what == FILES ? " -r" : what == DIRECTORIES ?
		    " -x -a '(__fish_complete_directories)'" : " -x");
		if (what == WORDS)
			buf_printf(b, " -a '%s'", buf_str(&words));
	}
	buf_release(&words);
	if (w->help != NULL) {
		buf_puts(b, " -d ");
		quote(b, w->help);
	}
	buf_putc(b, '\n');
}

static void
fish(struct buf *b)
{
	struct buf words = BASE_BUF_INIT;
	struct options_word w;

	buf_puts(b, "# fish completion of miproc.\n");
	for (unsigned i = 0; options_verb(i, &w); i++) {
		buf_printf(b, "complete -c miproc -n __fish_use_subcommand "
		    "-a %s -d ", w.name);
		quote(b, w.help);
		buf_putc(b, '\n');
		if (what_of(&w, &words) == WORDS)
			buf_printf(b, "complete -c miproc -n "
			    "'__fish_seen_subcommand_from %s' -a '%s'\n",
			    w.name, buf_str(&words));
	}
	buf_release(&words);
	buf_puts(b, "complete -c miproc -l help -d 'say what there is'\n"
	    "complete -c miproc -l version -d 'say which it is'\n");
	for (unsigned i = 0; options_option(i, &w); i++)
		fish_option(b, &w);
}

bool
completion(struct buf *b, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		bash(b);
	else if (strcmp(shell, "zsh") == 0)
		zsh(b);
	else if (strcmp(shell, "fish") == 0)
		fish(b);
	else
		return false;
	return true;
}
