import { z } from "zod";
import { GatewayError } from "../../src/core/errors.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { definePolicy } from "../../src/policy/policy-kind.ts";

const hour = z.int().min(0).max(24).describe("An hour of the day.");

/** Denies requests outside some hours of the day, UTC: `limits: [{ name: office, hours: { from: 8, until: 18 } }]`. */
export const officeHours = definePolicy({
  type: "office-hours",
  section: "limits",
  recognises: (entry) => Object.hasOwn(entry, "hours"),
  schema: z.strictObject({
    name: z.string().min(1),
    hours: z.strictObject({ from: hour, until: hour }).describe("Hours of the day, UTC, that are served."),
  }),
  references: () => [],
  create: ({ name, hours: { from, until } }): Policy => {
    const error = new GatewayError("forbidden", `${name}: open from ${from} to ${until} o'clock UTC`);
    return {
      name,
      rules: [],
      judge: ({ nowMs }) => {
        const now = new Date(nowMs).getUTCHours();
        return from <= now && now < until ? { kind: "allow", claims: [] } : { kind: "deny", error };
      },
    };
  },
});
