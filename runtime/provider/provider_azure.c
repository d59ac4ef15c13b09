/* Azure OpenAI: the model's id is the name of a deployment.
 *
 * The address ends in /openai/v1, whose requests are OpenAI's, or names the
 * resource alone: then the deployment is in the path, and the version of the
 * API in the query.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "provider/provider_json.h"

/* The newest version that is no preview. */
#define AZURE_VERSION "2024-10-21"

static bool
azure_is_v1(const char *base)
{
	static const char v1[] = "/openai/v1";
	size_t n = strcspn(base, "?#"), k = sizeof v1 - 1;

	while (n > 0 && base[n - 1] == '/')
		n--;
	return n >= k && memcmp(base + n - k, v1, k) == 0;
}

static void
azure_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	const char *query = strchr(base, '?');
	struct buf path = BUF_INIT;

	if (azure_is_v1(base)) {
		provider_chat_url(b, base, m, to);
		return;
	}
	buf_puts(&path, "/openai/deployments/");
	buf_percent(&path, m->id, "");
	provider_chat_url(&path, "", m, to);
	if (!query || !strstr(query, "api-version="))
		buf_puts(&path, "?api-version=" AZURE_VERSION);
	provider_join(b, base, buf_str(&path));
	if (path.failed)
		b->failed = true;
	buf_release(&path);
}

static void
azure_body(struct buf *b, const struct provider_ask *a)
{
	provider_chat_body(b, a, a->model->id);
}

static void
azure_embed_body(struct buf *b, const struct provider_ask *a)
{
	provider_embed_body(b, a, a->model->id);
}

const struct provider provider_azure = {
	.name = "azure",
	.base_env = "AZURE_OPENAI_ENDPOINT",
	.key_env = "AZURE_OPENAI_API_KEY",
	.key_header = "api-key",
	.reserved = provider_chat_reserved,
	.url = azure_url,
	.rung = provider_chat_rung,
	.body = azure_body,
	.answer = provider_chat_answer,
	.error = provider_chat_error,
	.piece = provider_chat_piece,
	.embed_body = azure_embed_body,
	.embed_answer = provider_embed_answer,
};
