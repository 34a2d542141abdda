import { z } from "zod";
import { percent } from "../policy/ladder-section.ts";

/** The config's `retries`: how many attempts beyond the first the whole gateway may make. */
export const retriesSection = z
  .strictObject({
    budget: percent
      .prefault("20%")
      .describe("Attempts beyond the first, as a share of all requests of the last ten seconds."),
    atLeastPerSecond: z
      .number()
      .min(0)
      .max(100_000)
      .default(3)
      .describe("So many a second are allowed whatever the share says."),
  })
  .prefault({});
