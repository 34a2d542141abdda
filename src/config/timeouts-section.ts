import { z } from "zod";
import { durationMs } from "./scalars.ts";

/** Deadlines that may differ by latency class. */
const deadlines = {
  attempt: durationMs
    .optional()
    .describe(
      "For each try, to the response headers, or to the end of a whole answer. Default: half of `total` if another target may follow.",
    ),
  firstToken: durationMs
    .optional()
    .describe("To the first content of each streamed try. Needs `failover: content` and a second target."),
  betweenTokens: durationMs
    .optional()
    .describe(
      "From each piece of a streamed answer to the next, once it has begun: text, reasoning, tool calls. Comments and pings do not count. A stream that stays silent for longer ends with an error event, and what came of it is paid.",
    ),
  total: durationMs.optional().describe("For all tries together, to the last byte. Default: 10m."),
  retryAfter: durationMs
    .refine((ms) => ms <= 60_000, "must be at most 60s")
    .optional()
    .describe(
      "The longest wait that a target's Retry-After may ask for. If no other target is left, the same one is then tried once more. Without a value, there is no wait.",
    ),
};

/** A model's `timeouts`. */
export const timeoutsSection = z
  .strictObject({
    connect: durationMs
      .optional()
      .describe(
        "To a usable connection, TLS included; then the next target is asked. A backend has one connect timeout: the shortest named by a model that has it as a target. 3s where none names one.",
      ),
    ...deadlines,
    latencyClass: z
      .record(
        z.string().min(1),
        z
          .strictObject(deadlines)
          .refine((own) => Object.keys(own).length > 0, "must name at least one deadline"),
      )
      .optional()
      .describe(
        "Deadlines of their own for requests whose contract says this latency_class; what a class leaves out is as above.",
      ),
  })
  .prefault({});

/** A {@link timeoutsSection}, checked. */
export type TimeoutsSection = z.output<typeof timeoutsSection>;
