import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  inspectAt,
  isRefusal,
  type RequestPlace,
  requestPlaces,
} from "../../support/dialect/request-places.ts";

/** Things that no request may have, by where they stand. */
const uncounted: Readonly<Record<keyof typeof requestPlaces, readonly object[]>> = {
  chatPart: [
    { type: "file", file: { file_id: "file-1" } },
    { type: "file", file: { file_data: "https://x.example/a.pdf" } },
    { type: "image_url", image_url: { url: "https://x.example/a.png", file_id: "file-1" } },
    { type: "input_audio", input_audio: { id: "audio_1" } },
    { type: "input_audio", input_audio: { data: "https://x.example/a.wav", format: "wav" } },
    { type: "video_url", video_url: { url: "https://x.example/a.mp4" } },
    { type: "tomorrow", words: "x" },
    { video_url: { url: "https://x.example/a.mp4" } },
  ],
  chatTool: [
    { type: "web_search" },
    { type: "mcp", server_label: "a", server_url: "https://x.example" },
    { type: "openrouter:web_search" },
    { type: "tomorrow", function: { name: "f" } },
    { function: { name: "f" } },
  ],
  chatMessage: [{ role: "assistant", audio: { id: "audio_1" } }],
  responsesItem: [
    { type: "item_reference", id: "msg_1" },
    { id: "msg_1" },
    { id: "msg_1", role: "user" },
    { type: "compaction", id: "cmp_1", encrypted_content: "AAAA" },
    { type: "web_search_call", id: "ws_1", action: { type: "search", query: "x" } },
    { type: "file_search_call", id: "fs_1", queries: [] },
    { type: "code_interpreter_call", id: "ci_1", container_id: "c", code: "1" },
    { type: "computer_call_output", call_id: "c", output: { type: "computer_screenshot", file_id: "f" } },
    { type: "additional_tools", tools: [{ type: "web_search" }] },
    { type: "tomorrow", content: "x" },
  ],
  responsesPart: [
    { type: "input_image", file_id: "file-1" },
    { type: "input_image", image_url: "https://x.example/a.png", file_id: "file-1" },
    { type: "input_file", file_id: "file-1" },
    { type: "input_file", file_url: "https://x.example/a.pdf" },
    { type: "input_file", file_data: "https://x.example/a.pdf" },
    { type: "tomorrow", text: "x" },
    { text: "x" },
  ],
  responsesTool: [
    { type: "file_search", vector_store_ids: ["vs_1"] },
    { type: "code_interpreter", container: { type: "auto" } },
    { type: "image_generation" },
    { type: "mcp", server_label: "a", server_url: "https://x.example", require_approval: "never" },
    { type: "computer_use_preview", display_width: 1, display_height: 1, environment: "browser" },
    { type: "tool_search" },
    { type: "namespace", name: "n", tools: [{ type: "web_search" }] },
    { type: "tomorrow", name: "f" },
    { name: "f" },
  ],
  messagesBlock: [
    { type: "document", source: { type: "url", url: "https://x.example/a.pdf" } },
    { type: "document", source: { type: "url", url: "https://x.example/a.pdf", media_type: "image/png" } },
    { type: "document", source: { type: "file", file_id: "file_1" } },
    { type: "image", source: { type: "file", file_id: "file_1" } },
    { type: "image", source: { type: "base64", data: "AAAA", media_type: "image/png", file_id: "file_1" } },
    { type: "container_upload", file_id: "file_1" },
    {
      type: "tool_result",
      tool_use_id: "t",
      content: [{ type: "document", source: { type: "url", url: "https://x.example" } }],
    },
    { type: "tomorrow", text: "x" },
    { text: "x" },
  ],
  messagesTool: [
    { type: "web_search_20250305", name: "web_search" },
    { type: "web_search_20250305", name: "web_search", max_uses: 1000 },
    { type: "web_search_20260209", name: "web_search", max_uses: 1 },
    { type: "web_fetch_20250910", name: "web_fetch" },
    { type: "code_execution_20250825", name: "code_execution" },
    { type: "mcp_toolset", mcp_server_name: "a" },
    { type: "tomorrow_20270101", name: "f", input_schema: { type: "object" } },
  ],
  invokeTool: [{ type: "web_search_20250305", name: "web_search" }],
  converseBlock: [
    { document: { format: "pdf", name: "a", source: { s3Location: { uri: "s3://b/a.pdf" } } } },
    { video: { format: "mp4", source: { s3Location: { uri: "s3://b/a.mp4" } } } },
    { audio: { format: "mp3", source: { s3Location: { uri: "s3://b/a.mp3" } } } },
    {
      toolResult: {
        toolUseId: "t",
        content: [{ document: { name: "a", source: { s3Location: { uri: "s3://b" } } } }],
      },
    },
    { guardContent: { text: { text: "x" } } },
    { tomorrow: { text: "x" } },
  ],
  converseTool: [{ systemTool: { name: "nova_grounding" } }, { tomorrow: { name: "f" } }],
  converseNativeTool: [
    { type: "web_search_20250305", name: "web_search" },
    { type: "tomorrow", name: "f" },
  ],
  geminiPart: [
    { fileData: { fileUri: "gs://b/a.pdf" } },
    { file_data: { file_uri: "gs://b/a.pdf" } },
    { functionResponse: { name: "f", response: {}, parts: [{ fileData: { fileUri: "gs://b/a.pdf" } }] } },
    { inlineData: { mimeType: "video/mp4", data: "AAAA" }, videoMetadata: { fps: 24 } },
    {
      inlineData: { mimeType: "image/png", data: "AAAA" },
      mediaResolution: { level: "MEDIA_RESOLUTION_ULTRA_HIGH" },
    },
    { inlineData: { mimeType: "image/png", data: "AAAA" }, media_resolution: { numTokens: 100_000 } },
    { toolCall: { toolType: "GOOGLE_SEARCH" } },
    { tomorrow: { uri: "gs://b/a.pdf" } },
  ],
  cohereEmbedPart: [
    { type: "document", document: { file_id: "f" } },
    { type: "video_url", video_url: { url: "https://x.example/a.mp4" } },
    { type: "tomorrow", text: "x" },
    { text: "x" },
  ],
  bedrockCoherePart: [{ type: "s3", s3: { uri: "s3://b/a.png" } }],
  geminiEmbedPart: [{ fileData: { fileUri: "gs://b/a.pdf" } }, { tomorrow: { uri: "gs://b/a.pdf" } }],
  geminiTool: [
    { googleSearch: {} },
    { google_search: {} },
    { googleSearchRetrieval: {} },
    { codeExecution: {} },
    { urlContext: {} },
    { computerUse: { environment: "ENVIRONMENT_BROWSER" } },
    { fileSearch: { fileSearchStoreNames: ["a"] } },
    { functionDeclarations: [{ name: "f" }], googleMaps: {} },
    { tomorrow: {} },
  ],
};

/** The same kinds as clients and SDKs send them by default. */
const counted: Readonly<Record<keyof typeof requestPlaces, readonly object[]>> = {
  chatPart: [
    { type: "text", text: "x" },
    { type: "image_url", image_url: { url: "https://x.example/a.png", detail: "auto" } },
    {
      type: "file",
      file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf", file_id: null },
    },
  ],
  chatTool: [
    { type: "function", function: { name: "f", parameters: { type: "object" } } },
    { type: "custom", custom: { name: "f" } },
  ],
  chatMessage: [
    { role: "assistant", content: "x", audio: null, refusal: null, function_call: null, tool_calls: null },
  ],
  responsesItem: [
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "x", annotations: [] }],
    },
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "AAAA" },
    { type: "reasoning", id: "rs_1", summary: [] },
    { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "{}", status: "completed" },
    { type: "function_call_output", call_id: "c", output: "x" },
  ],
  responsesPart: [
    { type: "input_text", text: "x" },
    { type: "input_image", image_url: "https://x.example/a.png", file_id: null, detail: "auto" },
  ],
  responsesTool: [{ type: "function", name: "f", parameters: { type: "object" }, strict: true }],
  messagesBlock: [
    { type: "text", text: "x", cache_control: { type: "ephemeral" } },
    { type: "image", source: { type: "url", url: "https://x.example/a.png" } },
    { type: "redacted_thinking", data: "AAAA" },
    { type: "server_tool_use", id: "t", name: "web_search", input: { query: "x" } },
    {
      type: "web_search_tool_result",
      tool_use_id: "t",
      content: [
        { type: "web_search_result", url: "https://x.example", encrypted_content: "A", page_age: null },
      ],
    },
    {
      type: "web_search_tool_result",
      tool_use_id: "t",
      content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
    },
  ],
  messagesTool: [
    { type: "web_search_20250305", name: "web_search", max_uses: 5 },
    { name: "f", input_schema: { type: "object" } },
    { type: "custom", name: "f", input_schema: { type: "object" } },
    { type: "bash_20250124", name: "bash" },
    { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
  ],
  invokeTool: [{ name: "f", input_schema: { type: "object" } }],
  converseBlock: [
    { text: "x" },
    { image: { format: "png", source: { bytes: "AAAA" } } },
    { citationsContent: { content: [{ text: "x" }] } },
  ],
  converseTool: [
    { toolSpec: { name: "f", inputSchema: { json: { type: "object" } } } },
    { cachePoint: { type: "default" } },
  ],
  converseNativeTool: [{ name: "f", input_schema: { type: "object" } }],
  geminiPart: [
    { text: "x", thought: true },
    { functionResponse: { name: "f", response: { output: "x" } } },
    { inlineData: { mimeType: "image/png", data: "AAAA" }, partMetadata: { a: 1 } },
    {
      inlineData: { mimeType: "image/png", data: "AAAA" },
      mediaResolution: { level: "media_resolution_high", numTokens: null },
    },
  ],
  geminiTool: [{ functionDeclarations: [{ name: "f", parameters: { type: "OBJECT" } }] }],
  cohereEmbedPart: [
    { type: "text", text: "x" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
  ],
  bedrockCoherePart: [{ type: "image_url", image_url: "data:image/png;base64,AAAA" }],
  geminiEmbedPart: [{ text: "x" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }],
};

/** Members that mean nothing there: whatever of them stands beside a thing must change nothing. */
const besides = fc.dictionary(
  fc.constantFrom("id", "status", "name", "title", "text", "cache_control", "x_note", "citations", "detail"),
  fc.constantFrom<unknown>("completed", "x", null),
  { maxKeys: 3 },
);

describe("inspect() of content that the request does not hold", () => {
  for (const [name, place] of Object.entries(requestPlaces) as [keyof typeof requestPlaces, RequestPlace][]) {
    for (const thing of uncounted[name])
      it(`refuses ${name} ${JSON.stringify(thing)}, whatever else it holds, in any order`, () =>
        fc.assert(
          fc.property(besides, fc.boolean(), (more, first) => {
            const whole = first ? { ...more, ...thing } : { ...thing, ...unless(more, thing) };
            assert.throws(() => inspectAt(place, place.put(whole)), isRefusal, JSON.stringify(whole));
          }),
          { numRuns: 40 },
        ));

    for (const thing of counted[name])
      it(`takes ${name} ${JSON.stringify(thing)}`, () =>
        assert.doesNotThrow(() => inspectAt(place, place.put(thing))));
  }

  it("refuses every type that it does not know, wherever it stands, and quotes none of them", () =>
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z_]{12,24}$/), (type) => {
        for (const [name, place] of Object.entries(requestPlaces)) {
          // A message has no type: what it holds beside its content is held as its text.
          if (name === "chatMessage") continue;
          const isNamed = /^(?:gemini|converse(?!Native))/.test(name);
          const thing = isNamed ? { [type]: { text: "x" } } : { type, text: "x", content: "x", name: "x" };
          assert.throws(
            () => inspectAt(place, place.put(thing)),
            (error) => isRefusal(error) && !String(error).includes(type),
            name,
          );
        }
      }),
      { numRuns: 50 },
    ));
});

/** Top-level members that bill what is not known here, with the path of the format that has them. */
const members: readonly (readonly [keyof typeof requestPlaces, object])[] = [
  ["chatMessage", { web_search_options: { search_context_size: "low" } }],
  ["chatMessage", { prediction: { type: "content", content: "x" } }],
  ["chatMessage", { search_parameters: { mode: "on" } }],
  ["responsesItem", { previous_response_id: "resp_1" }],
  ["responsesItem", { conversation: "conv_1" }],
  ["responsesItem", { prompt: { id: "pmpt_1" } }],
  ["responsesItem", { context_management: [{ type: "compaction" }] }],
  ["responsesItem", { max_tokens: 100_000 }],
  ["messagesBlock", { speed: "fast" }],
  ["messagesBlock", { Speed: "fast" }],
  ["messagesBlock", { inference_geo: "us" }],
  ["messagesBlock", { fallbacks: "default" }],
  ["messagesBlock", { fallbacks: [{ model: "claude-opus-5" }] }],
  ["messagesBlock", { mcp_servers: [{ type: "url", url: "https://x.example" }] }],
  ["messagesBlock", { container: "container_1" }],
  ["messagesBlock", { context_management: { edits: [{ type: "compact_20260112" }] } }],
  ["invokeTool", { speed: "fast" }],
  ["converseBlock", { guardrailConfig: { guardrailIdentifier: "g" } }],
  ["converseBlock", { performanceConfig: { latency: "optimized" } }],
  ["converseBlock", { promptVariables: { a: { text: "x" } } }],
  ["converseBlock", { additionalModelRequestFields: { speed: "fast" } }],
  ["converseBlock", { additionalModelRequestFields: { num_generations: 5 } }],
  ["converseBlock", { additionalModelRequestFields: { MAX_TOKENS: 5 } }],
  ["geminiPart", { cachedContent: "cachedContents/1" }],
  ["geminiPart", { generationConfig: { routingConfig: { autoMode: {} } } }],
  ["geminiPart", { generationConfig: { mediaResolution: "MEDIA_RESOLUTION_ULTRA_HIGH" } }],
];

const harmless: typeof members = [
  ["chatMessage", { web_search_options: null, service_tier: "auto", store: true }],
  ["responsesItem", { previous_response_id: null, background: false, truncation: "auto" }],
  ["messagesBlock", { speed: "standard", inference_geo: "global", mcp_servers: [], container: null }],
  ["messagesBlock", { context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } }],
  ["converseBlock", { performanceConfig: { latency: "standard" }, serviceTier: { type: "default" } }],
  ["converseBlock", { additionalModelRequestFields: { thinking: { type: "disabled" }, top_k: 5 } }],
  ["geminiPart", { generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW" } }],
];

describe("inspect() of members that change what is billed", () => {
  const fine = (name: keyof typeof requestPlaces) => requestPlaces[name].put(counted[name][0]);
  for (const [name, member] of members)
    it(`refuses ${name} with ${JSON.stringify(member)}`, () =>
      assert.throws(() => inspectAt(requestPlaces[name], { ...fine(name), ...member }), isRefusal));
  for (const [name, member] of harmless)
    it(`takes ${name} with ${JSON.stringify(member)}`, () =>
      assert.doesNotThrow(() => inspectAt(requestPlaces[name], { ...fine(name), ...member })));
});

function unless(more: Readonly<Record<string, unknown>>, thing: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(more).filter(([name]) => !Object.hasOwn(thing, name)));
}
