import { localDetails, planNamespace } from "../plan/metadata.ts";
import { type Json, typed } from "./typed.ts";

/**
 * What Envoy answers by itself where none of our roles gives the answer: to what is no proper request, while Tollgate is away, or when an
 * upstream breaks off an answer of which nothing has passed. Our own answers, known by their details, stay as they are, and so does
 * the status.
 */
export function localReplies(): Json {
  const plan = `metadata.filter_metadata['${planNamespace}']`;
  return {
    mappers: [
      {
        // The plan has the words, in the client's format.
        ...mapper(`${notOurs} && ${plan}['cut'] != ''`, `%DYNAMIC_METADATA(${planNamespace}:cut)%`),
        headers_to_add: [
          header("x-tollgate-exchange-id", `%DYNAMIC_METADATA(${planNamespace}:id)%`),
          header("x-request-id", `%DYNAMIC_METADATA(${planNamespace}:client_id)%`),
        ],
      },
      mapper(
        `${notOurs} && response.code < 500`,
        errorBody(
          "the request was refused before it was read: %RESPONSE_CODE_DETAILS%",
          "invalid_request_error",
          "invalid_request",
          "INVALID_ARGUMENT",
        ),
      ),
      mapper(
        notOurs,
        errorBody("the request could not be completed", "api_error", "gateway_unavailable", "UNAVAILABLE"),
      ),
    ],
  };
}

const notOurs = `!response.code_details.startsWith('${localDetails}')`;

function mapper(expression: string, body: string): { readonly [key: string]: Json } {
  return {
    filter: {
      extension_filter: {
        name: "envoy.access_loggers.extension_filters.cel",
        typed_config: typed("extensions.access_loggers.filters.cel.v3.ExpressionFilter", { expression }),
      },
    },
    body_format_override: {
      content_type: "application/json",
      text_format_source: { inline_string: body },
    },
  };
}

/** An error that clients of every format read: OpenAI's and Anthropic's by `error`, Gemini's by its `status`, Bedrock's and Cohere's by `message`. */
function errorBody(message: string, type: string, code: string, status: string): string {
  return JSON.stringify({ type: "error", message, error: { message, type, param: null, code, status } });
}

function header(key: string, value: string): Json {
  return { header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
}
