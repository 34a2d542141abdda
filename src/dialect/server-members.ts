import { type RefusedMembers, refusedMembers } from "./refused-members.ts";

/** Servers of OpenAI's API whose own members are known. */
export const serverKinds = ["vllm", "llama.cpp", "ollama", "tgi", "sglang", "openrouter", "litellm"] as const;
/** One of {@link serverKinds}. */
export type ServerKind = (typeof serverKinds)[number];

/**
 * Members beyond OpenAI's API that each server heeds and that change the model, the cap on output, the number of answers, or bring in content.
 * As of 2026-11-30:
 * vLLM: docs.vllm.ai/en/latest/serving/openai_compatible_server; llama.cpp: github.com/ggml-org/llama.cpp tools/server/README.md;
 * Ollama: docs.ollama.com/api; TGI: huggingface.co/docs/text-generation-inference/reference/api_reference;
 * SGLang: docs.sglang.ai/basic_usage/sampling_params; OpenRouter: openrouter.ai/docs/api-reference/parameters and guides/routing;
 * LiteLLM: docs.litellm.ai/docs/completion/input and proxy/reliability.
 */
const heeded: Readonly<Record<ServerKind | "unknown", RefusedMembers>> = {
  vllm: refusedMembers({
    output: ["best_of", "use_beam_search", "ignore_eos", "min_tokens", "max_completion_length", "vllm_xargs"],
    model: ["lora_request", "lora_name"],
    // A template may repeat the messages, processors and readers of media make more tokens of them.
    stored: [
      "chat_template",
      "mm_processor_kwargs",
      "media_io_kwargs",
      "prompt_embeds",
      "kv_transfer_params",
    ],
  }),
  "llama.cpp": refusedMembers({
    output: ["n_predict", "n_cmpl", "ignore_eos", "n_keep", "n_discard"],
    model: ["lora"],
    stored: ["chat_template", "image_data", "multimodal_data", "prompt", "id_slot", "slot_id"],
  }),
  ollama: refusedMembers({
    output: ["options", "num_predict", "num_ctx", "num_keep"],
    stored: ["template", "context", "images"],
  }),
  tgi: refusedMembers({
    output: ["parameters", "max_new_tokens", "best_of"],
    model: ["adapter_id", "adapter_source"],
    stored: ["inputs", "chat_template"],
  }),
  sglang: refusedMembers({
    output: [
      "sampling_params",
      "max_new_tokens",
      "min_tokens",
      "min_new_tokens",
      "ignore_eos",
      "custom_logit_processor",
      "custom_params",
    ],
    model: ["lora_path"],
    stored: ["input_ids", "input_embeds", "session_params", "image_data", "audio_data", "video_data"],
  }),
  openrouter: refusedMembers({
    model: ["models", "fallbacks", "route", "provider", "preset"],
    hosted: ["plugins"],
  }),
  litellm: refusedMembers({
    model: [
      "fallbacks",
      "models",
      "model_list",
      "model_info",
      "fallback_models",
      "context_window_fallbacks",
      "context_window_fallback_dict",
      "content_policy_fallbacks",
      "litellm_params",
      "custom_llm_provider",
      "deployment_id",
      "api_base",
      "base_url",
      "api_key",
      "user_config",
      "router_settings_override",
      "tags",
    ],
    output: [
      "num_retries",
      "max_retries",
      "extra_body",
      "additional_drop_params",
      "allowed_openai_params",
      "mock_testing_fallbacks",
    ],
    premium: ["input_cost_per_token", "output_cost_per_token", "input_cost_per_second"],
    hosted: ["guardrails"],
    stored: ["prompt_id", "prompt_variables", "prompt_label"],
  }),
  // What servers call these things elsewhere.
  unknown: refusedMembers({
    output: [
      "max_length",
      "max_output_tokens",
      "max_tokens_to_sample",
      "max_gen_len",
      "max_token_count",
      "min_length",
      "num_beams",
      "beam_width",
      "beam_size",
      "num_return_sequences",
      "num_generations",
      "num_completions",
      "candidate_count",
      "generation_config",
    ],
    model: ["engine", "deployment", "model_id", "model_name", "target_model"],
  }),
};

/** Every member that any server heeds. */
export const allServerMembers: RefusedMembers = new Map(
  Object.values(heeded).flatMap((members) => [...members]),
);

/** The members that a server heeds; all of them where nobody says which server it is. */
export function serverMembers(kind: ServerKind | undefined): RefusedMembers {
  return kind === undefined ? allServerMembers : heeded[kind];
}
