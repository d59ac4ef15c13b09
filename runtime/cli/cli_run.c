/* Runs of a program for the command line: one, or as a worker; and what
 * signals do to them.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/lines.h"
#include "run/mip.h"
#include "type/type.h"
#include "worker/worker.h"

/* A thread that waits for SIGINT and SIGTERM: the first ends the calls under
 * way, the second the process.  The status says so where something was ended:
 * one that comes when all is done has come too late. */
struct watch {
	pthread_t thread;
	pthread_mutex_t lock;
	struct mip_env *env;            /* lock; NULL: there are no calls */
	sigset_t set, old;
	int wake[2];                    /* readable after the first signal */
	atomic_bool done;
	atomic_int signal;              /* the first one, or 0 */
	bool started;
};

static void *
watch_main(void *arg)
{
	struct watch *w = arg;
	int sig;

	while (sigwait(&w->set, &sig) == 0 && !atomic_load(&w->done)) {
		if (atomic_load(&w->signal))
			_exit(128 + sig);
		atomic_store(&w->signal, sig);
		pthread_mutex_lock(&w->lock);
		if (w->env) {
			lines_write(w->wake[1], "x", 1);
			mip_env_cancel(w->env);
		}
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* Before there is any other thread. */
static void
watch_block(struct watch *w)
{
	sigemptyset(&w->set);
	sigaddset(&w->set, SIGINT);
	sigaddset(&w->set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &w->set, &w->old);
	atomic_init(&w->done, false);
	atomic_init(&w->signal, 0);
	w->started = false;
	w->wake[0] = w->wake[1] = -1;
}

static void
watch_start(struct watch *w, struct mip_env *env)
{
	pthread_mutex_init(&w->lock, NULL);
	w->env = env;
	if (pipe(w->wake) != 0)
		w->wake[0] = w->wake[1] = -1;
	w->started = w->wake[0] >= 0 &&
	    pthread_create(&w->thread, NULL, watch_main, w) == 0;
	if (!w->started)
		pthread_sigmask(SIG_SETMASK, &w->old, NULL);
}

/* No call comes any more. */
static void
watch_last(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	w->env = NULL;
	pthread_mutex_unlock(&w->lock);
}

/* The signal that came, or 0.  While the process ends they stay blocked. */
static int
watch_end(struct watch *w)
{
	if (w->started) {
		atomic_store(&w->done, true);
		pthread_kill(w->thread, SIGTERM);
		pthread_join(w->thread, NULL);
	}
	if (w->wake[0] >= 0) {
		close(w->wake[0]);
		close(w->wake[1]);
	}
	pthread_mutex_destroy(&w->lock);
	return atomic_load(&w->signal);
}

/* ---- one run ---- */

/* Whether the output is written as text, not as JSON; the string. */
static bool
cli_bare(const struct cli *c, const void *out, const char **text)
{
	const struct mip_type *t = c->program->out;
	const struct mip_field *only = NULL;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (t->field[i].flags & MIP_HIDDEN)
			continue;
		if (only)
			return false;
		only = &t->field[i];
	}
	if (!only || only->type->kind != MIP_STRING)
		return false;
	memcpy(text, (const char *)out + only->offset, sizeof *text);
	return *text != NULL;
}

static int
write_out(struct cli *c, const void *out)
{
	struct buf b = BUF_INIT;
	const char *text;
	int rc;

	if (!c->on[CLI_JSON] && !c->on[CLI_STREAM] && cli_bare(c, out, &text))
		buf_puts(&b, text);
	else
		type_write(&b, c->program->out, out, false);
	if (b.len == 0 || b.s[b.len - 1] != '\n')
		buf_putc(&b, '\n');
	rc = cli_write(c, &b);
	buf_release(&b);
	return rc;
}

/* Where parts go, and how that went. */
struct parts {
	const struct cli *c;
	int rc;
};

/* {"leaf":"m","call":0,"part":{...}}, with "again":true and "done":true. */
static bool
write_part(void *arg, const struct mip_part *p)
{
	struct parts *to = arg;
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\"leaf\":");
	buf_json(&b, p->leaf, strlen(p->leaf));
	buf_printf(&b, ",\"call\":%u%s%s,\"part\":", p->call,
	    p->again ? ",\"again\":true" : "",
	    p->done ? ",\"done\":true" : "");
	buf_puts(&b, p->json);
	buf_puts(&b, "}\n");
	to->rc = cli_write(to->c, &b);
	buf_release(&b);
	return to->rc == 0;
}

static enum mip_status
run_program(struct cli *c, struct mip *m, const void *in, void *out, int *rc)
{
	const struct mip_program *p = c->program;
	struct parts to = { c, 0 };
	enum mip_status s;

	mip_set_slots(m, c->slots);
	if (c->on[CLI_STREAM]) {
		s = mip_stream(m, p, in, out, write_part, &to);
		*rc = to.rc;
		return s;
	}
	mip_begin(m);
	s = p->run(m, in, out);
	return mip_status(m) != MIP_OK ? mip_status(m) : s;
}

static int
run_once(struct cli *c, struct mip_env *env, const void *in)
{
	const struct mip_program *p = c->program;
	void *out = arena_alloc(&c->arena, p->out->size);
	struct mip *m = mip_new(env);
	enum mip_status s = MIP_NOMEM;
	int rc = 0;

	if (out && m) {
		s = run_program(c, m, in, out, &rc);
		mip_end(m, p->name);
	}
	if (rc != 0) {                  /* it has been said */
		mip_free(m);
		return rc;
	}
	if (s == MIP_OK) {
		rc = write_out(c, out);
	} else {
		cli_say(c, "%s", m && mip_message(m)[0] ? mip_message(m) :
		    mip_status_text(s));
		rc = mip_status_exit(s);
	}
	mip_free(m);
	return rc;
}

/* ---- what it took ---- */

/* The file of --usage-file, or one beside it, in `beside`, that takes its place
 * once it is whole; -1 with errno. */
static int
usage_open(const char *path, struct buf *beside)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC);
	buf_printf(beside, "%s.%ld.tmp", path, (long)getpid());
	if (beside->failed) {
		errno = ENOMEM;
		return -1;
	}
	return open(buf_str(beside), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0666);
}

static int
usage_cannot(const struct cli *c, int error)
{
	cli_say(c, "%s: %s", c->usage, strerror(error));
	return mip_status_exit(MIP_IO);
}

/* One that cannot be written is told before anything is spent. */
static int
usage_try(const struct cli *c)
{
	struct buf beside = BUF_INIT;
	int fd, rc = 0;

	if (!c->usage)
		return 0;
	fd = usage_open(c->usage, &beside);
	if (fd < 0)
		rc = usage_cannot(c, errno);
	else
		close(fd);
	if (fd >= 0 && beside.len > 0)
		unlink(buf_str(&beside));
	buf_release(&beside);
	return rc;
}

static int
usage_write(const struct cli *c, const struct buf *b)
{
	struct buf beside = BUF_INIT;
	int fd = usage_open(c->usage, &beside), e = 0;
	bool tmp = beside.len > 0;

	if (fd < 0 || !lines_write(fd, buf_str(b), b->len) ||
	    (tmp && fsync(fd) != 0))
		e = errno;
	if (fd >= 0 && close(fd) != 0 && e == 0)
		e = errno;
	if (tmp && e == 0 && rename(buf_str(&beside), c->usage) != 0)
		e = errno;
	if (tmp && e != 0)
		unlink(buf_str(&beside));
	buf_release(&beside);
	return e != 0 ? usage_cannot(c, e) : 0;
}

/* Gives the exit status: `rc`, unless all went well until now. */
static int
usage_tell(const struct cli *c, struct mip_env *env, int rc)
{
	struct buf b = BUF_INIT;
	int wrote;

	if (c->on[CLI_USAGE]) {
		lm_usage_tell(mip_env_lm(env), false, &b);
		lines_write(STDERR_FILENO, buf_str(&b), b.len);
		buf_reset(&b);
	}
	if (c->usage) {
		lm_usage_tell(mip_env_lm(env), true, &b);
		wrote = b.failed ? usage_cannot(c, ENOMEM) :
		    usage_write(c, &b);
		rc = rc ? rc : wrote;
	}
	buf_release(&b);
	return rc;
}

/* ---- all that runs ---- */

static void
on_warning(void *arg, const char *text)
{
	const struct cli *c = arg;

	cli_say(c, "warning: %s", text);
}

static int
with_env(struct cli *c, struct watch *w, const void *in)
{
	struct mip_env *env;
	enum mip_status s = mip_env_new(&c->options, &env);
	int cut = mip_status_exit(MIP_CANCELLED), rc = 0, sig;

	if (s != MIP_OK) {
		cli_say(c, "%s", mip_env_message(env));
		rc = mip_status_exit(s);
	} else {
		rc = usage_try(c);
	}
	if (rc != 0) {
		mip_env_free(env);
		pthread_sigmask(SIG_SETMASK, &w->old, NULL);
		return rc;
	}
	mip_env_observe(env, on_warning, c);
	watch_start(w, env);
	if (c->on[CLI_JSONL])
		rc = cli_batch(c, env, w->wake);
	else
		rc = run_once(c, env, in);
	watch_last(w);
	rc = usage_tell(c, env, rc);
	mip_env_free(env);
	sig = watch_end(w);
	return rc == cut && sig ? 128 + sig : rc;
}

/* Answers go where stdout was, and what else is written to stdout, by a library
 * that has something to say, goes to stderr: it is no answer. */
static int
serve_out(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return STDOUT_FILENO;
	return fd;
}

/* The tuner decides when its workers end: ^C at its terminal is for it. */
static int
serve(struct cli *c)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct worker_options o = { .program = c->program, .eval = c->eval,
		.slots = c->slots, .jobs = c->jobs, .in = STDIN_FILENO,
		.out = serve_out() };
	enum mip_status s = mip_env_new(&c->options, &o.env);

	if (s != MIP_OK) {
		cli_say(c, "%s", mip_env_message(o.env));
		mip_env_free(o.env);
		return mip_status_exit(s);
	}
	mip_env_observe(o.env, on_warning, c);
	sigemptyset(&ignore.sa_mask);
	if (!isatty(STDIN_FILENO))
		sigaction(SIGINT, &ignore, NULL);
	s = worker_serve(&o);
	if (o.out != STDOUT_FILENO) {
		dup2(o.out, STDOUT_FILENO);
		close(o.out);
	}
	if (s != MIP_OK)
		cli_say(c, "%s", mip_status_text(s));
	mip_env_free(o.env);
	return mip_status_exit(s);
}

int
cli_run(struct cli *c)
{
	void *in = NULL;
	struct watch w;
	int rc;

	if (c->on[CLI_WORKER])
		return serve(c);
	/* Until here, and while stdin is read, ^C just ends the process. */
	if (!c->on[CLI_JSONL]) {
		rc = cli_input_read(c, &in);
		if (rc != 0)
			return rc;
	}
	watch_block(&w);
	return with_env(c, &w, in);
}
