import { liftOverride, listOverrides, orderOverride } from "../overrides-api.ts";
import { type Endpoint, jsonReply } from "./endpoint.ts";

/** The overrides in force. */
export const overrides: Endpoint = {
  method: "GET",
  path: "/overrides",
  audience: "operator",
  purpose: "The overrides in force, oldest first.",
  answer: (source) => jsonReply(listOverrides(source.overrides)),
};

/** Stops, drains or forces something. */
export const addOverride: Endpoint = {
  method: "POST",
  path: "/overrides",
  audience: "operator",
  purpose: "Stops, drains or forces what `scope` names. Audited.",
  input: "body `action`, `scope`, `reason`, `by`, `for` or `untilLifted`",
  answer: async (source, request) =>
    jsonReply(await orderOverride(source.overrides, await request.json(), request.from)),
};

/** Ends an override. */
export const removeOverride: Endpoint = {
  method: "DELETE",
  path: "/overrides/{id}",
  audience: "operator",
  purpose: "Lifts an override. Audited.",
  input: "body `by`",
  answer: async (source, request) =>
    jsonReply(await liftOverride(source.overrides, request.id, await request.json(), request.from)),
};
