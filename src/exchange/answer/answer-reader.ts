import type { MaybePromise } from "../../core/maybe-promise.ts";
import type { ResponseContext } from "../../dialect/dialect.ts";
import { isAwsEventStream, isEventStream } from "../../dialect/streamed.ts";
import type { AnswerReader } from "../state/answer-parts.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import { LargeAnswer } from "./large-answer.ts";
import { answerContextOf, callIdOf, translateResponse } from "./translating.ts";

/**
 * Reads an attempt's answer as it passes, in its own bytes or on their way into the client's format. `onLarge` is told first of a large whole
 * answer's output, where its provider has not said how much it is: what `onText` gets of such an answer may be cut short.
 */
export function answerReader(
  forwarded: Forwarded,
  attempt: Attempt,
  context: ResponseContext,
  onLarge: (output: Uint8Array | undefined) => MaybePromise<void> = () => {},
): AnswerReader {
  const { exchange } = forwarded;
  const { transport } = attempt;
  const inner =
    transport.kind === "pass"
      ? transport.dialect.passResponse(context)
      : translateResponse(forwarded, attempt, transport, context);
  if (context.status >= 400 || isEventStream(context) || isAwsEventStream(context)) return inner;
  const { dialect, services, principal } = exchange;
  const answerContext = answerContextOf(forwarded, attempt);
  return new LargeAnswer(inner, {
    passes: transport.kind === "pass" && context.filter === undefined,
    filter: context.filter,
    onText: context.onText,
    onLarge,
    mayStream: context.facts.stream,
    read: (pieces) =>
      services.offload.do(principal.tenantId, {
        kind: "answer",
        reading: {
          dialect: dialect.name,
          upstream: transport.kind === "pass" ? undefined : transport.dialect.name,
          status: context.status,
          headers: [...context.headers.names()].map((name) => [name, context.headers.get(name) ?? ""]),
          context: { ...answerContext, facts: { ...answerContext.facts, text: [] } },
          callId: callIdOf(exchange),
          findTexts: context.filter !== undefined,
        },
        pieces,
      }),
  });
}
