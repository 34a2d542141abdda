import { requestAttribute } from "../attribute.ts";

/** The operation that the client asks its dialect for, e.g. `chat`. */
export const operation = requestAttribute("operation", ({ facts }) => facts.operation.name);
