/** What OpenAI's models differ in (https://developers.openai.com/api/docs/guides/latest-model, https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning, seen 2026-12). */
export interface OpenaiTraits {
  /** Takes temperature, top_p and penalties other than the defaults. */
  readonly samples: boolean;
  /** Takes stop sequences. */
  readonly stops: boolean;
}

const reasoning = /^(?:o[1-9]\b|gpt-[5-9])/;
/** `gpt-5-chat-latest` and its like do not reason. */
const chatting = /^gpt-[5-9](?:\.\d+)?-chat/;
/** From GPT-5.1 on, models that are told not to reason sample again. */
const restful = /^gpt-(?:5\.[1-9]|[6-9])/;
const unstoppable = /^(?:o3|o4)\b/;

/** The traits of a model by its name, ignoring a vendor before it (`openai/o3`). `off`: it is told not to reason. */
export function openaiTraits(model: string, off: boolean): OpenaiTraits {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  const reasons = reasoning.test(name) && !chatting.test(name);
  return { samples: !reasons || (off && restful.test(name)), stops: !unstoppable.test(name) };
}
