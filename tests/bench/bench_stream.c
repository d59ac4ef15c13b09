/* What a streamed call costs, beside a client of libcurl and cJSON alone.
 *
 *     bench_stream bare|ours URL TEMPLATE.json N JOBS
 *
 * Makes N calls, JOBS at once, each in a thread; the template is the body of a
 * request in which the input stands as @@, and from which `ours` takes nothing
 * but the length of its inputs.  Prints how many pieces were told of a call.
 * Both read each event as JSON and the text at its end; ours also reads the
 * text on its way, for its parts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "miproc_gen.h"

enum { INPUT = 5500, JOBS_MAX = 1024 };

struct bench {
	const char *url;
	const cJSON *template;
	struct mip_env *env;
	unsigned n;
	atomic_uint next;
	atomic_ullong pieces;
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_stream: %s\n", what);
	exit(1);
}

static const char *
input(char text[INPUT + 32], unsigned i)
{
	int n = snprintf(text, 32, "%u ", i);

	memset(text + n, 'a', INPUT);
	for (i = 7; i < INPUT; i += 8)
		text[(unsigned)n + i] = ' ';
	text[n + INPUT] = '\0';
	return text;
}

/* ---- bare ---- */

struct reply {
	struct bench *b;
	char line[1 << 14], text[1 << 16];
	size_t nline, ntext;
};

static const char *
string_at(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static void
event(struct reply *r)
{
	cJSON *root;
	const char *s;
	size_t n;

	if (r->nline < 6 || memcmp(r->line, "data: {", 7) != 0)
		return;
	root = cJSON_ParseWithLength(r->line + 6, r->nline - 6);
	s = string_at(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(
	    cJSON_GetObjectItemCaseSensitive(root, "choices"), 0), "delta"),
	    "content");
	n = s ? strlen(s) : 0;
	if (r->ntext + n >= sizeof r->text)
		die("a reply is too long");
	if (n > 0)
		atomic_fetch_add(&r->b->pieces, 1);
	memcpy(r->text + r->ntext, s ? s : "", n);
	r->ntext += n;
	cJSON_Delete(root);
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	size_t i;

	n *= size;
	for (i = 0; i < n; i++) {
		if (p[i] != '\n') {
			if (r->nline == sizeof r->line)
				die("an event is too long");
			r->line[r->nline++] = p[i];
			continue;
		}
		event(r);
		r->nline = 0;
	}
	return n;
}

static char *
request(const struct bench *b, unsigned i)
{
	char text[INPUT + 32], *body;
	cJSON *o = cJSON_Duplicate(b->template, true), *list, *last;

	list = cJSON_GetObjectItemCaseSensitive(o, "messages");
	last = cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1);
	cJSON_ReplaceItemInObjectCaseSensitive(last, "content",
	    cJSON_CreateString(input(text, i)));
	cJSON_AddBoolToObject(o, "stream", true);
	body = cJSON_PrintUnformatted(o);
	if (!body)
		die("out of memory");
	cJSON_Delete(o);
	return body;
}

static void *
bare(void *arg)
{
	struct bench *b = arg;
	struct reply *r = calloc(1, sizeof *r);
	struct curl_slist *h = curl_slist_append(NULL,
	    "Content-Type: application/json");
	CURL *easy = curl_easy_init();
	unsigned i;

	h = curl_slist_append(h, "Expect:");
	if (!r || !easy)
		die("out of memory");
	r->b = b;
	curl_easy_setopt(easy, CURLOPT_URL, b->url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	while ((i = atomic_fetch_add(&b->next, 1)) < b->n) {
		char *body = request(b, i);
		cJSON *out;

		r->nline = r->ntext = 0;
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
		if (curl_easy_perform(easy) != CURLE_OK)
			die("a request failed");
		out = cJSON_ParseWithLength(r->text, r->ntext);
		if (!string_at(out, "summary"))
			die("an answer is not what was asked for");
		cJSON_Delete(out);
		free(body);
	}
	curl_easy_cleanup(easy);
	curl_slist_free_all(h);
	free(r);
	return NULL;
}

/* ---- ours: digest.mp, as the compiler writes it ---- */

struct in { const char *report; };
struct out { const char *summary, *mood; };

static const struct mip_field in_field[] = {
	{ MIP_FIELD(struct in, report, &mip_string, NULL) },
};
static const struct mip_field out_field[] = {
	{ MIP_FIELD(struct out, summary, &mip_string, NULL) },
	{ MIP_FIELD(struct out, mood, &mip_string, NULL) },
};
static const struct mip_type in_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct in), .name = "in", .field = in_field, .n = 1 };
static const struct mip_type out_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct out), .name = "out", .field = out_field,
	.n = 2 };
static const struct mip_model model = { .name = "small",
	.provider = "openai", .id = "bench", .seed = -1,
	.base_url = { "LMD_URL", NULL }, .temperature = 0,
	.top_p = MIP_UNSET, .max_tokens = 1000 };
static const char *const words[] = { "Sum the report up.", NULL };
static const struct mip_prompt digest = { .name = "digest", .hash = "",
	.in = &in_type, .out = &out_type, .text = words, .format = MIP_JSON,
	.temperature = MIP_UNSET, .model = &model, .max_repair = -1 };

static enum mip_status
run(struct mip *m, const void *in, void *out)
{
	mip_ask(m, &digest, in, out);
	return mip_wait(m);
}

static const struct mip_prompt *const prompts[] = { &digest };
static const struct mip_model *const models[] = { &model };
static const struct mip_program program = { .abi = MIP_ABI,
	.version = MIP_VERSION, .name = "digest", .desc = "", .hash = "",
	.tuned = "", .in = &in_type, .out = &out_type, .prompt = prompts,
	.nprompt = 1, .model = models, .nmodel = 1, .run = run };

static bool
part(void *arg, const struct mip_part *p)
{
	struct bench *b = arg;

	(void)p;
	atomic_fetch_add(&b->pieces, 1);
	return true;
}

static void *
ours(void *arg)
{
	struct bench *b = arg;
	struct mip *m = mip_new(b->env);
	char text[INPUT + 32];
	struct in in;
	struct out out;
	unsigned i;

	if (!m)
		die("out of memory");
	while ((i = atomic_fetch_add(&b->next, 1)) < b->n) {
		in.report = input(text, i);
		if (mip_stream(m, &program, &in, &out, part, b) != MIP_OK)
			die(mip_message(m));
	}
	mip_free(m);
	return NULL;
}

/* ---- both ---- */

static cJSON *
template_of(const char *path)
{
	static char text[1 << 16];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof text, f) : 0;
	cJSON *v = cJSON_ParseWithLength(text, n);

	if (!v)
		die("the template cannot be read");
	fclose(f);
	return v;
}

int
main(int argc, char **argv)
{
	const struct mip_options o = { .no_cache = true };
	static pthread_t thread[JOBS_MAX];
	struct bench b = { .env = NULL };
	unsigned jobs, i, n = 0;
	cJSON *template;
	bool plain;

	if (argc != 6)
		die("usage: bare|ours URL TEMPLATE.json N JOBS");
	plain = strcmp(argv[1], "bare") == 0;
	b.url = argv[2];
	b.template = template = template_of(argv[3]);
	b.n = (unsigned)strtoul(argv[4], NULL, 10);
	jobs = (unsigned)strtoul(argv[5], NULL, 10);
	atomic_init(&b.next, 0);
	atomic_init(&b.pieces, 0);
	if (plain)
		curl_global_init(CURL_GLOBAL_DEFAULT);
	else if (mip_env_new(&o, &b.env) != MIP_OK)
		die(mip_env_message(b.env));
	while (n < jobs && n < JOBS_MAX && pthread_create(&thread[n], NULL,
	    plain ? bare : ours, &b) == 0)
		n++;
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("%.1f\n", (double)atomic_load(&b.pieces) / b.n);
	mip_env_free(b.env);
	if (plain)
		curl_global_cleanup();
	cJSON_Delete(template);
	return n > 0 ? 0 : 1;
}
