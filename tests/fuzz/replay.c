/* Runs a fuzz target over its corpus and mutations of it, where libFuzzer is
 * not to be had, and in `make check`.
 *
 *   fuzz_X [-n RUNS] [-s SEED] [FILE or DIRECTORY...]
 *
 * Prints TAP.  A crash leaves the input in crash-fuzz_X beside the program
 * and says so.  The same seed makes the same inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* The target, as libFuzzer names it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX_INPUT = 1 << 16, MAX_SEEDS = 4096, RUNS = 3000 };

struct input {
	uint8_t *s;
	size_t n;
};

struct replay {
	struct input seed[MAX_SEEDS];
	size_t nseed;
	uint64_t rng;
};

/* What is being run now, for the handler of crashes, which can be handed
 * nothing. */
static struct {
	uint8_t s[MAX_INPUT];
	size_t n;
	char path[512];
} now;

static void
die(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
crashed(int sig)
{
	static const char said[] = "not ok 1 - crash, its input is in ";
	int fd = open(now.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, now.s, now.n) == (ssize_t)now.n &&
	    write(STDOUT_FILENO, said, sizeof said - 1) > 0 &&
	    write(STDOUT_FILENO, now.path, strlen(now.path)) > 0 &&
	    write(STDOUT_FILENO, "\n", 1) > 0)
		close(fd);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
run(const uint8_t *s, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		die("memory");
	if (n) {
		memcpy(exact, s, n);
		memcpy(now.s, s, n);
	}
	now.n = n;
	/* Of its exact size, so that sanitizers see a read past the end. */
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static uint64_t
draw(struct replay *r, uint64_t below)
{
	uint64_t z = r->rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

static void
read_file(struct replay *r, const char *path)
{
	struct input *in = &r->seed[r->nseed];
	FILE *f = fopen(path, "rb");

	if (!f)
		die(path);
	in->s = malloc(MAX_INPUT);
	if (!in->s)
		die("memory");
	in->n = fread(in->s, 1, MAX_INPUT, f);
	fclose(f);
	r->nseed++;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_path(struct replay *r, const char *path)
{
	struct dirent **entry;
	struct stat st;
	char name[1024];
	int i, n;

	if (stat(path, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		if (r->nseed < MAX_SEEDS)
			read_file(r, path);
		return;
	}
	n = scandir(path, &entry, NULL, by_name);
	for (i = 0; i < n; i++) {
		if (entry[i]->d_name[0] != '.') {
			snprintf(name, sizeof name, "%s/%s", path,
			    entry[i]->d_name);
			read_path(r, name);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static size_t
remove_at(uint8_t *s, size_t n, size_t at, size_t len)
{
	memmove(s + at, s + at + len, n - at - len);
	return n - len;
}

static size_t
insert(uint8_t *s, size_t n, size_t at, const uint8_t *what, size_t len)
{
	if (len > MAX_INPUT - n)
		len = MAX_INPUT - n;
	memmove(s + at + len, s + at, n - at);
	memcpy(s + at, what, len);
	return n + len;
}

/* One change of `n` bytes at `s`; the new length. */
static size_t
mutate(struct replay *r, uint8_t *s, size_t n)
{
	static const char marks[] = "\"'{}[]()<>,:;=\\\n\t /*#`|&-+.0%@!";
	const struct input *other = &r->seed[draw(r, r->nseed)];
	size_t at = n ? draw(r, n) : 0, len = n ? draw(r, n - at) % 64 : 0;
	size_t from = other->n ? draw(r, other->n) : 0;
	uint8_t copy[64], c;

	switch (draw(r, 7)) {
	case 0:
		if (n)
			s[at] ^= (uint8_t)(1u << draw(r, 8));
		return n;
	case 1:
		return remove_at(s, n, at, len);
	case 2:
		memcpy(copy, s + at, len);
		return insert(s, n, n ? draw(r, n) : 0, copy, len);
	case 3:
		len = other->n - from;
		return insert(s, n, at, other->s + from,
		    len > 256 ? 256 : len);
	case 4:
		c = (uint8_t)draw(r, 256);
		return insert(s, n, at, &c, 1);
	case 5:
		c = (uint8_t)marks[draw(r, sizeof marks - 1)];
		return insert(s, n, at, &c, 1);
	}
	return at;                      /* cut off there */
}

static void
run_mutations(struct replay *r, unsigned long runs)
{
	static uint8_t s[MAX_INPUT];
	unsigned long i;
	uint64_t k;
	size_t n;

	for (i = 0; i < runs; i++) {
		const struct input *in = &r->seed[draw(r, r->nseed)];

		n = in->n;
		memcpy(s, in->s, n);
		for (k = 1 + draw(r, 4); k > 0; k--)
			n = mutate(r, s, n);
		run(s, n);
	}
}

static void
catch_crashes(const char *program)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL,
		SIGVTALRM };
	static const struct itimerval most = { .it_value = { 120, 0 } };
	const char *base = strrchr(program, '/');
	size_t i;

	base = base ? base + 1 : program;
	snprintf(now.path, sizeof now.path, "%.*scrash-%s",
	    (int)(base - program), program, base);
	for (i = 0; i < sizeof sigs / sizeof *sigs; i++)
		signal(sigs[i], crashed);
	/* An endless loop is a crash too. */
	setitimer(ITIMER_VIRTUAL, &most, NULL);
}

int
main(int argc, char **argv)
{
	static struct replay r;
	static uint8_t empty[1];
	unsigned long runs = RUNS;
	size_t i;
	int opt;

	r.rng = 1;
	while ((opt = getopt(argc, argv, "n:s:")) != -1) {
		if (opt == 'n')
			runs = strtoul(optarg, NULL, 10);
		else if (opt == 's')
			r.rng = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	for (; optind < argc; optind++)
		read_path(&r, argv[optind]);
	if (r.nseed == 0) {
		printf("not ok 1 - no corpus\n1..1\n");
		return 1;
	}
	catch_crashes(argv[0]);
	run(empty, 0);
	for (i = 0; i < r.nseed; i++)
		run(r.seed[i].s, r.seed[i].n);
	run_mutations(&r, runs);
	printf("ok 1 - %zu inputs and %lu mutations\n1..1\n", r.nseed, runs);
	for (i = 0; i < r.nseed; i++)
		free(r.seed[i].s);
	return 0;
}
