import type { ContractSource } from "./contract.ts";
import { isValue } from "./contract-section.ts";

/** https://www.w3.org/TR/trace-context/#traceparent-header; an all-zero trace id is invalid. */
const traceparent = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The trace id: the contract's, else traceparent's, else the client's request id. Only the contract's own can be an error. */
export function readTraceId(
  sent: string | undefined,
  { headers, requestId }: ContractSource,
): string | undefined {
  if (sent !== undefined) return sent;
  const parent = traceparent.exec(headers.get("traceparent") ?? "")?.[1];
  if (parent !== undefined) return parent;
  return requestId !== undefined && requestId !== "" && isValue(requestId) ? requestId : undefined;
}
