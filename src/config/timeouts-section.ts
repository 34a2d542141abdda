import { z } from "zod";
import { durationMs } from "./scalars.ts";

/** Deadlines that may differ by latency class. */
const deadlines = {
  attempt: durationMs
    .optional()
    .describe(
      "To the response headers of each try; of a whole answer: all of it. Half of `total` where nothing is said and another target may follow.",
    ),
  firstToken: durationMs
    .optional()
    .describe("To the first content of each streamed try. Needs `failover: content` and a second target."),
  betweenTokens: durationMs
    .optional()
    .describe(
      "From each piece of a streamed answer to the next, once it has begun: text, reasoning, tool calls. Comments and pings do not count. A stream that stays silent for longer ends with an error event, and what came of it is paid.",
    ),
  total: durationMs
    .optional()
    .describe("For all tries together, to the last byte. 10m where nothing is said."),
  retryAfter: durationMs
    .refine((ms) => ms <= 60_000, "must be at most 60s")
    .optional()
    .describe(
      "The longest wait that a target's Retry-After may ask for. With no other target left, the same one is then asked once more. Nobody waits where nothing is said.",
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
