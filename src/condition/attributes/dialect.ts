import { requestAttribute } from "../attribute.ts";

/** The format that the client speaks, e.g. `openai-chat`. */
export const dialect = requestAttribute("dialect", (request) => request.dialect);
