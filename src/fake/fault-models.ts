import type { Faults } from "./faults.ts";

/** Models that misbehave by their name, for clients that cannot send headers. Headers have the last word. */
export const faultModels: Readonly<Record<string, Faults>> = {
  "fake-slow": { firstTokenDelayMs: 2_000, tokenDelayMs: 100 },
  "fake-long": { tokens: 2_000 },
  "fake-hang": { hang: true },
  "fake-down": { error: "overloaded" },
  "fake-broken": { error: "server" },
  "fake-rate-limited": { error: "rate-limit", retryAfter: "1" },
  "fake-quota": { error: "quota" },
  "fake-unauthorized": { error: "auth" },
  "fake-missing": { error: "not-found" },
  "fake-context-length": { error: "context-length" },
  "fake-content-filter": { error: "content-filter" },
  "fake-reset": { reset: "before-headers" },
  "fake-reset-midstream": { reset: 4 },
  "fake-cut": { cutAfter: 4 },
  "fake-stall": { stallAfter: 4 },
  "fake-stall-first": { stallAfter: 0 },
  "fake-error-event": { errorEvent: 4 },
  "fake-bad-json": { badJson: 4 },
  "fake-empty": { empty: "content" },
  "fake-no-usage": { noUsage: true },
};
