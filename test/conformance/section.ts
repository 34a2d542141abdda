import type { z } from "zod";

/** Values for keys of a section, by the key's name. */
export type SampleValues = Readonly<Record<string, unknown>>;

/**
 * A section for a schema: each key gets its sample value, or is left out where the schema lets it be. Throws, naming the keys, when the
 * schema needs more than that.
 */
export function sampleSection<Schema extends z.ZodObject>(schema: Schema, values: SampleValues): never {
  const given = Object.entries(values).filter(([key]) => key in schema.shape);
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success)
    throw new Error(`add a sample value to the conformance suite for: ${parsed.error.message}`);
  return parsed.data as never;
}

/** Whether a schema refuses a key that it does not have, so that a misspelt key in a config is a problem and not ignored. */
export function refusesUnknownKeys(schema: z.ZodObject, values: SampleValues): boolean {
  const given = Object.entries(values).filter(([key]) => key in schema.shape);
  const parsed = schema.safeParse({ ...Object.fromEntries(given), misspelt_key: 1 });
  return (
    !parsed.success && parsed.error.issues.some((issue) => JSON.stringify(issue).includes("misspelt_key"))
  );
}
