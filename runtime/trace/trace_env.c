/* The environment variables of OpenTelemetry, and the trace context of the W3C
 * in TRACEPARENT.
 *
 * SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/json.h"
#include "trace/trace_in.h"

enum {
	ENV_TIMEOUT_MS = 10000,
	ENV_DELAY_MS = 1000,
	ENV_QUEUE = 4096,
	ENV_BATCH = 512,
	ENV_HEADERS = 32
};

/* The variable, if it is set to something. */
static const char *
tenv_get(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* That of traces, else that of all signals. */
static const char *
tenv_signal(const char *what)
{
	char name[64];
	const char *v;

	snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_TRACES_%s", what);
	v = tenv_get(name);
	if (v)
		return v;
	snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s", what);
	return tenv_get(name);
}

static void
tenv_odd(struct trace_env *e, const char *name, const char *value,
    const char *what)
{
	if (!e->warning[0])
		snprintf(e->warning, sizeof e->warning, "%s is %.80s: %s",
		    name, value, what);
}

static long
tenv_number(struct trace_env *e, const char *name, const char *v, long most,
    long standard)
{
	struct json n;
	int64_t i;

	if (!v)
		return standard;
	if (json_parse(v, strlen(v), &n, NULL, NULL) && json_int(n, &i) &&
	    i > 0 && i <= most)
		return (long)i;
	tenv_odd(e, name, v, "it is no number that can be used");
	return standard;
}

/* ---- lists: name=value,name=value, with % escapes ---- */

static int
tenv_nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *
tenv_decode(struct arena *a, const char *s, size_t n)
{
	char *to;
	size_t i, k = 0;

	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	to = arena_alloc(a, n + 1);
	for (i = 0; to && i < n; i++) {
		int hi = s[i] == '%' && i + 2 < n ?
		    tenv_nibble(s[i + 1]) : -1;
		int lo = hi >= 0 ? tenv_nibble(s[i + 2]) : -1;

		if (lo >= 0) {
			to[k++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			to[k++] = s[i];
		}
	}
	if (to)
		to[k] = '\0';
	return to;
}

/* The next pair of the list at *at; false at its end. */
static bool
tenv_pair(struct arena *a, const char **at, const char **name,
    const char **value)
{
	const char *is;
	bool found = false;
	size_t n;

	while (**at && !found) {
		n = strcspn(*at, ",");
		is = memchr(*at, '=', n);
		if (is) {
			*name = tenv_decode(a, *at, (size_t)(is - *at));
			*value = tenv_decode(a, is + 1,
			    n - (size_t)(is + 1 - *at));
			found = *name && *value && **name;
		}
		*at += n + ((*at)[n] == ',');
	}
	return found;
}

/* A header may not end its line. */
static bool
tenv_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static bool
tenv_headers(struct trace_env *e, struct redact *r)
{
	const char *list = tenv_signal("HEADERS"), *name, *value, *word;
	size_t n = 0;

	e->header = arena_array(&e->keep, ENV_HEADERS + 2, sizeof *e->header);
	if (!e->header)
		return false;
	e->header[n++] = "Content-Type: application/json";
	while (list && n <= ENV_HEADERS &&
	    tenv_pair(&e->keep, &list, &name, &value)) {
		if (!tenv_plain(name) || !tenv_plain(value)) {
			tenv_odd(e, "OTEL_EXPORTER_OTLP_HEADERS", "odd",
			    "a header has a control character and is not "
			    "sent");
			continue;
		}
		/* "Bearer TOKEN": the token is a secret, wherever it is. */
		word = strrchr(value, ' ');
		if (!redact_add(r, value) ||
		    (word && !redact_add(r, word + 1)))
			return false;
		e->header[n++] = arena_printf(&e->keep, "%s: %s", name,
		    value);
	}
	e->header[n] = NULL;
	return !e->keep.failed;
}

/* ---- the resource ---- */

static bool
tenv_resource(struct trace_env *e)
{
	const char *list = tenv_get("OTEL_RESOURCE_ATTRIBUTES");
	const char *service = tenv_get("OTEL_SERVICE_NAME"), *name, *value;

	buf_putc(&e->resource, '[');
	while (list && tenv_pair(&e->keep, &list, &name, &value)) {
		if (strcmp(name, "service.name") == 0) {
			service = service ? service : value;
			continue;
		}
		trace_otlp_text(&e->resource, name, value);
	}
	trace_otlp_text(&e->resource, "service.name",
	    service ? service : "unknown_service:miproc");
	trace_otlp_text(&e->resource, "telemetry.sdk.name", "miproc");
	trace_otlp_text(&e->resource, "telemetry.sdk.language", "c");
	trace_otlp_text(&e->resource, "telemetry.sdk.version", MIP_VERSION);
	buf_putc(&e->resource, ']');
	return !e->resource.failed && !e->keep.failed;
}

/* ---- which traces ---- */

static void
tenv_sampler(struct trace_env *e)
{
	static const struct {
		const char *name;
		enum trace_sampler sampler;
		bool by_parent;
	} all[] = {
		{ "always_on", TRACE_ALWAYS, false },
		{ "always_off", TRACE_NEVER, false },
		{ "traceidratio", TRACE_RATIO, false },
		{ "parentbased_always_on", TRACE_ALWAYS, true },
		{ "parentbased_always_off", TRACE_NEVER, true },
		{ "parentbased_traceidratio", TRACE_RATIO, true },
	};
	const char *v = tenv_get("OTEL_TRACES_SAMPLER");
	const char *ratio = tenv_get("OTEL_TRACES_SAMPLER_ARG");
	struct json n;
	size_t i;

	e->by_parent = true;
	e->ratio = 1;
	for (i = 0; v && i < sizeof all / sizeof all[0]; i++)
		if (strcmp(v, all[i].name) == 0) {
			e->sampler = all[i].sampler;
			e->by_parent = all[i].by_parent;
			break;
		}
	if (v && i == sizeof all / sizeof all[0])
		tenv_odd(e, "OTEL_TRACES_SAMPLER", v, "there is no such "
		    "sampler, and all is sent");
	if (e->sampler != TRACE_RATIO || !ratio)
		return;
	if (!json_parse(ratio, strlen(ratio), &n, NULL, NULL) ||
	    !json_double(n, &e->ratio) || !(e->ratio >= 0) || e->ratio > 1) {
		e->ratio = 1;
		tenv_odd(e, "OTEL_TRACES_SAMPLER_ARG", ratio,
		    "it is no number from 0 to 1");
	}
}

static bool
tenv_hex(const char *s, unsigned char *to, size_t n)
{
	unsigned char any = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int hi = tenv_nibble(s[2 * i]);
		int lo = hi >= 0 ? tenv_nibble(s[2 * i + 1]) : -1;

		if (lo < 0)
			return false;
		to[i] = (unsigned char)(hi << 4 | lo);
		any |= to[i];
	}
	return any != 0;
}

/* "00-TRACE-SPAN-FLAGS", of W3C Trace Context, level 1; later versions may
 * have more behind it. */
bool
trace_parent_read(const char *s, struct trace_at *at)
{
	size_t n = strlen(s);
	int version, flags;

	if (n < 55 || s[2] != '-' || s[35] != '-' || s[52] != '-' ||
	    tenv_nibble(s[0]) < 0 || tenv_nibble(s[1]) < 0 ||
	    tenv_nibble(s[53]) < 0 || tenv_nibble(s[54]) < 0)
		return false;
	version = tenv_nibble(s[0]) << 4 | tenv_nibble(s[1]);
	flags = tenv_nibble(s[54]);
	if (version == 255 || (version == 0 ? n != 55 :
	    n > 55 && s[55] != '-'))
		return false;
	at->sampled = flags & 1;
	return tenv_hex(s + 3, at->trace, 16) && tenv_hex(s + 36, at->span, 8);
}

static void
tenv_parent(struct trace_env *e)
{
	const char *s = tenv_get("TRACEPARENT");

	e->has_parent = s && trace_parent_read(s, &e->parent);
}

/* ---- where to ---- */

static bool
tenv_protocol(struct trace_env *e)
{
	const char *v = tenv_signal("PROTOCOL");

	if (!v || strcmp(v, "http/json") == 0)
		return true;
	if (strcmp(v, "http/protobuf") == 0) {
		tenv_odd(e, "OTEL_EXPORTER_OTLP_PROTOCOL", v,
		    "traces are sent as http/json, which collectors take at "
		    "the same address");
		return true;
	}
	tenv_odd(e, "OTEL_EXPORTER_OTLP_PROTOCOL", v, "no traces are sent; "
	    "http/json is what there is, mostly at port 4318");
	return false;
}

/* The user and password of an address are secrets. */
static bool
tenv_secret(struct trace_env *e, struct redact *r, const char *url)
{
	const char *at = strstr(url, "://"), *end, *colon;

	at = at ? at + 3 : url;
	end = memchr(at, '@', strcspn(at, "/?#"));
	colon = end ? memchr(at, ':', (size_t)(end - at)) : NULL;
	if (!colon)
		return true;
	colon = arena_strndup(&e->keep, colon + 1, (size_t)(end - colon) - 1);
	return colon && redact_add(r, colon);
}

static bool
tenv_url(struct trace_env *e, struct redact *r)
{
	const char *off = tenv_get("OTEL_SDK_DISABLED");
	const char *which = tenv_get("OTEL_TRACES_EXPORTER");
	const char *url = tenv_get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
	const char *base = tenv_get("OTEL_EXPORTER_OTLP_ENDPOINT");
	size_t n = base ? strlen(base) : 0;

	if ((!url && !base) || (off && strcmp(off, "true") == 0))
		return true;
	if (which && strcmp(which, "otlp") != 0) {
		if (strcmp(which, "none") != 0)
			tenv_odd(e, "OTEL_TRACES_EXPORTER", which,
			    "no traces are sent; otlp is what there is");
		return true;
	}
	if (!tenv_secret(e, r, url ? url : base))
		return false;
	if (!allow_scheme(url ? url : base)) {
		tenv_odd(e, url ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" :
		    "OTEL_EXPORTER_OTLP_ENDPOINT", "no address", "no traces "
		    "are sent; it begins with http:// or https://");
		return true;
	}
	if (!tenv_protocol(e))
		return true;
	while (n > 0 && base[n - 1] == '/')
		n--;
	e->url = url ? arena_strdup(&e->keep, url) :
	    arena_printf(&e->keep, "%.*s/v1/traces", (int)n, base);
	return e->url != NULL;
}

bool
trace_env_read(struct trace_env *e, struct redact *r)
{
	const char *v = tenv_signal("TIMEOUT");

	memset(e, 0, sizeof *e);
	if (!redact_init(&e->more))
		return false;
	e->opened = true;
	tenv_parent(e);
	if (!tenv_url(e, r))
		return false;
	if (!e->url)
		return true;
	tenv_sampler(e);
	e->timeout_ms = tenv_number(e, "OTEL_EXPORTER_OTLP_TIMEOUT", v,
	    INT_MAX, ENV_TIMEOUT_MS);
	e->delay_ms = tenv_number(e, "OTEL_BSP_SCHEDULE_DELAY",
	    tenv_get("OTEL_BSP_SCHEDULE_DELAY"), INT_MAX, ENV_DELAY_MS);
	e->most = (unsigned)tenv_number(e, "OTEL_BSP_MAX_QUEUE_SIZE",
	    tenv_get("OTEL_BSP_MAX_QUEUE_SIZE"), 1 << 20, ENV_QUEUE);
	e->batch = (unsigned)tenv_number(e, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
	    tenv_get("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 1 << 20, ENV_BATCH);
	if (e->batch > e->most)
		e->batch = e->most;
	return tenv_headers(e, r) && tenv_resource(e);
}

void
trace_env_release(struct trace_env *e)
{
	if (e->opened)
		redact_release(&e->more);
	buf_release(&e->resource);
	arena_release(&e->keep);
}
