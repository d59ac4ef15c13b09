/* Grants, and whether they cover something.
 *
 * SPDX-License-Identifier: MIT */
#include "core/allow.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A host, without the brackets of an address, and a port; 0: any. */
struct allow_place {
	const char *host;
	size_t len;
	long port;
};

/* ---- hosts ---- */

static bool
allow_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* A port of the `n` digits at `s`; 0 if they are none. */
static long
allow_port(const char *s, size_t n)
{
	long v = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || n > 5)
			return 0;
		v = v * 10 + (s[i] - '0');
	}
	return v <= 65535 ? v : 0;
}

/* "host", "host:port", "[address]:port" of `n` bytes. */
static bool
allow_place(const char *s, size_t n, struct allow_place *p)
{
	size_t i = 0;

	*p = (struct allow_place){ s, 0, 0 };
	if (n > 0 && s[0] == '[') {
		p->host = s + 1;
		for (i = 1; i < n && s[i] != ']'; i++)
			if (!strchr("0123456789abcdefABCDEF:.", s[i]))
				return false;
		if (i == n)
			return false;
		p->len = i++ - 1;
	} else {
		while (i < n && allow_host_char(s[i]))
			i++;
		p->len = i;
	}
	if (p->len == 0 || (i < n && s[i] != ':'))
		return false;
	if (i < n)
		p->port = allow_port(s + i + 1, n - i - 1);
	return i == n || p->port > 0;
}

/* Where a URL leads to. */
static bool
allow_url(const char *url, struct allow_place *p, long *usual)
{
	size_t n;
	const char *s;

	*usual = strncasecmp(url, "https://", 8) == 0 ? 443 :
	    strncasecmp(url, "http://", 7) == 0 ? 80 : 0;
	if (*usual == 0)
		return false;
	s = strchr(url, '/') + 2;
	n = strcspn(s, "/?#\\");
	/* What has a name and password in front is no place of ours. */
	if (!allow_place(s, n, p))
		return false;
	if (p->port == 0)
		p->port = *usual;
	return true;
}

bool
allow_scheme(const char *url)
{
	return strncmp(url, "http://", 7) == 0 ||
	    strncmp(url, "https://", 8) == 0;
}

bool
allow_host(struct buf *b, const char *url)
{
	struct allow_place p;
	long usual;
	bool address;

	if (!allow_url(url, &p, &usual))
		return false;
	address = memchr(p.host, ':', p.len) != NULL;
	buf_printf(b, address ? "[%.*s]" : "%.*s", (int)p.len, p.host);
	if (p.port != usual)
		buf_printf(b, ":%ld", p.port);
	return true;
}

bool
allow_net(const char *const *grant, const char *url)
{
	struct allow_place want, has;
	long usual;

	if (!allow_url(url, &want, &usual))
		return false;
	for (; *grant; grant++) {
		if (strncmp(*grant, "net:", 4) != 0 ||
		    !allow_place(*grant + 4, strlen(*grant + 4), &has))
			continue;
		if (has.len == want.len &&
		    strncasecmp(has.host, want.host, has.len) == 0 &&
		    (has.port == 0 || has.port == want.port))
			return true;
	}
	return false;
}

/* ---- commands ---- */

/* The next byte of a path without "./" and "//"; *at moves on. */
static char
allow_next(const char *s, size_t *at, bool *begun)
{
	bool part = *at == 0 || s[*at - 1] == '/';
	char c;

	while (part && (s[*at] == '/' || (s[*at] == '.' &&
	    s[*at + 1] == '/'))) {
		if (s[*at] == '/' && *at == 0 && !*begun)
			break;
		*at += s[*at] == '/' ? 1 : 2;
	}
	c = s[*at];
	*begun = true;
	if (c)
		(*at)++;
	return c;
}

static bool
allow_same(const char *a, const char *b)
{
	size_t i = 0, k = 0;
	bool in_a = false, in_b = false;
	char c;

	/* calc is looked for in PATH, ./calc is not. */
	if ((strchr(a, '/') == NULL) != (strchr(b, '/') == NULL))
		return false;
	do {
		c = allow_next(a, &i, &in_a);
		if (c != allow_next(b, &k, &in_b))
			return false;
	} while (c);
	return true;
}

bool
allow_exec(const char *const *grant, const char *command)
{
	for (; *grant; grant++)
		if (strncmp(*grant, "exec:", 5) == 0 &&
		    allow_same(*grant + 5, command))
			return true;
	return false;
}

bool
allow_valid(const char *grant)
{
	struct allow_place p;

	if (strncmp(grant, "exec:", 5) == 0)
		return grant[5] != '\0';
	if (strncmp(grant, "net:", 4) == 0)
		return allow_place(grant + 4, strlen(grant + 4), &p);
	return strcmp(grant, "none") == 0;
}
