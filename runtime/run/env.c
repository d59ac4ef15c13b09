/* What the contexts of a process share: the client of the models, its
 * options, and the baked slots of leaves.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/allow.h"
#include "run/fork.h"
#include "run/retrieve.h"

/* The slots of a leaf that the set of the context does not have: of programs
 * called from C, and of the judges in metrics. */
struct own_slots {
	struct own_slots *next;
	const struct mip_prompt *prompt;
	struct mip_program program;
	struct slots *slots;
};

struct mip_env {
	struct lm *lm;
	struct fork_pool *forks;
	struct tool_pools *tools;
	struct retrieve *retrieve;
	struct arena keep;              /* the strings of options */
	struct mip_options options;
	pthread_mutex_t lock;           /* of `own` */
	struct own_slots *own;
	atomic_bool stop;
	pid_t pid;                      /* whose threads it has */
	char message[320];
};

static void
env_keep(struct mip_env *env, const char **s)
{
	if (*s)
		*s = arena_strdup(&env->keep, *s);
}

static const char *const *
env_keep_list(struct mip_env *env, const char *const *v)
{
	const char **own;
	size_t n = 0, i;

	if (!v)
		return NULL;
	while (v[n])
		n++;
	own = arena_array(&env->keep, n + 1, sizeof *own);
	for (i = 0; own && i < n; i++)
		own[i] = arena_strdup(&env->keep, v[i]);
	return own;
}

/* The options' strings may be gone when the first call is made. */
static void
env_options(struct mip_env *env, const struct mip_options *o)
{
	struct mip_options *own = &env->options;

	*own = *o;
	env_keep(env, &own->cache_dir);
	env_keep(env, &own->base_url);
	env_keep(env, &own->trace);
	env_keep(env, &own->ledger);
	env_keep(env, &own->journal);
	env_keep(env, &own->record);
	env_keep(env, &own->replay);
	env_keep(env, &own->root);
	own->model = env_keep_list(env, o->model);
	own->allow = env_keep_list(env, o->allow);
}

/* Whether the options mean something; else says what does not. */
static bool
env_check(struct mip_env *env, const struct mip_options *o)
{
	const struct { const char *name; double v; } number[] = {
		{ "timeout_ms", (double)o->timeout_ms },
		{ "time_limit_ms", (double)o->time_limit_ms },
		{ "max_cost", o->max_cost },
		{ "max_calls", (double)o->max_calls },
		{ "max_tokens", (double)o->max_tokens },
		{ "cache_size", (double)o->cache_size },
	};
	size_t i;

	for (i = 0; i < sizeof number / sizeof *number; i++)
		if (!(number[i].v >= 0)) {
			snprintf(env->message, sizeof env->message,
			    "the option %s is %g; it may not be below 0",
			    number[i].name, number[i].v);
			return false;
		}
	for (i = 0; o->allow && o->allow[i]; i++)
		if (!allow_valid(o->allow[i])) {
			snprintf(env->message, sizeof env->message,
			    "the grant %.200s is not exec:COMMAND, net:HOST, "
			    "net:HOST:PORT or none", o->allow[i]);
			return false;
		}
	return true;
}

enum mip_status
mip_env_new(const struct mip_options *o, struct mip_env **out)
{
	static const struct mip_options none;
	struct mip_env *env = calloc(1, sizeof *env);
	enum mip_status s;

	*out = env;
	if (!env)
		return MIP_NOMEM;
	if (pthread_mutex_init(&env->lock, NULL) != 0) {
		free(env);
		*out = NULL;
		return MIP_NOMEM;
	}
	atomic_init(&env->stop, false);
	env->pid = getpid();
	if (o && !env_check(env, o))
		return MIP_USAGE;
	env_options(env, o ? o : &none);
	env->forks = fork_pool_new(env->options.threads);
	env->retrieve = retrieve_new(&env->options);
	if (env->keep.failed || !env->forks || !env->retrieve) {
		snprintf(env->message, sizeof env->message, "%s",
		    mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	env->tools = tool_pools_new(env->options.root);
	s = MIP_NOMEM;
	if (env->tools)
		s = lm_new(&env->options, &env->lm, env->message);
	if (s != MIP_OK && !env->message[0])
		snprintf(env->message, sizeof env->message, "%s",
		    mip_status_text(s));
	return s;
}

bool
mip_env_here(const struct mip_env *env)
{
	return env->pid == getpid();
}

void
mip_env_free(struct mip_env *env)
{
	struct own_slots *own;

	/* The threads stayed with the parent, maybe in the middle of it. */
	if (!env || !mip_env_here(env))
		return;
	fork_pool_free(env->forks);
	tool_pools_free(env->tools);
	if (env->lm)
		lm_free(env->lm);
	retrieve_free(env->retrieve);
	while ((own = env->own) != NULL) {
		env->own = own->next;
		slots_drop(own->slots);
		free(own);
	}
	pthread_mutex_destroy(&env->lock);
	arena_release(&env->keep);
	free(env);
}

const char *
mip_env_message(const struct mip_env *env)
{
	return env ? env->message : mip_status_text(MIP_NOMEM);
}

struct fork_pool *
mip_env_forks(struct mip_env *env)
{
	return env->forks;
}

struct retrieve *
mip_env_retrieve(struct mip_env *env)
{
	return env->retrieve;
}

struct lm *
mip_env_lm(struct mip_env *env)
{
	return env->lm;
}

size_t
mip_env_usage(struct mip_env *env, struct mip_leaf_usage *v, size_t n)
{
	return env && env->lm ? lm_usage(env->lm, v, n) : 0;
}

struct tool_pools *
mip_env_tools(struct mip_env *env)
{
	return env->tools;
}

bool
mip_env_allows_exec(const struct mip_env *env, const char *command)
{
	return !env->options.allow ||
	    allow_exec(env->options.allow, command);
}

bool
mip_env_allows_net(const struct mip_env *env, const char *url)
{
	return !env->options.allow || allow_net(env->options.allow, url);
}

void
mip_env_observe(struct mip_env *env, void (*warn)(void *arg, const char *text),
    void *arg)
{
	lm_observe(env->lm, warn, arg);
}

void
mip_env_cancel(struct mip_env *env)
{
	atomic_store(&env->stop, true);
	if (env->lm)
		lm_cancel(env->lm);
}

bool
mip_env_cancelled(const struct mip_env *env)
{
	return atomic_load(&env->stop);
}

/* Makes the slots of `p` alone; called with the lock held. */
static struct own_slots *
own_new(const struct mip_prompt *p, enum mip_status *s, char *why, size_t nwhy)
{
	static const struct json nothing;
	struct own_slots *own = calloc(1, sizeof *own);

	*s = MIP_NOMEM;
	if (!own)
		return NULL;
	own->prompt = p;
	own->program.abi = MIP_ABI;
	own->program.name = p->name;
	own->program.in = p->in;
	own->program.out = p->out;
	own->program.prompt = &own->prompt;
	own->program.nprompt = 1;
	*s = slots_new(&own->program, nothing, &own->slots, why, nwhy);
	if (*s == MIP_OK)
		return own;
	free(own);
	return NULL;
}

const struct slots_leaf *
mip_env_leaf(struct mip_env *env, const struct mip_prompt *p,
    enum mip_status *s, char *why, size_t nwhy)
{
	struct own_slots *own;

	*s = MIP_OK;
	pthread_mutex_lock(&env->lock);
	for (own = env->own; own; own = own->next)
		if (own->prompt == p)
			break;
	if (!own) {
		own = own_new(p, s, why, nwhy);
		if (own) {
			own->next = env->own;
			env->own = own;
		}
	}
	pthread_mutex_unlock(&env->lock);
	return own ? slots_leaf(own->slots, p) : NULL;
}
