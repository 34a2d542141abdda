import { type Endpoint, textReply } from "./endpoint.ts";

/** Liveness: the event loop turns. */
export const livez: Endpoint = {
  method: "GET",
  path: "/livez",
  audience: "anyone",
  purpose: "200 while the process serves.",
  answer: () => textReply(200, "ok"),
};

/** Readiness: requests should be sent here. */
export const readyz: Endpoint = {
  method: "GET",
  path: "/readyz",
  audience: "anyone",
  purpose: "200 if the gateway should receive requests; otherwise 503 with one reason per line.",
  answer(source) {
    const reasons = source.unreadyReasons();
    return reasons.length === 0 ? textReply(200, "ok") : textReply(503, reasons.join("\n"));
  },
};
