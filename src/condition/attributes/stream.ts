import { requestAttribute } from "../attribute.ts";

/** Whether the client asks for a stream. */
export const stream = requestAttribute("stream", ({ facts }) => String(facts.stream));
