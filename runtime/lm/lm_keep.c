/* What is kept of replies, and looked up: journal, recording, cache.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lm/lm_in.h"

void
lm_warn(struct lm *l, const char *what, const char *why)
{
	char text[LM_WHY];

	lm_say(l, text, "%s: %s", what, why);
	if (l->warn)
		l->warn(l->warn_arg, text);
}

/* SQLite writes files beside the one that is written. */
static bool
lm_only_read(const char *dir, const char *path)
{
	return access(path, R_OK) == 0 &&
	    (access(path, W_OK) != 0 || access(dir, W_OK) != 0);
}

static void
lm_cache_open(struct lm *l)
{
	struct buf dir = BUF_INIT, path = BUF_INIT;
	char why[STORE_WHY] = "out of memory";
	struct store *s = NULL;
	unsigned i;
	bool known = store_cache_dir(&dir, l->cache_dir);

	if (!known)
		snprintf(why, sizeof why, "neither MIPROC_CACHE_DIR nor "
		    "XDG_CACHE_HOME nor HOME is set");
	buf_printf(&path, "%s/cache.db", buf_str(&dir));
	known = known && !dir.failed && !path.failed;
	if (known && store_open(buf_str(&path), STORE_CACHE, &s, why) == MIP_OK)
		store_limit(s, l->cache_size);
	else if (known && lm_only_read(buf_str(&dir), buf_str(&path)) &&
	    store_open(buf_str(&path), STORE_READ, &s, why) == MIP_OK)
		lm_warn(l, "the cache is only read, since it cannot be "
		    "written", buf_str(&path));
	buf_release(&dir);
	buf_release(&path);
	if (!s)
		lm_warn(l, "going on without the cache", why);
	for (i = 0; s && i < l->holders; i++)
		store_hold(s);
	atomic_store(&l->cache, s);
}

struct store *
lm_cache(struct lm *l)
{
	if (l->no_cache || atomic_load(&l->cache_off))
		return NULL;
	if (!atomic_load(&l->cache_tried)) {
		pthread_mutex_lock(&l->cache_lock);
		if (!atomic_load(&l->cache_tried))
			lm_cache_open(l);
		atomic_store(&l->cache_tried, true);
		pthread_mutex_unlock(&l->cache_lock);
	}
	return atomic_load(&l->cache);
}

/* Those that replies are looked up in. */
static void
lm_each_store(struct lm *l, void (*what)(struct store *s))
{
	struct store *cache = atomic_load(&l->cache);

	if (l->journal)
		what(l->journal);
	if (l->replay)
		what(l->replay);
	if (cache)
		what(cache);
}

void
lm_hold(struct lm *l)
{
	pthread_mutex_lock(&l->cache_lock);
	l->holders++;
	lm_each_store(l, store_hold);
	pthread_mutex_unlock(&l->cache_lock);
}

void
lm_drop(struct lm *l)
{
	pthread_mutex_lock(&l->cache_lock);
	l->holders--;
	lm_each_store(l, store_drop);
	pthread_mutex_unlock(&l->cache_lock);
}

static void
lm_cache_fault(struct lm *l, struct store *s)
{
	char why[STORE_WHY];

	if (atomic_exchange(&l->cache_off, true))
		return;
	store_why(s, why);
	lm_warn(l, "going on without the cache", why);
}

static bool
lm_look(struct lm *l, struct store *s, struct lm_flight *f)
{
	enum mip_status status;
	bool found;

	status = store_get(s, f->key, &f->reply, &found);
	if (!found)
		f->reply.rung = f->ask.rung;
	if (status == MIP_OK)
		return found;
	if (s == l->journal || s == l->replay) {
		f->status = MIP_IO;
		store_why(s, f->message);
	} else {
		lm_cache_fault(l, s);
	}
	return false;
}

/* What was asked is kept in a journal and a recording, which are of one run and
 * may be read by people; in the cache it would be the most of it. */
static void
lm_put(struct lm *l, struct store *s, struct lm_flight *f)
{
	bool cache = s == atomic_load(&l->cache);
	struct store_about about = {
		.request = cache ? "" : f->get ? f->url ? f->url :
		    f->m->url[0] : buf_str(&f->body),
		.model = f->m->model.id ? f->m->model.id : f->m->what,
		.server = f->m->identity, .sample = f->ask.sample,
	};
	struct buf clean = BUF_INIT;

	if (redact_found(&l->redact, about.request, strlen(about.request))) {
		buf_puts(&clean, about.request);
		redact_buf(&l->redact, &clean);
		about.request = buf_str(&clean);
	}
	store_put(s, f->key, &f->reply, &about);
	buf_release(&clean);
}

/* Those of `q` that came from somewhere else than `s` itself; the cache takes
 * what came from a server. */
static enum mip_status
lm_put_all(struct lm *l, struct store *s, const struct lm_queue *q)
{
	bool cache = s == atomic_load(&l->cache);

	struct lm_flight *f;
	bool begun = false;

	for (f = q->first; f; f = f->next) {
		if (f->status != MIP_OK || f->fresh ||
		    (f->source == LM_JOURNAL && s == l->journal) ||
		    (cache && f->source != LM_SERVER))
			continue;
		if (!begun)
			store_begin(s);
		begun = true;
		lm_put(l, s, f);
	}
	return begun ? store_commit(s) : MIP_OK;
}

/* Nothing more is asked for: it would be paid, and lost. */
static void
lm_stop_keeping(struct lm *l, const char *what, const char *why)
{
	pthread_mutex_lock(&l->lock);
	if (!atomic_load(&l->unkept))
		lm_say(l, l->unkept_why, "%s: %s", what, why);
	atomic_store(&l->unkept, true);
	pthread_mutex_unlock(&l->lock);
}

/* What was paid for is not used before it is kept. */
static void
lm_keep_all(struct lm *l, struct store *s, const char *what,
    const struct lm_queue *q)
{
	struct lm_flight *f;
	char why[STORE_WHY];

	if (!s || lm_put_all(l, s, q) == MIP_OK)
		return;
	store_why(s, why);
	lm_stop_keeping(l, what, why);
	for (f = q->first; f; f = f->next)
		if (f->status == MIP_OK && !f->fresh &&
		    (f->source != LM_JOURNAL || s != l->journal)) {
			f->status = MIP_IO;
			lm_say(l, f->message, "%s: %s", what, why);
		}
}

static void
lm_record(struct lm *l, const struct lm_queue *q)
{
	lm_keep_all(l, l->journal, "the journal", q);
	lm_keep_all(l, l->record, "the recording", q);
}

void
lm_keep(struct lm *l, const struct lm_queue *q)
{
	struct store *cache = lm_cache(l);

	if (cache && store_writes(cache) &&
	    lm_put_all(l, cache, q) != MIP_OK)
		lm_cache_fault(l, cache);
	lm_record(l, q);
}

/* In the journal, the recording that is replayed, or the cache?  What is, goes
 * to those that keep it. */
bool
lm_known(struct lm *l, struct lm_flight *f)
{
	struct store *s;
	struct lm_queue one;

	if (f->fresh)
		return false;
	if (l->journal && lm_look(l, l->journal, f)) {
		f->source = LM_JOURNAL;
	} else if (f->status != MIP_OK) {
		return true;
	} else {
		s = l->replay ? l->replay : l->refresh ? NULL : lm_cache(l);
		if (!s || !lm_look(l, s, f))
			return f->status != MIP_OK;
		f->source = l->replay ? LM_REPLAY : LM_CACHE;
	}
	lm_queue_init(&one);
	lm_queue_put(&one, f);
	lm_record(l, &one);
	return true;
}
