import { type Endpoint, jsonReply } from "./endpoint.ts";

/** The state of every target. */
export const targets: Endpoint = {
  method: "GET",
  path: "/targets",
  audience: "operator",
  purpose: "Every target's health, load and recent latency, and the retry budget.",
  answer: (source) => jsonReply(source.targets()),
};
