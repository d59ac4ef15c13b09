/* A local llama.cpp server: the model's id is the path of a GGUF file.
 *
 * SPDX-License-Identifier: MIT */
#include "provider/provider.h"

#include <string.h>

static enum mip_structure
provider_llamacpp_rung(const struct mip_model *m, enum mip_structure asked)
{
	(void)m;
	switch (asked) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
	case MIP_STRUCTURE_FUNCTION:    /* small models are not made for it */
		return MIP_STRUCTURE_NATIVE;
	case MIP_STRUCTURE_GRAMMAR:
	case MIP_STRUCTURE_JSON_OBJECT:
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return asked;
}

/* Where the file lies is no part of the request. */
static const char *
provider_llamacpp_id(const struct mip_model *m)
{
	const char *slash = strrchr(m->id, '/');

	return slash ? slash + 1 : m->id;
}

static void
provider_llamacpp_body(struct buf *b, const struct provider_ask *a)
{
	provider_chat_body(b, a, provider_llamacpp_id(a->model), false);
}

static void
provider_llamacpp_embed_body(struct buf *b, const struct provider_ask *a)
{
	provider_embed_body(b, a, provider_llamacpp_id(a->model));
}

const struct provider provider_llamacpp = {
	.name = "llamacpp",
	.reserved = provider_chat_reserved,
	.local = true,
	.here = true,
	.grammar = true,
	.url = provider_chat_url,
	.rung = provider_llamacpp_rung,
	.body = provider_llamacpp_body,
	.answer = provider_chat_answer,
	.error = provider_chat_error,
	.piece = provider_chat_piece,
	.embed_body = provider_llamacpp_embed_body,
	.embed_answer = provider_embed_answer,
};
