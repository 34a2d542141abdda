import type { MaybePromise } from "../../core/maybe-promise.ts";
import type { ResponseContext } from "../../dialect/dialect.ts";
import { isAwsEventStream, isEventStream } from "../../dialect/streamed.ts";
import type { AnswerReader } from "../state/answer-parts.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import type { AnswerHead } from "../state/outcome.ts";
import { LargeAnswer } from "./large-answer.ts";
import { answerContextOf, callIdOf, translateResponse } from "./translating.ts";

/** What follows an answer as it is read. */
interface Listeners extends Pick<ResponseContext, "onText" | "filter"> {
  /** False for who wants to know what the answer says, and not what its client gets; default true. */
  readonly writes?: boolean;
  /**
   * Is told first of a large whole answer's output, where its provider has not said how much it is: what `onText` gets of such an answer may be
   * cut short.
   */
  readonly onLarge?: (output: Uint8Array | undefined) => MaybePromise<void>;
}

/** Reads an attempt's answer as it passes, in its own bytes or on their way into the client's format. */
export function answerReader(
  forwarded: Forwarded,
  attempt: Attempt,
  { headers, status }: AnswerHead,
  { writes = true, onLarge = () => {}, onText, filter }: Listeners,
): AnswerReader {
  const context: ResponseContext = { status, headers, facts: forwarded.admitted.facts, filter, onText };
  const { exchange } = forwarded;
  const { transport } = attempt;
  const inner =
    transport.kind === "pass"
      ? transport.dialect.passResponse(context)
      : translateResponse(forwarded, attempt, transport, context, writes);
  if (status >= 400 || isEventStream(context) || isAwsEventStream(context)) return inner;
  const { dialect, services, principal } = exchange;
  const answerContext = answerContextOf(forwarded, attempt);
  return new LargeAnswer(inner, {
    passes: transport.kind === "pass" && filter === undefined,
    filter,
    onText,
    onLarge,
    mayStream: context.facts.stream,
    read: (pieces) =>
      services.offload.do(principal.tenantId, {
        kind: "answer",
        reading: {
          dialect: dialect.name,
          upstream: transport.kind === "pass" ? undefined : transport.dialect.name,
          status,
          headers: [...headers.names()].map((name) => [name, headers.get(name) ?? ""]),
          context: { ...answerContext, facts: { ...answerContext.facts, text: [] } },
          callId: callIdOf(exchange),
          writes,
          findTexts: filter !== undefined,
        },
        pieces,
      }),
  });
}
