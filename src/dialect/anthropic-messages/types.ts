import type { TypeTable } from "../type-table.ts";

/**
 * Blocks of content; Anthropic's Messages reference and its SDK, 2026-11-30. `tool_reference` points to a tool of the same request;
 * results of server tools hold what was found sealed, and are billed as what they hold.
 */
export const blockTypes: TypeTable = {
  counted: new Set([
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "tool_reference",
    // The calls of server tools whose results are refused stand alone, and count as they are written.
    "server_tool_use",
    "web_search_tool_result",
    "web_search_result",
    "web_search_tool_result_error",
  ]),
  stored: new Set(["container_upload", "file", "fallback", "compaction"]),
  hosted: new Set([
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "mcp_tool_listing",
    "tool_addition",
    "tool_removal",
  ]),
};

/** Sources of images and documents. An image weighs what its model's table says at most, so it may be elsewhere. */
export const sourceTypes: TypeTable = {
  counted: new Set(["base64", "text", "content", "url"]),
  stored: new Set(["file"]),
};

/** Tools. Server tools are billed by the call and by the token that they read (platform.claude.com/docs/en/about-claude/pricing, 2026-11-30). */
export const toolTypes: TypeTable = {
  counted: new Set(["custom", "bash", "text_editor", "memory", "computer"]),
  hosted: new Set([
    "web_search",
    "web_fetch",
    "code_execution",
    "advisor",
    "tool_search_tool_regex",
    "tool_search_tool_bm25",
    "mcp_toolset",
    "browser_toolset",
    "computer_toolset",
  ]),
};

/**
 * The web search that can be held: its results are read into the prompt, up to the model's context window at each search. Later versions filter
 * them by code that Anthropic runs (agents-and-tools/tool-use/web-search-tool, 2026-11-30).
 */
export const searchToolType = "web_search_20250305";

/**
 * Tokens held for a tool whose definition is Anthropic's own and which the client runs. Its pricing page (about-claude/pricing, a copy of autumn
 * 2026) says 245 for `bash`, 700 for `text_editor`, 735 for `computer` and 466 to 499 more in its system prompt. Of `memory`, and of versions
 * for later models, it says nothing: twice the largest sum is a bound of ours, not the vendor's.
 */
export const ownToolTokens = 2_500;

/** Edits of `context_management`: clearing takes content away, a compaction is a separate answer. */
export const contextEditTypes: TypeTable = { counted: new Set(["clear_tool_uses", "clear_thinking"]) };
