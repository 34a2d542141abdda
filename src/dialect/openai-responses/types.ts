import type { TypeTable } from "../type-table.ts";

/**
 * Items of `input`; OpenAI's Responses reference and its SDK 6.49, 2026-11-30. Those of hosted tools name what is stored with the calls;
 * `additional_tools` brings in tools, `compaction` a whole conversation, sealed.
 */
export const itemTypes: TypeTable = {
  counted: new Set([
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
  ]),
  stored: new Set(["compaction", "compaction_trigger"]),
  hosted: new Set([
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "computer_call",
    "computer_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "program",
    "program_output",
  ]),
};

/** Parts of a message, of a tool's output, of reasoning. */
export const partTypes: TypeTable = {
  counted: new Set([
    "input_text",
    "output_text",
    "text",
    "refusal",
    "summary_text",
    "reasoning_text",
    "input_image",
    "input_file",
    "input_audio",
  ]),
  stored: new Set(["computer_screenshot", "container_file", "input_video"]),
};

/**
 * Tools. Of the hosted ones OpenAI bills what they read by the token, and most of them by the call (developers.openai.com/api/docs/pricing, 2026-11-30);
 * `local_shell`, `shell`, `apply_patch` and `computer` run at the client, or in a container, with prompts whose size nobody says.
 */
export const toolTypes: TypeTable = {
  counted: new Set(["function", "custom", "namespace"]),
  hosted: new Set([
    "file_search",
    "code_interpreter",
    "image_generation",
    "mcp",
    "computer",
    "computer_use_preview",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
    "programmatic_tool_calling",
  ]),
};

/** Hosted tools that agents offer by default and a model can do without (Codex CLI: https://github.com/ggml-org/llama.cpp/issues/23041). */
export const optionalToolTypes: ReadonlySet<string> = new Set(["web_search", "web_search_preview"]);
