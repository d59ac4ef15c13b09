/* What makes two calls the same: their key.
 *
 * The requests of a leaf begin alike, with the instruction and the
 * demonstrations, which may be the most of them.  What they have in common is
 * found by comparing them, whatever the provider makes of the messages, and
 * its hash is kept: the next one's goes on from there.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"
#include "lm/lm_in.h"

enum {
	LM_ALIKE = 512,                 /* less is as well hashed again */
	LM_BEGINS = 64 << 10,           /* more is not compared */
	LM_TURNS = 8                    /* until it is given up */
};

/* A beginning of requests of one affinity.  It does not change once it is in
 * its place, where a shorter one may follow it. */
struct lm_begun {
	struct lm_begun *before;        /* whose place it took */
	uint64_t affinity;
	unsigned turn;                  /* 0: of one request, not hashed */
	struct sha256 hash;             /* up to the end of it */
	size_t len;
	char text[];
};

static void
lm_key_begin(const struct lm_flight *f, struct sha256 *h)
{
	const struct lm_model *m = f->m;

	sha256_init(h);
	sha256_update(h, "miproc reply 2", 15);
	if (f->kind == LM_FETCH)
		sha256_update(h, f->get ? "GET" : "POST", 4 + !f->get);
	if (f->url)
		sha256_update(h, f->url, strlen(f->url) + 1);
	if (m->provider->model_in_url)
		sha256_update(h, m->model.id, strlen(m->model.id) + 1);
	sha256_update(h, m->identity, strlen(m->identity) + 1);
}

/* How much of `b` stands at the beginning of the flight's request. */
static size_t
lm_alike(const struct lm_begun *b, const struct lm_flight *f)
{
	size_t n = b->len < f->body.len ? b->len : f->body.len, i = 0;

	while (n - i >= 64 && memcmp(b->text + i, f->body.s + i, 64) == 0)
		i += 64;
	while (i < n && b->text[i] == f->body.s[i])
		i++;
	return i;
}

/* Puts what the flight and `b`, which stands in `at`, have in common there; or
 * what the flight begins with, if none stands there. */
static void
lm_begun_put(struct lm_begun *_Atomic *at, struct lm_begun *b,
    const struct lm_flight *f)
{
	size_t n = b ? lm_alike(b, f) :
	    f->body.len < LM_BEGINS ? f->body.len : LM_BEGINS;
	struct lm_begun *new;

	if (b && (b->affinity != f->affinity || b->turn == LM_TURNS ||
	    b->len < LM_ALIKE))
		return;
	new = calloc(1, sizeof *new + n);
	if (!new)
		return;
	new->before = b;
	new->affinity = f->affinity;
	new->turn = b ? b->turn + 1 : 0;
	new->len = n;
	memcpy(new->text, buf_str(&f->body), n);
	if (b) {
		lm_key_begin(f, &new->hash);
		sha256_update(&new->hash, new->text, n);
	}
	if (!atomic_compare_exchange_strong(at, &b, new)) {
		new->before = NULL;
		lm_begun_free(new);
	}
}

void
lm_begun_free(struct lm_begun *b)
{
	struct lm_begun *before;

	for (; b; b = before) {
		before = b->before;
		free(b);
	}
}

/* Hashes what is to be hashed of the beginning, and says how much of the
 * request that is. */
static size_t
lm_key_body(const struct lm_flight *f, struct sha256 *h)
{
	struct lm_begun *_Atomic *at = &f->m->begun[f->affinity % LM_BEGUN];
	struct lm_begun *b = atomic_load(at);

	if (b && b->affinity == f->affinity && b->turn > 0 &&
	    b->len <= f->body.len && b->len >= LM_ALIKE &&
	    memcmp(b->text, f->body.s, b->len) == 0) {
		*h = b->hash;
		return b->len;
	}
	lm_begun_put(at, b, f);
	lm_key_begin(f, h);
	return 0;
}

bool
lm_key(struct lm_flight *f)
{
	const char *sample = f->ask.sample;
	struct sha256 h;
	size_t from = 0;
	uint64_t n;

	if (f->fresh) {                 /* the same as none */
		n = atomic_fetch_add(&f->lm->nfresh, 1);
		sha256_init(&h);
		sha256_update(&h, "miproc fresh 1", 15);
		sha256_update(&h, &n, sizeof n);
		return sha256_final(&h, f->key);
	}
	if (f->kind == LM_CHAT)
		from = lm_key_body(f, &h);
	else
		lm_key_begin(f, &h);
	sha256_update(&h, buf_str(&f->body) + from, f->body.len - from);
	sha256_update(&h, "", 1);
	sha256_update(&h, sample, strlen(sample));
	return sha256_final(&h, f->key);
}
