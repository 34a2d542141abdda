import { readFile } from "node:fs/promises";
import { z } from "zod";
import { replaceFile } from "../core/replace-file.ts";
import { parseSealed, seal } from "../core/seal.ts";
import { type Override, overrideActions, scopeFields } from "./override.ts";

const text = z.string().min(1);
const scope = z.partialRecord(z.enum(scopeFields), text);
const file = z.object({
  version: z.literal(1),
  overrides: z.array(
    z
      .object({
        id: text,
        action: z.enum(overrideActions),
        scope,
        reason: text,
        by: text,
        sinceMs: z.number(),
        untilMs: z.number().optional(),
      })
      .transform((one): Override => ({ ...one, untilMs: one.untilMs })),
  ),
});

/** The overrides kept at `path`; none where there is no file. Throws when there is one that cannot be understood: a stop must not be forgotten in silence. */
export async function readOverrides(path: string): Promise<readonly Override[]> {
  let kept: string;
  try {
    kept = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    return file.parse(parseSealed(kept)).overrides;
  } catch (cause) {
    throw new Error(`${path} is damaged: what was stopped by hand is not known. Remove it to start without`, {
      cause,
    });
  }
}

/** Replaces the file whole: a crash leaves the old or the new one. */
export function writeOverrides(path: string, overrides: readonly Override[]): Promise<void> {
  return replaceFile(path, seal(JSON.stringify({ version: 1, overrides })), { mode: 0o600 });
}
