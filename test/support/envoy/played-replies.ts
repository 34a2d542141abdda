import assert from "node:assert/strict";
import type { Plain } from "./envoy-protos.ts";

/** What a reply to a piece of the answer's body sends on. */
export function pieceOf(reply: Plain): { readonly text: string; readonly end: boolean } {
  assert.equal(kindOf(reply), "response_body", JSON.stringify(reply));
  const { response } = reply.response_body as { response: Plain };
  const { streamed_response: streamed } = response.body_mutation as { streamed_response: Plain };
  return { text: String(streamed.body), end: streamed.end_of_stream === true };
}

/** Which of the replies it is. */
export function kindOf(reply: Plain): string {
  const kinds = [
    "request_headers",
    "request_body",
    "response_headers",
    "response_body",
    "immediate_response",
  ];
  return kinds.find((kind) => reply[kind] !== undefined && reply[kind] !== null) ?? "none";
}

/** The exchange's id, as the reply to a forwarded request tells Envoy. */
export function planIdOf(reply: Plain): string {
  const metadata = reply.dynamic_metadata as { fields: Record<string, Plain> } | undefined;
  const plan = metadata?.fields["tollgate.plan"]?.structValue as
    | { fields: Record<string, Plain> }
    | undefined;
  const id = plan?.fields.id?.stringValue;
  assert.ok(typeof id === "string", `not forwarded: ${JSON.stringify(reply)}`);
  return id;
}
