/* Replies on disk: the cache that all runs of a user share, the journal of
 * one study, and the ledger of a budget that processes share.
 *
 * One SQLite file each.  A reply is found by the SHA-256 of its request.
 * Errors and secrets are never stored.  A store is thread-safe and may be
 * used by several processes at once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STORE_H
#define STORE_H

#include "miproc.h"
#include "reply.h"

enum { STORE_KEY = 32, STORE_WHY = 320 };

struct store_reply {
	char *text;                     /* malloc'ed: store_reply_release */
	size_t text_len;
	char *reasoning;                /* or NULL */
	enum reply_finish finish;
	bool refused;
	enum mip_structure rung;
	int64_t in, cached, out;        /* tokens */
	double latency_s;
	unsigned attempts;
};

/* What is kept beside a reply, for people: no part of the key. */
struct store_about {
	const char *request;            /* its body as sent */
	const char *model, *server, *sample;
};

struct store;

/* Opens the file, and makes it and its directory if need be.  `own`: the
 * file is ours alone, as the cache is; a study's database is not.  On
 * failure *out is NULL and `why` has a sentence without full stop. */
enum mip_status store_open(const char *path, bool own, struct store **out,
    char why[STORE_WHY]);
void store_close(struct store *s);

/* The sentence on the last failure of this thread's making. */
void store_why(struct store *s, char why[STORE_WHY]);

/* MIP_OK and *found; MIP_IO; MIP_NOMEM. */
enum mip_status store_get(struct store *s, const unsigned char key[STORE_KEY],
    struct store_reply *r, bool *found);
void store_reply_release(struct store_reply *r);

/* One transaction: begin, any number of puts, commit.  The store is locked
 * from begin to commit, which comes whatever the puts gave back; on failure
 * of any of them nothing of it is written and commit says MIP_IO. */
void store_begin(struct store *s);
void store_put(struct store *s, const unsigned char key[STORE_KEY],
    const struct store_reply *r, const struct store_about *about);
enum mip_status store_commit(struct store *s);

/* The SHA-256 (hex) of a file that is as long and as old as it was then. */
bool store_digest_get(struct store *s, const char *path, int64_t size,
    int64_t mtime_ns, char hex[65]);
void store_digest_put(struct store *s, const char *path, int64_t size,
    int64_t mtime_ns, const char *hex);

/* ---- the ledger ---- */

/* Amounts; pico is 1e-12 usd, so that sums are exact. */
struct store_sum {
	int64_t calls, tokens, pico;
};

/* Who holds a reservation: a process, and one budget in it. */
struct store_holder {
	int64_t pid, born, n;
};

/* Makes a holder for this process. */
enum mip_status store_ledger_open(struct store *s, struct store_holder *h);
/* Forgets what the holder holds. */
void store_ledger_close(struct store *s, const struct store_holder *h);

/* Adds `change` to what the holder holds if all that is spent and held then
 * stays within `most` (a negative number: no limit).  *fits if it was done;
 * *spent is what is gone for good. */
enum mip_status store_ledger_hold(struct store *s,
    const struct store_holder *h, const struct store_sum *change,
    const struct store_sum *most, bool *fits, struct store_sum *spent);

/* Gives back `held` and books `spent`. */
enum mip_status store_ledger_settle(struct store *s,
    const struct store_holder *h, const struct store_sum *held,
    const struct store_sum *spent);

/* ---- upkeep, for `miproc cache` ---- */

struct store_stat {
	int64_t replies, bytes;
	int64_t in, out;                /* tokens that the replies took */
};
enum mip_status store_stat(struct store *s, struct store_stat *st);
/* Forgets replies older than `days`; 0: all. */
enum mip_status store_clear(struct store *s, int64_t days, int64_t *gone);

/* Appends the directory of the cache to `b`: `dir` if not NULL, else
 * $MIPROC_CACHE_DIR, $XDG_CACHE_HOME/miproc, ~/.cache/miproc.  False if
 * none of them is known. */
struct buf;
bool store_cache_dir(struct buf *b, const char *dir);

#endif
