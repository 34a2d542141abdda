import { requestAttribute } from "../attribute.ts";

/** `true` if the request offers tools to the model, else `false`. */
export const tools = requestAttribute("tools", ({ facts }) => String(facts.tools > 0));
