import type { JsonObject } from "../json-view.ts";

/** An object with its own names in camel case: protocol-buffer JSON takes `snake_case` too. */
export function camel(object: JsonObject): JsonObject {
  let renamed: Record<string, unknown> | undefined;
  for (const name in object) {
    if (!name.includes("_")) continue;
    renamed ??= { ...object };
    delete renamed[name];
    renamed[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())] = object[name];
  }
  return renamed ?? object;
}
