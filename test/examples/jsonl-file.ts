import { appendFile } from "node:fs/promises";
import { z } from "zod";
import { DeliveryError, defineSink } from "../../src/usage/sink/sink.ts";

/** Appends records to a file, one JSON line each. A batch that failed half-way comes again: readers drop an `exchange_id` they have. */
export const jsonlFile = defineSink({
  type: "jsonl-file",
  schema: z.strictObject({
    type: z.literal("jsonl-file"),
    name: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,63}$/)
      .default("jsonl-file"),
    file: z.string().min(1).describe("The file that lines are appended to."),
  }),
  create: ({ name, file }) => ({
    name,
    async deliver(records, signal) {
      signal.throwIfAborted();
      const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
      await appendFile(file, lines).catch((cause: unknown) => {
        throw new DeliveryError("upstream_unavailable", `sink ${name}: cannot write ${file}`, { cause });
      });
    },
  }),
});
