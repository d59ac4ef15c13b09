/* Secrets are blotted out of texts.
 *
 * SPDX-License-Identifier: MIT */
#include "core/redact.h"

#include <stdlib.h>
#include <string.h>

bool
redact_init(struct redact *r)
{
	memset(r, 0, sizeof *r);
	return pthread_mutex_init(&r->lock, NULL) == 0;
}

void
redact_release(struct redact *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		free(r->secret[i]);
	r->n = 0;
	pthread_mutex_destroy(&r->lock);
}

static bool
redact_known(const struct redact *r, const char *secret)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->secret[i], secret) == 0)
			return true;
	return false;
}

static bool
redact_keep(struct redact *r, const char *secret)
{
	char *copy;
	bool ok = true;

	pthread_mutex_lock(&r->lock);
	if (!redact_known(r, secret)) {
		copy = r->n < REDACT_MAX ? strdup(secret) : NULL;
		if (copy)
			r->secret[r->n++] = copy;
		ok = copy != NULL;
	}
	pthread_mutex_unlock(&r->lock);
	return ok;
}

bool
redact_add(struct redact *r, const char *secret)
{
	struct buf form = BUF_INIT, json = BUF_INIT;
	unsigned depth = 0;
	bool ok = true;

	if (strlen(secret) < REDACT_SHORTEST)
		return true;
	buf_puts(&form, secret);
	do {
		ok = ok && !form.failed && redact_keep(r, buf_str(&form));
		buf_reset(&json);
		buf_json(&json, buf_str(&form), form.len);
		if (json.failed || json.len - 2 == form.len)
			break;          /* it looks the same in JSON */
		buf_reset(&form);
		buf_put(&form, json.s + 1, json.len - 2);
	} while (depth++ < REDACT_DEPTH);
	ok = ok && !json.failed;
	buf_release(&form);
	buf_release(&json);
	return ok;
}

/* The first place of `word` in the `n` bytes at `s`, or NULL. */
static char *
redact_find(char *s, size_t n, const char *word, size_t nword)
{
	char *end, *at;

	if (nword > n)
		return NULL;
	end = s + (n - nword) + 1;
	for (at = s; at < end; at++) {
		at = memchr(at, word[0], (size_t)(end - at));
		if (!at)
			return NULL;
		if (memcmp(at, word, nword) == 0)
			return at;
	}
	return NULL;
}

/* Blots `word` out and gives the new length. */
static size_t
redact_word(char *s, size_t n, const char *word)
{
	size_t nword = strlen(word);
	char *at = s, *to = NULL, *from = s, *end = s + n;

	while ((at = redact_find(from, (size_t)(end - from), word, nword))) {
		size_t kept = (size_t)(at - from);

		if (!to)
			to = s;
		memmove(to, from, kept);
		memcpy(to + kept, "***", 3);
		to += kept + 3;
		from = at + nword;
	}
	if (!to)
		return n;
	memmove(to, from, (size_t)(end - from));
	return (size_t)(to - s) + (size_t)(end - from);
}

static size_t
redact_bytes(struct redact *r, char *s, size_t n)
{
	size_t i;

	pthread_mutex_lock(&r->lock);
	for (i = 0; i < r->n; i++)
		n = redact_word(s, n, r->secret[i]);
	pthread_mutex_unlock(&r->lock);
	return n;
}

size_t
redact_tail(struct redact *r, const char *s, size_t n)
{
	size_t most = 0, len, i, k;

	pthread_mutex_lock(&r->lock);
	for (i = 0; i < r->n; i++) {
		len = strlen(r->secret[i]) - 1;
		for (k = len < n ? len : n; k > most; k--)
			if (memcmp(r->secret[i], s + n - k, k) == 0)
				most = k;
	}
	pthread_mutex_unlock(&r->lock);
	return most;
}

bool
redact_found(struct redact *r, const char *s, size_t n)
{
	bool found = false;
	size_t i, k, len;

	pthread_mutex_lock(&r->lock);
	for (i = 0; i < r->n && !found; i++) {
		len = strlen(r->secret[i]);
		for (k = 0; k + len <= n && !found; k++)
			found = s[k] == r->secret[i][0] &&
			    memcmp(s + k, r->secret[i], len) == 0;
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}

void
redact_rest(struct redact *r, struct buf *b, size_t at)
{
	if (!b->s)
		return;
	b->len = at + redact_bytes(r, b->s + at, b->len - at);
	b->s[b->len] = '\0';
}

void
redact_buf(struct redact *r, struct buf *b)
{
	redact_rest(r, b, 0);
}

void
redact_text(struct redact *r, char *s)
{
	s[redact_bytes(r, s, strlen(s))] = '\0';
}
