/* What the fake model server was asked: its log, and what it counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
count_body(struct server *s, const unsigned char sha[32])
{
	uint64_t h, *old = s->seen;
	size_t i, k, oldcap = s->cap;

	memcpy(&h, sha, sizeof h);
	h |= 1;
	if (s->nseen * 2 >= s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->seen = lmd_alloc(s->cap * sizeof *s->seen);
		for (i = 0; i < oldcap; i++) {
			if (!old[i])
				continue;
			for (k = old[i] >> 20 & (s->cap - 1); s->seen[k];
			    k = (k + 1) & (s->cap - 1))
				;
			s->seen[k] = old[i];
		}
		free(old);
	}
	for (k = h >> 20 & (s->cap - 1); s->seen[k]; k = (k + 1) & (s->cap - 1))
		if (s->seen[k] == h)
			return;
	s->seen[k] = h;
	s->nseen++;
}

static void
log_body(FILE *f, const struct lmd_request *r)
{
	struct lmd_text t = { NULL, 0, 0 };

	if (r->json && !memchr(r->body.s, '\n', r->body.len)) {
		fwrite(r->body.s, 1, r->body.len, f);
		return;
	}
	if (r->json) {
		lmd_puts(&t, r->body.s);
		cJSON_Minify(t.s);
	} else {
		lmd_quote(&t, r->body.s);
	}
	fputs(t.s, f);
	free(t.s);
}

/* Whether a key came, in any of the headers that APIs have for it. */
static bool
has_key(struct exchange *e)
{
	static const char *const header[] = {
		"Authorization", "X-Key", "api-key", "x-api-key",
		"x-goog-api-key"
	};
	size_t i;

	for (i = 0; i < sizeof header / sizeof header[0]; i++)
		if (MHD_lookup_connection_value(e->c, MHD_HEADER_KIND,
		    header[i]))
			return true;
	return false;
}

/* What an API has against the request. */
static void
log_why(FILE *f, const char *why)
{
	struct lmd_text t = { NULL, 0, 0 };

	if (!*why)
		return;
	lmd_quote(&t, why);
	fprintf(f, ",\"why\":%s", t.s);
	free(t.s);
}

void
lmd_log_record(struct server *s, struct exchange *e, uint64_t at_us,
    const char *why)
{
	const struct lmd_request *r = &e->request;
	bool silent = e->action == LMD_RESET || e->action == LMD_HANG;
	const char *parent = MHD_lookup_connection_value(e->c,
	    MHD_HEADER_KIND, "traceparent");
	unsigned i, status = silent ? 0 : e->status;

	s->requests++;
	s->by_status[status]++;
	if (++s->in_flight > s->max_in_flight)
		s->max_in_flight = s->in_flight;
	e->counted = true;
	count_body(s, r->sha);
	if (!s->log)
		return;
	fprintf(s->log, "{\"n\":%u,\"t_us\":%llu,\"path\":\"%s\",\"auth\":%s,"
	    "\"body\":", s->requests,
	    (unsigned long long)(at_us - s->start_us), r->path,
	    has_key(e) ? "true" : "false");
	log_body(s->log, r);
	if (parent && strspn(parent, "0123456789abcdef-") == strlen(parent))
		fprintf(s->log, ",\"traceparent\":\"%s\"", parent);
	fputs(",\"sha\":\"", s->log);
	for (i = 0; i < sizeof r->sha; i++)
		fprintf(s->log, "%02x", r->sha[i]);
	fprintf(s->log, "\",\"status\":%u", status);
	log_why(s->log, why);
	fputs("}\n", s->log);
	fflush(s->log);
}

const char *
lmd_log_statistics(struct server *s, struct lmd_text *t)
{
	const char *sep = "";
	unsigned i;

	pthread_mutex_lock(&s->lock);
	lmd_printf(t, "{\"requests\":%u,\"by_status\":{", s->requests);
	for (i = 0; i < 600; i++) {
		if (!s->by_status[i])
			continue;
		lmd_printf(t, "%s\"%u\":%u", sep, i, s->by_status[i]);
		sep = ",";
	}
	lmd_printf(t, "},\"distinct\":%zu,\"duplicates\":%zu,"
	    "\"in_flight\":%u,\"max_in_flight\":%u,\"rules\":[", s->nseen,
	    s->requests - s->nseen, s->in_flight, s->max_in_flight);
	for (i = 0; i < s->script.n; i++)
		lmd_printf(t, "%s%u", i ? "," : "", s->script.rule[i].used);
	lmd_puts(t, "]}\n");
	pthread_mutex_unlock(&s->lock);
	return "application/json";
}

const char *
lmd_log_show(struct server *s, struct lmd_text *t)
{
	char chunk[16384];
	size_t n;
	FILE *f;

	f = s->o.log ? fopen(s->o.log, "rb") : NULL;
	while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		lmd_put(t, chunk, n);
	if (f)
		fclose(f);
	return "application/jsonl";
}
