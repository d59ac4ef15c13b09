/* Memory that fails anywhere in a run that asks a server: the answer is right,
 * or the run has failed and says why; nobody waits for ever.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/sample.c"
#include "run/mip.h"

enum { PATIENCE_S = 300 };              /* who waits longer waits for ever */

struct place {
	char dir[64], url[64];
	bool warm;                      /* the cache stays from run to run */
	bool all;                       /* trace, journal and budget, too */
};

/* ---- the server: a process, whose memory does not fail ---- */

static void
reply_to(int fd)
{
	static const char body[] = "{\"choices\":[{\"message\":{\"role\":"
	    "\"assistant\",\"content\":\"sky\"},"
	    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
	    "\"completion_tokens\":4}}";
	char text[16384], head[128];
	const char *end, *length;
	size_t n = 0, want = sizeof text - 1;
	ssize_t k;

	while (n < want && (k = read(fd, text + n, want - n)) > 0) {
		n += (size_t)k;
		text[n] = '\0';
		end = strstr(text, "\r\n\r\n");
		length = strstr(text, "Content-Length: ");
		if (end && length)
			want = (size_t)(end + 4 - text) +
			    strtoul(length + 16, NULL, 10);
	}
	k = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: "
	    "application/json\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n\r\n", sizeof body - 1);
	if (write(fd, head, (size_t)k) == k)
		k = write(fd, body, sizeof body - 1);
	close(fd);
}

/* Its process, or -1. */
static pid_t
serve(char url[64])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), one;
	pid_t pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	snprintf(url, 64, "http://127.0.0.1:%u/v1", ntohs(a.sin_port));
	pid = fork();
	while (pid == 0)
		if ((one = accept(fd, NULL, NULL)) >= 0)
			reply_to(one);
	close(fd);
	return pid;
}

/* ---- a run ---- */

static void
empty(const struct place *p)
{
	static const char *const name[] = { "cache.db", "cache.db-wal",
		"cache.db-shm", "journal", "journal-wal", "journal-shm",
		"ledger", "ledger-wal", "ledger-shm", "trace" };
	char path[128];
	size_t i;

	for (i = 0; i < sizeof name / sizeof name[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", p->dir, name[i]);
		unlink(path);
	}
}

static bool
settled(enum mip_status s, const char *why)
{
	bool ok = fault_met() && why && why[0] && (s == MIP_NOMEM ||
	    s == MIP_INFRASTRUCTURE || s == MIP_IO);

	if (!ok)
		fprintf(stderr, "%s: %s\n", mip_status_word(s),
		    why ? why : "(nothing is said)");
	return ok;
}

static bool
run(struct mip_env *env)
{
	const struct recall_in in = { "Why is it blue?" };
	struct recall_out out = { NULL };
	struct mip *m = mip_new(env);
	enum mip_status s;
	bool ok;

	if (!m)
		return fault_met();
	s = echo_program.run(m, &in, &out);
	ok = s == MIP_OK ? strcmp(out.facts, "sky") == 0 :
	    settled(s, mip_message(m)[0] ? mip_message(m) :
	    mip_status_text(s));
	mip_free(m);
	return ok;
}

static bool
asks(void *arg)
{
	const struct place *p = arg;
	char journal[80], trace[80], ledger[80];
	struct mip_options o = { .cache_dir = p->dir, .base_url = p->url };
	struct mip_env *env;
	enum mip_status s;
	bool ok;

	alarm(PATIENCE_S);
	if (!p->warm)
		empty(p);
	snprintf(journal, sizeof journal, "%s/journal", p->dir);
	snprintf(trace, sizeof trace, "%s/trace", p->dir);
	snprintf(ledger, sizeof ledger, "%s/ledger", p->dir);
	if (p->all) {
		o.journal = journal;
		o.trace = trace;
		o.trace_content = true;
		o.ledger = ledger;
		o.max_calls = 1000;
	}
	s = mip_env_new(&o, &env);
	ok = s == MIP_OK ? run(env) : settled(s, mip_env_message(env));
	mip_env_free(env);
	return ok;
}

int
main(void)
{
	/* A disk would be waited for at every commit. */
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct place p = { .all = false };
	pid_t pid;

	snprintf(p.dir, sizeof p.dir, "%s/fault-XXXXXX", tmp);
	if (!mkdtemp(p.dir) || (pid = serve(p.url)) < 0)
		return 1;
	/* SQLite's calls are many, and f_store has them. */
	if (getenv("STRESS"))
		fault_libraries();
	else
		fault_json();
	fault_each("asking a server", FAULT_ALLOC, asks, &p);
	p.warm = true;
	fault_each("the cache", FAULT_ALLOC | FAULT_OPEN, asks, &p);
	p.warm = false;
	p.all = true;
	fault_each("journal, trace and budget", FAULT_ALLOC | FAULT_OPEN |
	    FAULT_WRITE, asks, &p);
	empty(&p);
	rmdir(p.dir);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fault_end();
}
