/* The ledger: what a budget that processes share has spent, and what each of
 * them holds of it.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_in.h"

/* When the process began, in the kernel's ticks: tells it from a later one
 * with its number.  0 where that is not to be had. */
static int64_t
store_born(int64_t pid)
{
	char path[64], text[1024];
	const char *at;
	ssize_t n;
	int fd, i;

	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* The second field, the name in parentheses, may hold anything. */
	at = strrchr(text, ')');
	for (i = 0; at && i < 20; i++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? strtoll(at, NULL, 10) : 0;
}

static bool
store_alive(int64_t pid, int64_t born)
{
	int64_t now;

	if (kill((pid_t)pid, 0) != 0 && errno != EPERM)
		return false;
	now = store_born(pid);
	return now == 0 || born == 0 || now == born;
}

static void
store_holder_bind(sqlite3_stmt *q, const struct store_holder *h)
{
	sqlite3_bind_int64(q, 1, h->pid);
	sqlite3_bind_int64(q, 2, h->born);
	if (sqlite3_bind_parameter_count(q) >= 3)
		sqlite3_bind_int64(q, 3, h->n);
}

/* What dead processes held is spent: how far their calls had got, nobody
 * knows. */
static void
store_bury(struct store *s)
{
	sqlite3_stmt *q = store_statement(s, STORE_HOLDERS);
	struct store_holder dead[16];
	size_t i, n = 0;

	while (n < sizeof dead / sizeof dead[0] &&
	    sqlite3_step(q) == SQLITE_ROW) {
		dead[n].pid = sqlite3_column_int64(q, 0);
		dead[n].born = sqlite3_column_int64(q, 1);
		if (!store_alive(dead[n].pid, dead[n].born))
			n++;
	}
	sqlite3_reset(q);
	for (i = 0; i < n; i++) {
		store_holder_bind(store_statement(s, STORE_INHERIT), &dead[i]);
		store_step(s, STORE_INHERIT);
		store_holder_bind(store_statement(s, STORE_BURY), &dead[i]);
		store_step(s, STORE_BURY);
	}
}

enum mip_status
store_ledger_open(struct store *s, struct store_holder *h)
{
	sqlite3_stmt *q;

	h->pid = getpid();
	h->born = store_born(h->pid);
	h->n = 0;
	store_begin(s);
	store_bury(s);
	store_holder_bind(store_statement(s, STORE_HOLDER), h);
	store_step(s, STORE_HOLDER);
	q = store_statement(s, STORE_HOLDER_N);
	store_holder_bind(q, h);
	/* Without its number the holder would hold nothing, unnoticed. */
	if (s->batch == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
		h->n = sqlite3_column_int64(q, 0);
	} else if (s->batch == SQLITE_OK) {
		s->batch = sqlite3_errcode(s->write.db);
		store_fail(s, s->write.db, s->batch);
	}
	sqlite3_reset(q);
	return store_commit(s);
}

void
store_ledger_close(struct store *s, const struct store_holder *h)
{
	store_begin(s);
	store_holder_bind(store_statement(s, STORE_UNHOLDER), h);
	store_step(s, STORE_UNHOLDER);
	store_commit(s);
}

static void
store_sum(struct store *s, enum store_sql which, struct store_sum *sum)
{
	sqlite3_stmt *q = store_statement(s, which);

	memset(sum, 0, sizeof *sum);
	if (s->batch == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
		sum->calls = sqlite3_column_int64(q, 0);
		sum->tokens = sqlite3_column_int64(q, 1);
		sum->pico = sqlite3_column_int64(q, 2);
	} else if (s->batch == SQLITE_OK) {
		s->batch = sqlite3_errcode(s->write.db);
		store_fail(s, s->write.db, s->batch);
	}
	sqlite3_reset(q);
}

static bool
store_within(int64_t gone, int64_t held, int64_t change, int64_t most)
{
	if (most < 0)
		return true;
	return gone <= most && held <= most - gone &&
	    change <= most - gone - held;
}

static bool
store_fits(const struct store_sum *gone, const struct store_sum *held,
    const struct store_sum *change, const struct store_sum *most)
{
	return store_within(gone->calls, held->calls, change->calls,
	    most->calls) &&
	    store_within(gone->tokens, held->tokens, change->tokens,
	    most->tokens) &&
	    store_within(gone->pico, held->pico, change->pico, most->pico);
}

static void
store_ledger_add(struct store *s, const struct store_holder *h,
    const struct store_sum *v, int sign)
{
	sqlite3_stmt *q = store_statement(s, STORE_HOLD);

	store_holder_bind(q, h);
	sqlite3_bind_int64(q, 4, sign * v->calls);
	sqlite3_bind_int64(q, 5, sign * v->tokens);
	sqlite3_bind_int64(q, 6, sign * v->pico);
	store_step(s, STORE_HOLD);
}

enum mip_status
store_ledger_hold(struct store *s, const struct store_holder *h,
    const struct store_sum *change, const struct store_sum *most,
    bool *fits, struct store_sum *spent)
{
	struct store_sum held;

	store_begin(s);
	store_sum(s, STORE_SPENT, spent);
	store_sum(s, STORE_HELD, &held);
	*fits = store_fits(spent, &held, change, most);
	if (!*fits) {
		store_bury(s);
		store_sum(s, STORE_SPENT, spent);
		store_sum(s, STORE_HELD, &held);
		*fits = store_fits(spent, &held, change, most);
	}
	if (*fits)
		store_ledger_add(s, h, change, 1);
	return store_commit(s);
}

enum mip_status
store_ledger_settle(struct store *s, const struct store_holder *h,
    const struct store_sum *held, const struct store_sum *spent)
{
	sqlite3_stmt *q;

	store_begin(s);
	store_ledger_add(s, h, held, -1);
	q = store_statement(s, STORE_SPEND);
	sqlite3_bind_int64(q, 1, spent->calls);
	sqlite3_bind_int64(q, 2, spent->tokens);
	sqlite3_bind_int64(q, 3, spent->pico);
	store_step(s, STORE_SPEND);
	return store_commit(s);
}
