/* Memory that fails under the store: what was committed is there, what was
 * not can be done again, and no sum of the ledger is wrong.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "miproc.h"
#include "store/store.h"

struct place {
	char dir[64], db[80], wal[96], shm[96];
};

static void
empty(const struct place *p)
{
	unlink(p->db);
	unlink(p->wal);
	unlink(p->shm);
}

static enum mip_status
put(struct store *s, const unsigned char *key)
{
	static char text[] = "the reply";
	struct store_reply r = { .text = text, .text_len = 9, .in = 3,
	    .out = 2, .attempts = 1 };
	struct store_about about = { "{}", "model", "server", "0" };

	store_begin(s);
	store_put(s, key, &r, &about);
	return store_commit(s);
}

/* Found with its text, or MIP_NOMEM for a reason. */
static bool
get(struct store *s, const unsigned char *key, bool there)
{
	struct store_reply r = { 0 };
	bool found = false, ok;
	enum mip_status st = store_get(s, key, &r, &found);

	if (st != MIP_OK)
		return fault_met() && !found;
	ok = found == there && (!there || (r.text_len == 9 &&
	    strcmp(r.text, "the reply") == 0));
	store_reply_release(&r);
	return ok;
}

/* The failure is met at most once, so that the second try gets by. */
static struct store *
open_store(const struct place *p)
{
	char why[STORE_WHY];
	struct store *s = NULL;

	if (store_open(p->db, STORE_CACHE, &s, why) != MIP_OK && fault_met() &&
	    why[0])
		store_open(p->db, STORE_CACHE, &s, why);
	return s;
}

static bool
opens(void *arg)
{
	const struct place *p = arg;
	struct store *s;

	empty(p);
	s = open_store(p);
	store_close(s);
	return s != NULL;
}

/* A store that is there already: all that is made when it is needed. */
static bool
opens_again(void *arg)
{
	static const unsigned char key[STORE_KEY] = "again";
	static char hex[65] =
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char found[65] = "";
	struct store *s = open_store(arg);
	bool ok = s != NULL;

	if (!s)
		return false;
	if (put(s, key) != MIP_OK)
		ok = fault_met() && put(s, key) == MIP_OK;
	ok = get(s, key, true) && ok;
	store_digest_put(s, "/m", 1, 2, hex);
	if (!store_digest_get(s, "/m", 1, 2, found)) {
		ok = ok && fault_met();
		store_digest_put(s, "/m", 1, 2, hex);
		ok = store_digest_get(s, "/m", 1, 2, found) && ok;
	}
	store_close(s);
	return ok && strcmp(found, hex) == 0;
}

/* Each run with a key of its own. */
static bool
keeps(void *arg)
{
	static unsigned char key[STORE_KEY], other[STORE_KEY] = "never";
	struct store *s = arg;
	bool ok = get(s, other, false);

	key[0] = (unsigned char)(key[0] + 1);
	key[1] = (unsigned char)(key[1] + (key[0] == 0));
	if (put(s, key) != MIP_OK)
		ok = ok && fault_met() && put(s, key) == MIP_OK;
	return get(s, key, true) && ok;
}

struct book {
	struct store *store;
	struct store_holder holder;
	int64_t spent;                  /* calls */
};

static enum mip_status
hold(struct book *b, int64_t most_calls, bool *fits, struct store_sum *spent)
{
	struct store_sum one = { 1, 10, 100 }, most = { most_calls, -1, -1 };

	return store_ledger_hold(b->store, &b->holder, &one, &most, fits,
	    spent);
}

/* One call is held and settled; what failed is done again. */
static bool
books(void *arg)
{
	struct store_sum one = { 1, 10, 100 }, spent;
	struct book *b = arg;
	enum mip_status s;
	bool fits = false;

	s = hold(b, b->spent + 1, &fits, &spent);
	if (s != MIP_OK && fault_met())
		s = hold(b, b->spent + 1, &fits, &spent);
	if (s != MIP_OK || !fits)
		return false;
	s = store_ledger_settle(b->store, &b->holder, &one, &one);
	if (s != MIP_OK && fault_met())
		s = store_ledger_settle(b->store, &b->holder, &one, &one);
	if (s != MIP_OK)
		return false;
	b->spent++;
	/* Nothing more fits, and the sums are exact. */
	s = hold(b, b->spent, &fits, &spent);
	if (s != MIP_OK && fault_met())
		s = hold(b, b->spent, &fits, &spent);
	return s == MIP_OK && !fits && spent.calls == b->spent &&
	    spent.tokens == 10 * b->spent && spent.pico == 100 * b->spent;
}

/* A holder that is made counts. */
static bool
holds(void *arg)
{
	struct book b = { .store = arg };
	struct store_sum one = { 1, 10, 100 }, none = { 0, 0, 0 }, spent;
	bool first = false, second = false;
	enum mip_status s;

	s = store_ledger_open(b.store, &b.holder);
	if (s != MIP_OK && fault_met())
		s = store_ledger_open(b.store, &b.holder);
	if (s != MIP_OK)
		return false;
	if (hold(&b, 1, &first, &spent) != MIP_OK && fault_met())
		hold(&b, 1, &first, &spent);
	if (hold(&b, 1, &second, &spent) != MIP_OK && fault_met())
		hold(&b, 1, &second, &spent);
	s = store_ledger_settle(b.store, &b.holder, &one, &none);
	if (s != MIP_OK && fault_met())
		s = store_ledger_settle(b.store, &b.holder, &one, &none);
	store_ledger_close(b.store, &b.holder);
	return s == MIP_OK && first && !second;
}

int
main(void)
{
	/* A disk would be waited for at every commit. */
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct book b = { 0 };
	struct place p;

	snprintf(p.dir, sizeof p.dir, "%s/fault-XXXXXX", tmp);
	if (!mkdtemp(p.dir))
		return 1;
	snprintf(p.db, sizeof p.db, "%.63s/s.db", p.dir);
	snprintf(p.wal, sizeof p.wal, "%.79s-wal", p.db);
	snprintf(p.shm, sizeof p.shm, "%.79s-shm", p.db);
	fault_libraries();
	fault_each("opening", FAULT_ALLOC | FAULT_OPEN, opens, &p);
	fault_each("opening again", FAULT_ALLOC | FAULT_OPEN, opens_again, &p);
	empty(&p);
	b.store = open_store(&p);
	if (b.store)
		fault_each("holders", FAULT_ALLOC, holds, b.store);
	if (!b.store || store_ledger_open(b.store, &b.holder) != MIP_OK)
		return 1;
	fault_each("replies", FAULT_ALLOC, keeps, b.store);
	fault_each("ledger", FAULT_ALLOC, books, &b);
	store_close(b.store);
	empty(&p);
	rmdir(p.dir);
	return fault_end();
}
