/* Images, files and sound as parts of a message.
 *
 * SPDX-License-Identifier: MIT */
#include "prompt/prompt_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/allow.h"
#include "type/type.h"

/* Of one: what the providers' documents allow in a request. */
enum { MEDIA_MIB = 32, MEDIA_MAX = MEDIA_MIB << 20 };

struct media {
	struct buf *b;
	char *why;
	size_t nwhy;
};

static enum mip_status
media_fail(struct media *m, enum mip_status s, const char *path,
    const char *text)
{
	snprintf(m->why, m->nwhy, "%s: %s", path, text);
	return s;
}

static bool
starts_with(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static void
put_base64(struct buf *b, const char *s, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)s;
	unsigned long v;
	char out[4];
	size_t i;

	if (!buf_reserve(b, (n + 2) / 3 * 4))
		return;
	for (i = 0; i < n; i += 3) {
		v = (unsigned long)p[i] << 16;
		v |= i + 1 < n ? (unsigned long)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned long)p[i + 2] : 0;
		out[0] = digit[v >> 18];
		out[1] = digit[v >> 12 & 63];
		out[2] = (char)(i + 1 < n ? digit[v >> 6 & 63] : '=');
		out[3] = (char)(i + 2 < n ? digit[v & 63] : '=');
		buf_put(b, out, 4);
	}
}

static bool
has_bytes(const char *s, size_t n, size_t at, const char *bytes, size_t k)
{
	return n >= at + k && !memcmp(s + at, bytes, k);
}

/* Sync bits, layer III. */
static bool
is_mp3(const char *s, size_t n)
{
	return has_bytes(s, n, 0, "ID3", 3) || (n > 1 && s[0] == '\xff' &&
	    ((unsigned char)s[1] & 0xe6) == 0xe2);
}

static bool
is_text(const char *s, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = s[i] == '\0' ? 0 : buf_utf8(s + i, n - i);
		if (k == 0)
			return false;
	}
	return n > 0;
}

/* The type of the content by its first bytes. */
static const char *
mime_of(const char *s, size_t n)
{
	static const struct {
		const char *mime, *bytes;
		unsigned char n, at;
	} magic[] = {
		{ "image/png", "\x89PNG", 4, 0 },
		{ "image/jpeg", "\xff\xd8\xff", 3, 0 },
		{ "image/gif", "GIF8", 4, 0 },
		{ "image/webp", "WEBP", 4, 8 },
		{ "audio/wav", "WAVE", 4, 8 },
		{ "application/pdf", "%PDF-", 5, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(magic) / sizeof(*magic); i++)
		if (has_bytes(s, n, magic[i].at, magic[i].bytes, magic[i].n) &&
		    (magic[i].at == 0 || has_bytes(s, n, 0, "RIFF", 4)))
			return magic[i].mime;
	if (is_mp3(s, n))
		return "audio/mpeg";
	return is_text(s, n) ? "text/plain" : "application/octet-stream";
}

static enum mip_status
read_media(struct media *m, struct buf *data, const char *path)
{
	char piece[8192];
	FILE *f = fopen(path, "rb");
	size_t n;
	int bad;

	if (!f)
		return media_fail(m, MIP_IO, path, strerror(errno));
	data->max = MEDIA_MAX;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(data, piece, n);
	bad = ferror(f);
	fclose(f);
	if (bad)
		return media_fail(m, MIP_IO, path, "cannot be read");
	if (data->failed)
		return media_fail(m, MIP_IO, path,
		    "is larger than 32 MiB, the most that is sent");
	return MIP_OK;
}

static const char *
kind_word(enum mip_kind kind)
{
	return kind == MIP_IMAGE ? "image" : kind == MIP_AUDIO ? "audio" :
	    "file";
}

/* What is wrong with content of this type as one of `kind`; NULL. */
static const char *
misfit(enum mip_kind kind, const char *mime)
{
	if (kind == MIP_IMAGE && !starts_with(mime, "image/"))
		return "is no PNG, JPEG, GIF or WebP image";
	if (kind == MIP_AUDIO && !starts_with(mime, "audio/"))
		return "is no WAV or MP3 file";
	return NULL;
}

/* "data:TYPE;base64,..." as it stands. */
static enum mip_status
take_data(struct media *m, enum mip_kind kind, const char *text,
    struct buf *url)
{
	const char *comma = strchr(text, ',');
	size_t n = comma ? (size_t)(comma - text) : 0;

	if (n < 7 || memcmp(comma - 7, ";base64", 7) != 0)
		return media_fail(m, MIP_USAGE, kind_word(kind),
		    "its data: URL is not in base64");
	if (misfit(kind, text + 5))
		return media_fail(m, MIP_USAGE, kind_word(kind),
		    kind == MIP_IMAGE ? "its data: URL has no image/ type" :
		    "its data: URL has no audio/ type");
	if (strlen(comma + 1) / 4 * 3 > MEDIA_MAX)
		return media_fail(m, MIP_USAGE, kind_word(kind),
		    "its data: URL holds more than 32 MiB");
	buf_puts(url, text);
	return MIP_OK;
}

static enum mip_status
take_file(struct media *m, enum mip_kind kind, const char *path,
    struct buf *url)
{
	struct buf data = BUF_INIT;
	enum mip_status s = read_media(m, &data, path);
	const char *mime;

	if (s == MIP_OK) {
		mime = mime_of(buf_str(&data), data.len);
		if (misfit(kind, mime))
			s = media_fail(m, MIP_USAGE, path,
			    misfit(kind, mime));
		buf_printf(url, "data:%s;base64,", mime);
		put_base64(url, buf_str(&data), data.len);
	}
	buf_release(&data);
	return s;
}

/* A path becomes a data URL in `url`.  Only images are taken by address:
 * servers want the content of all else. */
static enum mip_status
media_url(struct media *m, enum mip_kind kind, const char *text,
    struct buf *url)
{
	if (starts_with(text, "data:"))
		return take_data(m, kind, text, url);
	if (!allow_scheme(text))
		return take_file(m, kind, text, url);
	if (kind != MIP_IMAGE)
		return media_fail(m, MIP_USAGE, text, "of sounds and files the "
		    "content is sent: give a path or a data: URL");
	buf_puts(url, text);
	return MIP_OK;
}

static void
put_string(struct buf *b, const char *key, const char *s, size_t n)
{
	buf_printf(b, "\"%s\":", key);
	buf_json(b, s, n);
}

/* Sound goes as bare base64 beside the name of its format. */
static enum mip_status
put_audio(struct media *m, const struct buf *url)
{
	static const struct { const char *type, *format; } known[] = {
		{ "mpeg", "mp3" }, { "mp3", "mp3" }, { "wav", "wav" },
		{ "x-wav", "wav" }, { "wave", "wav" }, { "vnd.wave", "wav" },
	};
	const char *type = buf_str(url) + strlen("data:audio/");
	const char *data = strchr(type, ',') + 1, *format = NULL;
	size_t n = strcspn(type, ";"), i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i].type) == n &&
		    !memcmp(known[i].type, type, n))
			format = known[i].format;
	if (!format)
		return media_fail(m, MIP_USAGE, "audio", "its data: URL is "
		    "neither WAV nor MP3");
	buf_puts(m->b, "\"input_audio\",\"input_audio\":{");
	put_string(m->b, "data", data, strlen(data));
	buf_putc(m->b, ',');
	put_string(m->b, "format", format, strlen(format));
	buf_puts(m->b, "}}");
	return MIP_OK;
}

static void
put_file(struct media *m, const char *path, const struct buf *url)
{
	const char *name = strrchr(path, '/');

	name = starts_with(path, "data:") ? "file" : name ? name + 1 : path;
	buf_puts(m->b, "\"file\",\"file\":{");
	put_string(m->b, "filename", name, strlen(name));
	buf_putc(m->b, ',');
	put_string(m->b, "file_data", buf_str(url), url->len);
	buf_puts(m->b, "}}");
}

static enum mip_status
put_part(struct media *m, enum mip_kind kind, const char *text)
{
	struct buf url = BUF_INIT;
	enum mip_status s = media_url(m, kind, text, &url);

	if (s == MIP_OK && url.failed)
		m->b->failed = true;
	else if (s == MIP_OK) {
		buf_puts(m->b, ",{\"type\":");
		if (kind == MIP_AUDIO) {
			s = put_audio(m, &url);
		} else if (kind == MIP_FILE) {
			put_file(m, text, &url);
		} else {
			buf_puts(m->b, "\"image_url\",\"image_url\":{");
			put_string(m->b, "url", buf_str(&url), url.len);
			buf_puts(m->b, "}}");
		}
	}
	buf_release(&url);
	return s;
}

static enum mip_status
put_parts(struct media *m, const struct mip_type *t, const void *v)
{
	enum mip_status s = MIP_OK;
	struct type_list l;
	size_t i;

	if (t->kind == MIP_OPTIONAL) {
		v = type_optional(t, v);
		return v ? put_parts(m, t->of, v) : MIP_OK;
	}
	if (t->kind != MIP_LIST)
		return put_part(m, t->kind, type_text(v));
	l = type_list_get(v);
	for (i = 0; i < l.n && s == MIP_OK; i++)
		s = put_parts(m, t->of,
		    (const char *)l.v + i * t->of->size);
	return s;
}

enum mip_status
prompt_media(struct buf *b, const struct mip_type *t, const void *in,
    char *why, size_t nwhy)
{
	struct media m = { b, why, nwhy };
	enum mip_status s = MIP_OK;
	unsigned i;

	for (i = 0; i < t->n && s == MIP_OK; i++)
		if (prompt_is_media(t->field[i].type))
			s = put_parts(&m, t->field[i].type,
			    (const char *)in + t->field[i].offset);
	return s;
}
