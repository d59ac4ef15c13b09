/* What the client is compared with: libcurl's multi interface and cJSON, with
 * nothing between them and nothing around them.
 *
 *     bare [-e] URL TEMPLATE.json JOBS <ROWS.jsonl >OUT.jsonl
 *
 * The template is the body of one request, in which the input stands as @@;
 * each row is an object whose first member takes its place.  JOBS requests are
 * under way at once; outputs are written as they come.  With -e it waits by
 * epoll and curl_multi_socket_action, which does not look at every transfer at
 * every turn, instead of by curl_multi_poll.  Over TLS it knows the authorities
 * of SSL_CERT_FILE alone, if that is set.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

enum { EVENTS = 64 };

struct call {
	CURL *easy;
	char *body, *reply;
	size_t len, cap;
	struct call *next;              /* of those that are free */
};

struct bare {
	CURLM *multi;
	cJSON *template;
	char *before, *after;           /* what stands around @@ */
	struct call *call, *idle;
	size_t jobs, running;
	bool end;                       /* of the rows */
	struct curl_slist *header;
	char *line;                     /* the row at hand */
	size_t cap;
	int epoll;
	long timer_ms;                  /* -1: none */
};

static void
die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct call *c = arg;

	n *= size;
	if (c->len + n + 1 > c->cap) {
		c->cap = 2 * (c->len + n + 1);
		c->reply = realloc(c->reply, c->cap);
		if (!c->reply)
			die("out of memory");
	}
	memcpy(c->reply + c->len, p, n);
	c->len += n;
	c->reply[c->len] = '\0';
	return n;
}

/* ---- requests and replies ---- */

static cJSON *
messages(const struct bare *b, const char *input)
{
	const cJSON *list, *m;
	cJSON *out = cJSON_CreateArray(), *o;
	size_t n = strlen(b->before) + strlen(input) + strlen(b->after) + 1;
	char *text = malloc(n);

	if (!text)
		die("out of memory");
	snprintf(text, n, "%s%s%s", b->before, input, b->after);
	list = cJSON_GetObjectItemCaseSensitive(b->template, "messages");
	cJSON_ArrayForEach(m, list) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "role", m->child->valuestring);
		cJSON_AddStringToObject(o, "content", m->next ?
		    m->child->next->valuestring : text);
		cJSON_AddItemToArray(out, o);
	}
	free(text);
	return out;
}

static char *
request(const struct bare *b, const char *row)
{
	cJSON *in = cJSON_Parse(row), *o = cJSON_CreateObject();
	const cJSON *m;
	char *body;

	if (!in || !cJSON_IsString(in->child))
		die("a row is no object with a string");
	cJSON_ArrayForEach(m, b->template)
		cJSON_AddItemToObject(o, m->string,
		    strcmp(m->string, "messages") == 0 ?
		    messages(b, in->child->valuestring) :
		    cJSON_Duplicate(m, true));
	body = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	cJSON_Delete(in);
	if (!body)
		die("out of memory");
	return body;
}

static void
answer(const struct call *c)
{
	cJSON *root = cJSON_ParseWithLength(c->reply, c->len), *out;
	const cJSON *choice, *text;
	char *line;

	choice = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root,
	    "choices"), 0);
	text = cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetObjectItemCaseSensitive(choice, "message"), "content");
	out = cJSON_Parse(cJSON_GetStringValue(text));
	line = cJSON_PrintUnformatted(out);
	if (!line)
		die("an answer is not what was asked for");
	puts(line);
	free(line);
	cJSON_Delete(out);
	cJSON_Delete(root);
}

/* ---- transfers ---- */

static void
start(struct bare *b)
{
	struct call *c;

	while (b->idle && !b->end) {
		b->end = getline(&b->line, &b->cap, stdin) < 0;
		if (b->end)
			return;
		c = b->idle;
		b->idle = c->next;
		c->body = request(b, b->line);
		c->len = 0;
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
		curl_multi_add_handle(b->multi, c->easy);
		b->running++;
	}
}

static void
collect(struct bare *b)
{
	CURLMsg *msg;
	struct call *c;
	char *arg;
	long status;
	int left;

	while ((msg = curl_multi_info_read(b->multi, &left))) {
		if (msg->data.result != CURLE_OK)
			die(curl_easy_strerror(msg->data.result));
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &arg);
		curl_easy_getinfo(msg->easy_handle, CURLINFO_RESPONSE_CODE,
		    &status);
		c = (struct call *)(void *)arg;
		if (status != 200)
			die("the server refused");
		curl_multi_remove_handle(b->multi, c->easy);
		answer(c);
		free(c->body);
		c->next = b->idle;
		b->idle = c;
		b->running--;
	}
}

static void
run_by_poll(struct bare *b)
{
	int n;

	for (start(b); b->running > 0; start(b)) {
		curl_multi_perform(b->multi, &n);
		if ((size_t)n == b->running)
			curl_multi_poll(b->multi, NULL, 0, 1000, &n);
		collect(b);
	}
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct bare *b = arg;
	struct epoll_event e = { .data.fd = fd };

	(void)easy;
	e.events = (what & CURL_POLL_IN ? (unsigned)EPOLLIN : 0) |
	    (what & CURL_POLL_OUT ? (unsigned)EPOLLOUT : 0);
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	epoll_ctl(b->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
	curl_multi_assign(b->multi, fd, b);
	return 0;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct bare *b = arg;

	(void)multi;
	b->timer_ms = ms;
	return 0;
}

static void
run_by_epoll(struct bare *b)
{
	struct epoll_event e[EVENTS];
	int i, n, left;

	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->epoll < 0)
		die("no epoll");
	curl_multi_setopt(b->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(b->multi, CURLMOPT_SOCKETDATA, b);
	curl_multi_setopt(b->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(b->multi, CURLMOPT_TIMERDATA, b);
	for (start(b); b->running > 0; start(b)) {
		n = epoll_wait(b->epoll, e, EVENTS, b->timer_ms < 0 ||
		    b->timer_ms > 1000 ? 1000 : (int)b->timer_ms);
		for (i = 0; i < n; i++)
			curl_multi_socket_action(b->multi, e[i].data.fd,
			    (e[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			    (e[i].events & ~(unsigned)EPOLLOUT ?
			    CURL_CSELECT_IN : 0), &left);
		/* New transfers begin with a timer that is due at once. */
		if (n == 0 || b->timer_ms == 0) {
			b->timer_ms = -1;
			curl_multi_socket_action(b->multi,
			    CURL_SOCKET_TIMEOUT, 0, &left);
		}
		collect(b);
	}
}

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, 1 << 16);

	if (!f || !s || fread(s, 1, (1 << 16) - 1, f) == 0)
		die("the template cannot be read");
	fclose(f);
	return s;
}

static void
init(struct bare *b, const char *url, const char *path)
{
	const cJSON *list;
	char *text = slurp(path);
	size_t i;

	b->template = cJSON_Parse(text);
	free(text);
	list = cJSON_GetObjectItemCaseSensitive(b->template, "messages");
	b->before = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
	    cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - 1), "content"));
	b->after = b->before ? strstr(b->before, "@@") : NULL;
	if (!b->after)
		die("the template has no @@");
	*b->after = '\0';
	b->after += 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	b->multi = curl_multi_init();
	curl_multi_setopt(b->multi, CURLMOPT_MAXCONNECTS, (long)b->jobs);
	b->header = curl_slist_append(NULL, "Content-Type: application/json");
	b->header = curl_slist_append(b->header, "Expect:");
	b->call = calloc(b->jobs, sizeof *b->call);
	for (i = 0; b->call && i < b->jobs; i++) {
		struct call *c = &b->call[i];

		c->easy = curl_easy_init();
		c->next = b->idle;
		b->idle = c;
		curl_easy_setopt(c->easy, CURLOPT_URL, url);
		curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(c->easy, CURLOPT_NOPROXY, "*");
		curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, b->header);
		curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
		if (getenv("SSL_CERT_FILE"))
			curl_easy_setopt(c->easy, CURLOPT_CAINFO,
			    getenv("SSL_CERT_FILE"));
		curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
		curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	}
}

static void
release(struct bare *b)
{
	size_t i;

	for (i = 0; i < b->jobs; i++) {
		curl_easy_cleanup(b->call[i].easy);
		free(b->call[i].reply);
	}
	free(b->call);
	free(b->line);
	curl_multi_cleanup(b->multi);
	curl_slist_free_all(b->header);
	curl_global_cleanup();
	cJSON_Delete(b->template);
}

int
main(int argc, char **argv)
{
	struct bare b = { .timer_ms = 0 };
	bool by_epoll = argc > 1 && strcmp(argv[1], "-e") == 0;

	argv += by_epoll;
	if (argc - by_epoll != 4 || strtoul(argv[3], NULL, 10) == 0)
		die("bare [-e] URL TEMPLATE JOBS <ROWS");
	b.jobs = strtoul(argv[3], NULL, 10);
	init(&b, argv[1], argv[2]);
	if (by_epoll)
		run_by_epoll(&b);
	else
		run_by_poll(&b);
	release(&b);
	return fflush(stdout) == 0 ? 0 : 1;
}
