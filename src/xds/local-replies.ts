import { localDetails } from "../exchange/local-reply.ts";
import { type Json, typed } from "./typed.ts";

/** An error that clients of OpenAI's and of Anthropic's shape both read; nothing of Envoy's inside. */
const body = JSON.stringify({
  type: "error",
  error: {
    message: "the request could not be completed",
    type: "api_error",
    param: null,
    code: "gateway_unavailable",
  },
});

/**
 * What Envoy answers by itself where none of our roles sees it: while Tollgate is away, or when an upstream breaks off with its response
 * headers still on their way through us. Our own answers, known by their details, stay as they are.
 */
export function localReplies(): Json {
  return {
    mappers: [
      {
        filter: {
          extension_filter: {
            name: "envoy.access_loggers.extension_filters.cel",
            typed_config: typed("extensions.access_loggers.filters.cel.v3.ExpressionFilter", {
              expression: `!response.code_details.startsWith('${localDetails}')`,
            }),
          },
        },
        body_format_override: {
          content_type: "application/json",
          text_format_source: { inline_string: body },
        },
      },
    ],
  };
}
