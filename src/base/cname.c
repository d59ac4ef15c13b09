/* Names in C, of what users have named.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cname.h"

#include <stdlib.h>
#include <string.h>

const char *const cname_ends[] = {
	"_argv", "_body", "_claims", "_demos", "_env", "_eval", "_fence",
	"_http", "_metric", "_options", "_program", "_refusal", "_run",
	"_score", "_stop", "_template", "_text", "_to", "_value", NULL
};

const char *const cname_ours[] = {
	"m", "in", "out", "in_", "out_", "gold", "score", "prompts", "params",
	"models", "tools", "retrievers", "metrics", "eval_models",
	"eval_tools", "eval_retrievers", "tests", NULL
};

static const char *const words[] = {
#define WORD(name) #name,
#include "base/cname.def"
};

static const char *const functions[] = {
#define FUNCTION(name) #name,
#include "base/cname.def"
};

static int
by_name(const void *name, const void *at)
{
	return strcmp(name, *(const char *const *)at);
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* INT8_MAX, INT64_C, SIZE_WIDTH: macros of <stdint.h>. */
static bool
is_limit(const char *s)
{
	static const char *const of[] = { "INT", "UINT", "PTRDIFF_", "SIZE_",
	    "SIG_ATOMIC_", "WCHAR_", "WINT_" };

	for (size_t i = 0; i < COUNTOF(of); i++)
		if (begins(s, of[i]) && (base_ends(s, "_MAX") ||
		    base_ends(s, "_MIN") || base_ends(s, "_C") ||
		    base_ends(s, "_WIDTH")))
			return true;
	return false;
}

static bool
is_word(const char *s)
{
	return *s == '_' || begins(s, "mip_") || begins(s, "MIP_") ||
	    strcmp(s, "mip") == 0 || is_limit(s) || bsearch(s, words,
	    COUNTOF(words), sizeof *words, by_name) != NULL;
}

/* "ask_demo_3" is the third demonstration of ask. */
static bool
is_numbered(const char *s)
{
	static const char demo[] = "_demo_";
	const char *at = strstr(s, demo), *next;

	while (at != NULL && (next = strstr(at + 1, demo)) != NULL)
		at = next;
	if (at == NULL)
		return false;
	at += sizeof demo - 1;
	return *at != '\0' && strspn(at, "0123456789") == strlen(at);
}

static bool
is_global(const char *s)
{
	return is_word(s) || is_numbered(s) || bsearch(s, functions,
	    COUNTOF(functions), sizeof *functions, by_name) != NULL;
}

static bool
is_type(const char *s)
{
	static const char *const basic[] = { "string", "image", "audio",
	    "file" };

	for (size_t i = 0; i < COUNTOF(basic); i++)
		if (strcmp(s, basic[i]) == 0)
			return true;
	return is_word(s) || base_ends(s, "_list") || base_ends(s, "_map") ||
	    base_ends(s, "_optional") || strstr(s, "_or_") != NULL ||
	    begins(s, "list_of_") || begins(s, "map_of_") ||
	    begins(s, "literal");
}

static const char *
escape(struct arena *a, const char *name, bool another)
{
	return another ? arena_printf(a, "%s_", name) : name;
}

const char *
cname_ident(struct arena *a, const char *name)
{
	return escape(a, name, is_word(name));
}

const char *
cname_global(struct arena *a, const char *name)
{
	return escape(a, name, is_global(name));
}

const char *
cname_type(struct arena *a, const char *name)
{
	return escape(a, name, is_type(name));
}
