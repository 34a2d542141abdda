import { requestAttribute } from "../attribute.ts";

/** `true` if the client asks for a stream, else `false`. */
export const stream = requestAttribute("stream", ({ facts }) => String(facts.stream));
