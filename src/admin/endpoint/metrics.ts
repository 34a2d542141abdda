import type { Endpoint } from "./endpoint.ts";

/** Prometheus metrics. */
export const metrics: Endpoint = {
  method: "GET",
  path: "/metrics",
  audience: "local",
  purpose: "[Metrics](metrics.md) in the Prometheus text format.",
  async answer(source) {
    const { contentType, text } = await source.metrics();
    return { status: 200, contentType, body: text };
  },
};
