import type { DialectName } from "../../src/dialect/dialect.ts";
import type { DialectSample } from "./dialect.ts";

const notFlags = [1, "true", {}, []];
const notText = [1, true, {}, [], null, ""];
const notCounts = [
  "1",
  true,
  {},
  -1,
  1.5,
  "raw:16.0",
  "raw:1e9",
  "raw:1E2",
  "raw:-0.5",
  "raw:99999999999999999999",
  "raw:1e400",
];
const notObjects = [1, "a", true, []];

/** One telling request of every dialect. */
export const dialectSamples: Partial<Record<DialectName, DialectSample>> = {
  "openai-chat": {
    method: "POST",
    path: "/v1/chat/completions",
    modelIn: "body",
    cap: "max_completion_tokens",
    body: {
      model: "gpt-4.1",
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      n: 2,
      max_completion_tokens: 100,
      metadata: { workflow: "summary" },
      messages: [
        { role: "system", content: 'You are "brief".' },
        {
          role: "user",
          name: "ann",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
            { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
            { type: "file", file: { file_data: "AAAA", filename: "a.pdf" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: '{"at":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "seen" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "look", description: "Looks.", parameters: { type: "object" }, strict: true },
        },
      ],
      response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
      temperature: 0.2,
      tomorrow: { unknown: [1, "field"] },
    },
    refused: {
      model: notText,
      stream: notFlags,
      n: [...notCounts, 0, 129],
      max_tokens: [...notCounts, 0],
      max_completion_tokens: [...notCounts, 0],
      messages: [null, 1, {}, "a", [1], [null]],
      stream_options: notObjects,
      "stream_options.include_usage": notFlags,
      metadata: notObjects,
      tools: [1, "a", {}],
    },
  },
  "anthropic-messages": {
    method: "POST",
    path: "/v1/messages",
    modelIn: "body",
    cap: "max_tokens",
    body: {
      model: "claude-sonnet-4-5",
      max_tokens: 100,
      stream: true,
      metadata: { user_id: "u-1" },
      system: [{ type: "text", text: "You are brief.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
            {
              type: "document",
              source: { data: "AAAA", media_type: "application/pdf", type: "base64" },
              title: "t",
            },
            {
              type: "document",
              source: { type: "text", media_type: "text/plain", data: "plain" },
              context: "c",
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "EqQB" },
            { type: "tool_use", id: "t1", name: "look", input: { at: 1 } },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "seen" }] }],
        },
      ],
      tools: [{ name: "look", description: "Looks.", input_schema: { type: "object" } }],
      thinking: { type: "enabled", budget_tokens: 1024 },
      tomorrow: { unknown: [1, "field"] },
    },
    refused: {
      model: notText,
      stream: notFlags,
      max_tokens: notCounts,
      messages: [null, 1, {}, "a", [1], [null]],
      metadata: notObjects,
      tools: [1, "a", {}],
    },
  },
  "openai-responses": {
    method: "POST",
    path: "/v1/responses",
    modelIn: "body",
    cap: "max_output_tokens",
    body: {
      model: "gpt-4.1",
      stream: true,
      max_output_tokens: 100,
      metadata: { workflow: "summary" },
      instructions: "Be brief.",
      input: [
        {
          role: "user",
          content: [
            { type: "input_text", text: "What is this?" },
            { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
            { type: "input_file", file_data: "AAAA", filename: "a.pdf" },
          ],
        },
        {
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "Hm." }],
          encrypted_content: "AAAA",
        },
        { type: "function_call", id: "fc_1", call_id: "c1", name: "look", arguments: '{"at":1}' },
        { type: "function_call_output", call_id: "c1", output: "seen" },
      ],
      tools: [
        {
          type: "function",
          name: "look",
          description: "Looks.",
          parameters: { type: "object" },
          strict: true,
        },
        { type: "web_search" },
      ],
      text: { format: { type: "json_schema", name: "x", schema: { type: "object" } } },
      reasoning: { effort: "low" },
      background: false,
      previous_response_id: null,
      tomorrow: { unknown: [1, "field"] },
    },
    refused: {
      model: notText,
      stream: notFlags,
      max_output_tokens: [...notCounts, 0],
      background: [...notFlags, true],
      previous_response_id: ["resp_1"],
      conversation: ["conv_1", { id: "conv_1" }],
      prompt: [{ id: "pmpt_1" }],
      input: [
        [{ type: "item_reference", id: "x" }],
        [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }],
      ],
      metadata: notObjects,
      tools: [1, "a", {}],
    },
  },
  "openai-completions": {
    method: "POST",
    path: "/v1/completions",
    modelIn: "body",
    cap: "max_tokens",
    body: {
      model: "gpt-3.5-turbo-instruct",
      stream: true,
      stream_options: { include_usage: true },
      prompt: ["Say hi", "Say ho"],
      suffix: "end",
      n: 2,
      best_of: 3,
      max_tokens: 16,
      user: "u",
      tomorrow: { unknown: [1, "field"] },
    },
    refused: {
      model: notText,
      stream: notFlags,
      n: [...notCounts, 0, 129],
      best_of: [...notCounts, 0, 129],
      max_tokens: notCounts,
      stream_options: notObjects,
      prompt: [[1.5], [[-1]], [1, "a"]],
    },
  },
  "openai-embeddings": {
    method: "POST",
    path: "/v1/embeddings",
    modelIn: "body",
    cap: undefined,
    body: {
      model: "text-embedding-3-small",
      input: ["one", "two"],
      dimensions: 256,
      encoding_format: "base64",
      user: "u",
      tomorrow: { unknown: [1, "field"] },
    },
    refused: { model: notText, input: [[1.5], [["a"]], [1, [2]]] },
  },
  "bedrock-converse": {
    method: "POST",
    path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
    modelIn: "path",
    cap: "inferenceConfig.maxTokens",
    body: {
      messages: [
        {
          role: "user",
          content: [
            { text: "What is this?" },
            { image: { format: "png", source: { bytes: "AAAA" } } },
            { document: { format: "pdf", name: "a", source: { bytes: "AAAA" } } },
            { cachePoint: { type: "default" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Hm.", signature: "s" } } },
            { toolUse: { toolUseId: "t1", name: "look", input: { at: 1 } } },
          ],
        },
        {
          role: "user",
          content: [{ toolResult: { toolUseId: "t1", content: [{ text: "seen" }], status: "success" } }],
        },
      ],
      system: [{ text: "Be brief." }],
      inferenceConfig: { temperature: 0.5, maxTokens: 100 },
      toolConfig: {
        tools: [
          { toolSpec: { name: "look", description: "Looks.", inputSchema: { json: { type: "object" } } } },
        ],
        toolChoice: { auto: {} },
      },
      additionalModelRequestFields: { thinking: { type: "disabled" } },
      requestMetadata: { workflow: "summary" },
      tomorrow: { unknown: [1, "field"] },
    },
    refused: {
      messages: [
        null,
        1,
        {},
        "a",
        [1],
        [null],
        [{ role: "user", content: [{ document: { source: { s3Location: {} } } }] }],
      ],
      inferenceConfig: notObjects,
      "inferenceConfig.maxTokens": [...notCounts, 0],
      "additionalModelRequestFields.max_tokens": [1, null],
      requestMetadata: notObjects,
      toolConfig: notObjects,
      promptVariables: [{}],
    },
  },
  "bedrock-invoke": {
    method: "POST",
    path: "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
    modelIn: "path",
    cap: "max_tokens",
    body: {
      anthropic_version: "bedrock-2023-05-31",
      anthropic_beta: ["x"],
      max_tokens: 100,
      system: "Be brief.",
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      tools: [{ name: "look", description: "Looks.", input_schema: { type: "object" } }],
      tomorrow: { unknown: [1, "field"] },
    },
    refused: { max_tokens: notCounts, messages: [null, 1, {}, "a", [1], [null]], tools: [1, "a", {}] },
  },
};
