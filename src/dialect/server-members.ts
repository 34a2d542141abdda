import { type RefusedMembers, refusedMembers } from "./refused-members.ts";

/** Servers of OpenAI's API whose own members are known. */
export const serverKinds = ["vllm", "llama.cpp", "ollama", "tgi", "sglang", "openrouter", "litellm"] as const;
/** One of {@link serverKinds}. */
export type ServerKind = (typeof serverKinds)[number];

/** Values that ask for no premium; see Anthropic's table. */
const harmlessPremiums: Readonly<Record<string, readonly string[]>> = {
  speed: ["standard"],
  inference_geo: ["global", "not_available"],
};

/**
 * Members beyond OpenAI's API that change the model, the cap on output, the number of answers, or bring in content, by the server that heeds
 * them. Where a server's chat and completions endpoints do not read a member but its native ones do, it is refused all the same: proxies in
 * front of it may hand it on. Read in public copies of the sources and pages named at each table, 2026-12-01 (TGI's 2026-11).
 */
const heeded: Readonly<Record<ServerKind | "unknown", RefusedMembers>> = {
  // ChatCompletionRequest and CompletionRequest of vllm-project/vllm, vllm/entrypoints/openai/{chat_completion,completion}/protocol.py.
  vllm: refusedMembers({
    // Beams, `min_tokens` and `ignore_eos` stay below the cap, but make every answer as dear as it can be. `best_of` has gone; old versions read it.
    output: ["best_of", "use_beam_search", "ignore_eos", "min_tokens", "vllm_xargs"],
    // A template may repeat the messages; processors and readers of media make more tokens of them; the rest is content by reference.
    stored: [
      "chat_template",
      "mm_processor_kwargs",
      "media_io_kwargs",
      "prompt_embeds",
      "kv_transfer_params",
      "ec_transfer_params",
    ],
  }),
  // make_llama_cmpl_schema() of ggml-org/llama.cpp, tools/server/server-schema.cpp, and oaicompat_chat_params_parse() of server-common.cpp, which
  // copies every other member of a chat to the native ones. `n_predict` goes before both of OpenAI's caps, `n_cmpl` before `n`.
  "llama.cpp": refusedMembers({
    output: ["n_predict", "n_cmpl", "ignore_eos", "n_keep", "n_discard"],
    model: ["lora"],
    stored: ["chat_template", "image_data", "multimodal_data", "id_slot", "slot_id"],
  }),
  // ollama/ollama, openai/openai.go: its ChatCompletionRequest has none of these; ChatRequest and GenerateRequest of api/types.go have. Go reads keys
  // whatever their case.
  ollama: refusedMembers({
    output: ["options", "num_predict", "num_ctx", "num_keep"],
    stored: ["template", "context", "images"],
  }),
  // ChatRequest of huggingface/text-generation-inference, router/src/lib.rs, has none of these (`tool_prompt` and `guideline` are text, and count as
  // such); /generate has them as `inputs` and `parameters`. Its fork LoRAX reads `adapter_source` and `ignore_eos_token` in chats.
  tgi: refusedMembers({
    output: ["parameters", "max_new_tokens", "best_of", "ignore_eos_token"],
    model: ["adapter_id", "adapter_source"],
    stored: ["inputs", "chat_template"],
  }),
  // ChatCompletionRequest and CompletionRequest of sgl-project/sglang, python/sglang/srt/entrypoints/openai/protocol.py; `sampling_params`,
  // `*_new_tokens`, `input_embeds` and `*_data` are of /generate.
  sglang: refusedMembers({
    output: [
      "sampling_params",
      "max_new_tokens",
      "min_tokens",
      "min_new_tokens",
      "ignore_eos",
      "best_of",
      "custom_logit_processor",
      "custom_params",
    ],
    model: ["lora_path"],
    stored: [
      "input_ids",
      "input_embeds",
      "session_params",
      "image_data",
      "audio_data",
      "video_data",
      // Sets the number of tokens of an image or a film.
      "images_config",
      "max_dynamic_patch",
      "min_dynamic_patch",
      "use_audio_in_video",
      // A prompt that another server has read.
      "bootstrap_host",
      "bootstrap_port",
      "bootstrap_room",
    ],
  }),
  // https://openrouter.ai/docs/api-reference/overview and https://openrouter.ai/docs/api/api-reference/chat/create-a-chat-completion. Anthropic's own
  // members reach Claude through it.
  openrouter: refusedMembers(
    {
      model: ["models", "route", "provider", "preset"],
      output: ["context_management"],
      premium: ["speed", "inference_geo"],
      hosted: ["plugins"],
    },
    harmlessPremiums,
  ),
  // `all_litellm_params` and DynamicPromptManagementParamLiteral of BerriAI/litellm, litellm/types/utils.py; `extra_*` and the vendors' own members
  // go on to the provider. Headers turn on betas, which are priced separately.
  litellm: refusedMembers(
    {
      model: [
        "fallbacks",
        "models",
        "model_list",
        "model_info",
        "model_config",
        "base_model",
        "context_window_fallbacks",
        "context_window_fallback_dict",
        "content_policy_fallbacks",
        "max_fallbacks",
        "fallback_depth",
        "fastest_response",
        "hf_model_name",
        "use_litellm_proxy",
        "routing_strategy",
        "custom_llm_provider",
        "litellm_credential_name",
        "litellm_params",
        "api_base",
        "base_url",
        "api_key",
        "user_config",
        "router_settings_override",
        "allowed_model_region",
        "region_name",
        "tags",
      ],
      output: [
        "num_retries",
        "max_retries",
        "retry_policy",
        "retry_strategy",
        "max_agentic_loops",
        "context_management",
        "extra_body",
        "extra_query",
        "additional_drop_params",
        "allowed_openai_params",
        "mock_testing_fallbacks",
      ],
      premium: [
        "speed",
        "inference_geo",
        "headers",
        "extra_headers",
        "provider_specific_header",
        "input_cost_per_token",
        "output_cost_per_token",
        "input_cost_per_second",
        "output_cost_per_second",
      ],
      hosted: ["guardrails", "search_tool_name"],
      stored: [
        "prompt_id",
        "prompt_variables",
        "prompt_label",
        "prompt_version",
        "litellm_system_prompt",
        "knowledge_bases",
        "vector_store_ids",
        "model_file_id_mapping",
      ],
    },
    harmlessPremiums,
  ),
  // Caps, counts and models as other formats and frameworks spell them. No vendor's page says that a chat heeds them: the bound is ours.
  unknown: refusedMembers({
    output: [
      // A dialect reads its own caps as it writes them: what is left for this table is `maxTokens`. Keys that differ by case alone are refused before.
      "max_tokens",
      "max_completion_tokens",
      "max_length",
      "max_output_tokens",
      "max_tokens_to_sample",
      "max_completion_length",
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
    model: [
      "engine",
      "deployment",
      "deployment_id",
      "fallback_models",
      "lora_name",
      "lora_request",
      "model_id",
      "model_name",
      "target_model",
    ],
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
