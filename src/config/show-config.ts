import { defaultContract } from "../contract/contract-section.ts";
import { defaults } from "./schema.ts";

/** A config as written, secrets already hidden, with the defaults of what it leaves out; frozen plain data. */
export function showConfig(shown: unknown): unknown {
  const written = shown as Readonly<Record<string, unknown>>;
  const whole: Record<string, unknown> = { ...written };
  for (const [name, value] of Object.entries({ ...defaults, contract: defaultContract })) {
    const own = written[name];
    whole[name] = isMap(value) && isMap(own) ? { ...value, ...own } : (own ?? value);
  }
  return freeze(whole);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function freeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}
