/* What a hit of the cache is compared with: a row read, its request written
 * and hashed, the reply found in SQLite and read, and nothing else.
 *
 *     bare_hit DB TEMPLATE.json REPLY <ROWS.jsonl >OUT.jsonl
 *
 * The template is the body of one request, in which the input stands as @@;
 * each row is an object whose first member takes its place.  What DB does not
 * have is put there, with REPLY as what was answered: the second run with the
 * same rows only reads.  All is done in one thread and one transaction.  At
 * the end stderr has how many microseconds a row SHA-256 and SQLite took.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <sqlite3.h>

enum { KEY = 32, MOST = 1 << 16 };

struct cache {
	sqlite3 *db;
	sqlite3_stmt *get, *put;
	EVP_MD *md;
	EVP_MD_CTX *hash;
	double hash_s, look_s;
};

static void
die(const char *what)
{
	fprintf(stderr, "bare_hit: %s\n", what);
	exit(1);
}

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, MOST);

	if (!f || !s || fread(s, 1, MOST - 1, f) == 0)
		die("a file cannot be read");
	fclose(f);
	return s;
}

static void
open_cache(struct cache *c, const char *path)
{
	static const char table[] = "PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS"
	    " reply(key BLOB PRIMARY KEY, text TEXT); BEGIN";

	if (sqlite3_open(path, &c->db) != SQLITE_OK ||
	    sqlite3_exec(c->db, table, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(c->db, "SELECT text FROM reply WHERE key = ?1",
	    -1, &c->get, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(c->db, "INSERT INTO reply VALUES (?1, ?2)",
	    -1, &c->put, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(c->db));
	c->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	c->hash = EVP_MD_CTX_new();
	if (!c->md || !c->hash)
		die("no SHA-256");
}

static void
close_cache(struct cache *c)
{
	sqlite3_finalize(c->get);
	sqlite3_finalize(c->put);
	if (sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(c->db));
	sqlite3_close(c->db);
	EVP_MD_CTX_free(c->hash);
	EVP_MD_free(c->md);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* NULL: it is not there. */
static const char *
look(struct cache *c, const char *body, size_t n, unsigned char key[KEY])
{
	const char *reply = NULL;
	double began = now(), hashed;

	EVP_DigestInit_ex(c->hash, c->md, NULL);
	EVP_DigestUpdate(c->hash, body, n);
	EVP_DigestFinal_ex(c->hash, key, NULL);
	hashed = now();
	sqlite3_bind_blob(c->get, 1, key, KEY, SQLITE_STATIC);
	if (sqlite3_step(c->get) == SQLITE_ROW)
		reply = (const char *)sqlite3_column_text(c->get, 0);
	c->hash_s += hashed - began;
	c->look_s += now() - hashed;
	return reply;
}

static void
answer(struct cache *c, const char *body, size_t n, const char *fresh)
{
	unsigned char key[KEY];
	const char *reply = look(c, body, n, key);
	cJSON *out;
	char *line;

	if (!reply) {
		reply = fresh;
		sqlite3_bind_blob(c->put, 1, key, KEY, SQLITE_STATIC);
		sqlite3_bind_text(c->put, 2, reply, -1, SQLITE_STATIC);
		if (sqlite3_step(c->put) != SQLITE_DONE)
			die(sqlite3_errmsg(c->db));
		sqlite3_reset(c->put);
	}
	out = cJSON_Parse(reply);
	line = cJSON_PrintUnformatted(out);
	if (!line)
		die("a reply is no JSON");
	puts(line);
	free(line);
	cJSON_Delete(out);
	sqlite3_reset(c->get);
}

int
main(int argc, char **argv)
{
	char *template, *after, *reply, *line = NULL, *body = NULL, *text;
	size_t cap = 0, n;
	struct cache c = { 0 };
	double rows = 0;
	cJSON *row;

	if (argc != 4)
		die("usage: bare_hit DB TEMPLATE REPLY <ROWS");
	template = slurp(argv[2]);
	reply = slurp(argv[3]);
	after = strstr(template, "@@");
	if (!after)
		die("the template has no @@");
	*after = '\0';
	open_cache(&c, argv[1]);
	while (getline(&line, &cap, stdin) > 0) {
		row = cJSON_Parse(line);
		text = row ? cJSON_PrintUnformatted(row->child) : NULL;
		if (!text)
			die("a row is no object");
		/* Without the quotes around the text. */
		n = strlen(template) + strlen(text) + strlen(after + 2) - 1;
		body = realloc(body, n);
		if (!body)
			die("out of memory");
		text[strlen(text) - 1] = '\0';
		n = (size_t)snprintf(body, n, "%s%s%s", template, text + 1,
		    after + 2);
		answer(&c, body, n, reply);
		rows++;
		free(text);
		cJSON_Delete(row);
	}
	close_cache(&c);
	fprintf(stderr, "%.1f %.1f\n", c.hash_s / rows * 1e6,
	    c.look_s / rows * 1e6);
	free(body);
	free(line);
	free(reply);
	free(template);
	return 0;
}
