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

#include "miproc_gen.h"
#include "reply/reply.h"

enum { STORE_KEY = 32, STORE_WHY = 320 };

struct store_reply {
	char *text;                     /* malloc'ed: store_reply_release */
	size_t text_len;
	char *reasoning;                /* or NULL */
	enum reply_finish finish;
	bool refused;
	enum mip_structure rung;
	int64_t in, out;                /* tokens */
	int64_t cached, written;        /* of `in`: which the provider had
	                                 * kept, and keeps from now on */
	double latency_s;
	unsigned attempts;
};

/* What is kept beside a reply, for people: no part of the key. */
struct store_about {
	const char *request;            /* its body as sent; "": not kept */
	const char *model, *server, *sample;
};

struct store;

enum store_use {
	STORE_CACHE,                    /* the file is ours alone */
	STORE_SHARE,                    /* others have tables in it: a study */
	STORE_READ                      /* nothing is written, ever: only
	                                 * store_get, store_stat and
	                                 * store_digest_get may be called */
};

/* Opens the file, and makes it and its directory if need be, but for reading.
 * On failure *out is NULL and `why` has a sentence without full stop.  What a
 * disk says that takes nothing more may show at the first commit only. */
enum mip_status store_open(const char *path, enum store_use use,
    struct store **out, char why[STORE_WHY]);
void store_close(struct store *s);
bool store_writes(const struct store *s);       /* false for STORE_READ */

/* The sentence on the last failure of this thread's making. */
void store_why(struct store *s, char why[STORE_WHY]);

/* MIP_OK and *found; MIP_IO; MIP_NOMEM. */
enum mip_status store_get(struct store *s, const unsigned char key[STORE_KEY],
    struct store_reply *r, bool *found);
void store_reply_release(struct store_reply *r);

/* From hold to drop, which nest, looks may share a transaction, so that each
 * of them does not lock the file: worth it where many come one after the
 * other.  What is not found is looked for again in what is there by then.
 * While it lasts the log of the file cannot be begun anew, so that it should
 * not be held where nothing is looked for. */
void store_hold(struct store *s);
void store_drop(struct store *s);

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
	int64_t replies;
	int64_t bytes;                  /* of the file */
	int64_t in, out;                /* tokens that the replies took */
};
enum mip_status store_stat(struct store *s, struct store_stat *st);

/* From now on keeps the file of a STORE_CACHE to so many bytes, but for some
 * replies that are just being written.  0: no limit. */
void store_limit(struct store *s, int64_t most);

/* Forgets replies, the longest of no use first, until the file has at most
 * `most` bytes in use, or what is left was of use on `day` (since 1970; see
 * store_day) or later.  The file itself stays as large as it is.  `gone` may
 * be NULL. */
enum mip_status store_shrink(struct store *s, int64_t most, int64_t day,
    int64_t *gone);
int64_t store_day(void);
/* Gives what is not in use of the file back. */
void store_compact(struct store *s);
/* Forgets all replies, and makes the file small. */
enum mip_status store_clear(struct store *s, int64_t *gone);
/* The same of a cache that nobody has opened; one that is ruined is removed.
 * Without an effect if there is none. */
enum mip_status store_wipe(const char *path, int64_t *gone,
    char why[STORE_WHY]);
/* Adds the replies of another store that are not there; how many. */
enum mip_status store_copy(struct store *to, struct store *from, int64_t *n);

/* Appends the directory of the cache to `b`: `dir` if not NULL, else
 * $MIPROC_CACHE_DIR, $XDG_CACHE_HOME/miproc, ~/.cache/miproc.  False if
 * none of them is known. */
struct buf;
bool store_cache_dir(struct buf *b, const char *dir);

#endif
