/* Models with a server of their own, which is started here.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lm/lm_in.h"

enum {
	LOCAL_CONTEXT = 4096,           /* tokens a call, where none is said */
	LOCAL_PARALLEL = 2
};

static void
local_spec(struct lm_model *m, struct llamacpp_spec *spec, struct buf *dir)
{
	unsigned parallel = m->model.sending.running;

	if (parallel == 0)
		parallel = LOCAL_PARALLEL;
	spec->model = m->model.id;
	spec->parallel = parallel;
	spec->embeds = m->role == LM_EMBEDS;
	spec->context = (m->model.context > 0 ? m->model.context :
	    LOCAL_CONTEXT) * (int64_t)parallel;
	if (!store_cache_dir(dir, m->lm->cache_dir))
		buf_printf(dir, "/tmp/miproc-%lu", (unsigned long)getuid());
	buf_puts(dir, "/llamacpp");
	spec->dir = buf_str(dir);
}

/* Starting takes long: a thread of its own does it. */
static void *
local_starter(void *arg)
{
	struct lm_model *m = arg;
	struct lm *l = m->lm;
	struct llamacpp_spec spec;
	struct llamacpp *llama = NULL;
	struct buf dir = BUF_INIT;
	char why[LM_WHY] = "";
	char *url[PROVIDER_NTO] = { NULL };
	enum mip_status s;
	unsigned i;

	local_spec(m, &spec, &dir);
	s = llamacpp_start(&spec, &l->cancelled, &llama, why);
	if (s == MIP_OK && !lm_urls(m, llamacpp_url(llama), url))
		s = MIP_NOMEM;
	pthread_mutex_lock(&l->lock);
	m->llama = llama;
	for (i = 0; i < PROVIDER_NTO; i++) {
		free(m->url[i]);
		m->url[i] = url[i];
	}
	m->server = s == MIP_OK ? LM_READY : LM_DEAD;
	if (s != MIP_OK) {
		m->dead = s;
		snprintf(m->dead_why, sizeof m->dead_why, "%s", why[0] ? why :
		    mip_status_text(s));
	}
	pthread_mutex_unlock(&l->lock);
	http_wake(l->http);
	buf_release(&dir);
	return NULL;
}

enum lm_server
lm_model_server(struct lm *l, struct lm_model *m)
{
	enum lm_server s;
	bool join;

	pthread_mutex_lock(&l->lock);
	s = m->server;
	join = s != LM_STARTING && m->starter_runs;
	if (s == LM_NO_SERVER)
		m->server = LM_STARTING;
	pthread_mutex_unlock(&l->lock);
	if (join) {
		pthread_join(m->starter, NULL);
		m->starter_runs = false;
	}
	if (s != LM_NO_SERVER)
		return s;
	llamacpp_stop(m->llama);
	m->llama = NULL;
	if (pthread_create(&m->starter, NULL, local_starter, m) == 0) {
		m->starter_runs = true;
		return LM_STARTING;
	}
	pthread_mutex_lock(&l->lock);
	m->server = LM_DEAD;
	m->dead = MIP_NOMEM;
	snprintf(m->dead_why, sizeof m->dead_why, "%s",
	    mip_status_text(MIP_NOMEM));
	pthread_mutex_unlock(&l->lock);
	return LM_DEAD;
}

bool
lm_model_takes(struct lm *l, struct lm_model *m, enum lm_kind kind)
{
	bool embeds = kind == LM_EMBED, ok = true;

	if (!m->own_server)
		return true;
	pthread_mutex_lock(&l->lock);
	if (m->role == LM_ANY_ROLE)
		m->role = embeds ? LM_EMBEDS : LM_CHATS;
	ok = (m->role == LM_EMBEDS) == embeds;
	pthread_mutex_unlock(&l->lock);
	return ok;
}

void
lm_model_lost(struct lm *l, struct lm_model *m)
{
	pthread_mutex_lock(&l->lock);
	if (m->server == LM_READY)
		m->server = LM_NO_SERVER;
	pthread_mutex_unlock(&l->lock);
}
