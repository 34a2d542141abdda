import { requestAttribute } from "../attribute.ts";

/** Whether the request offers tools to the model. */
export const tools = requestAttribute("tools", ({ facts }) => String(facts.tools > 0));
