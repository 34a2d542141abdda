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
};
