import { requestAttribute } from "../attribute.ts";

/** The form of answer that the client asks for: `text`, `json` or `json-schema`. */
export const responseFormat = requestAttribute("responseFormat", ({ facts }) => facts.responseFormat);
