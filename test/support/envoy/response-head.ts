import type { ResponseHead } from "../../../src/exchange/state/outcome.ts";
import { answerSource } from "../../../src/extproc/proxy-answer.ts";

/** Response headers as Envoy tells them, with its `response.code_details`. */
export function responseHead({
  codeDetails,
  ...head
}: Omit<ResponseHead, "source"> & { readonly codeDetails: string }): ResponseHead {
  return { ...head, source: answerSource(head.status, codeDetails, head.attempt === 0) };
}
