import type { Log } from "../../../src/core/log.ts";

/** A line of a log. */
export interface KeptLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A log that keeps its lines. */
export function keptLog(): { readonly log: Log; readonly lines: KeptLine[] } {
  const lines: KeptLine[] = [];
  const at = (level: KeptLine["level"]) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return { log: { info: at("info"), warn: at("warn"), error: at("error") }, lines };
}
