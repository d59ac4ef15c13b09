/* Azure OpenAI: the model's id is the name of a deployment.
 *
 * Requests are OpenAI's, below /openai/v1; with an `api-version` in the address
 * they are of the older form, which has the deployment in the path.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "provider/provider_json.h"

/* Whether the address, without its query, ends so. */
static bool
azure_ends(const char *base, const char *in)
{
	size_t n = strcspn(base, "?#"), k = strlen(in);

	while (n > 0 && base[n - 1] == '/')
		n--;
	return n >= k && memcmp(base + n - k, in, k) == 0;
}

static void
azure_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	const char *query = strchr(base, '?');
	struct buf path = BUF_INIT;

	if (!azure_ends(base, "/openai/v1")) {
		buf_puts(&path, azure_ends(base, "/openai") ? "" : "/openai");
		if (!query || !strstr(query, "api-version=")) {
			buf_puts(&path, "/v1");
		} else if (to != PROVIDER_LIST) {
			buf_puts(&path, "/deployments/");
			buf_percent(&path, m->id, "");
		}
	}
	provider_chat_url(&path, "", m, to);
	provider_join(b, base, buf_str(&path));
	buf_made_of(b, &path);
}

static void
azure_body(struct buf *b, const struct provider_ask *a)
{
	/* The name of a deployment does not tell which model it is. */
	provider_chat_body(b, a, a->model->id, true);
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
