import type { Endpoint } from "./endpoint.ts";

/** The running config. */
export const config: Endpoint = {
  method: "GET",
  path: "/config",
  audience: "operator",
  purpose: "The running config, secrets redacted.",
  answer: (source) => ({
    status: 200,
    contentType: "application/json",
    body: `${JSON.stringify(source.config(), undefined, 2)}\n`,
  }),
};
