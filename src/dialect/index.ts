import { anthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import type { Dialect } from "./dialect.ts";
import { openaiChat } from "./openai-chat/openai-chat.ts";

/** Every dialect that clients may speak, in the order in which a request's path is tried. */
export const dialects: readonly Dialect[] = [openaiChat, anthropicMessages];
