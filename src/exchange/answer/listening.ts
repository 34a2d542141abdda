import type { ContentDecoder } from "../../core/content-decoder.ts";
import type { ResponseContext } from "../../dialect/dialect.ts";
import { counterOfTarget } from "../admit/counting.ts";
import type { Attempt } from "../state/attempt.ts";
import { Answering, type Forwarded } from "../state/exchange.ts";
import type { AnswerHead } from "../state/outcome.ts";
import { answerReader } from "./answer-reader.ts";
import { countOutput } from "./count-output.ts";
import { HoldWatch } from "./hold-watch.ts";
import { SecretMask } from "./masking.ts";
import { StreamCheck } from "./stream-check.ts";

/** What an answer goes through before it is read, where it has to. */
interface Prepared {
  readonly decoder: ContentDecoder | undefined;
  readonly filter: ResponseContext["filter"];
}

/** Makes ready to read an attempt's answer as it passes: to count, check, cover and mask it. */
export function listen(
  forwarded: Forwarded,
  attempt: Attempt,
  head: AnswerHead,
  { decoder, filter }: Prepared,
): Answering {
  const { admitted, exchange } = forwarded;
  const { facts } = admitted;
  const tokens = counterOfTarget(admitted, attempt.target.target);
  const counter = tokens.stream(exchange.principal.tenantId);
  const path = {
    decoder,
    counter,
    mask: new SecretMask(attempt.secrets),
    check: facts.stream && head.status < 400 ? StreamCheck.of(forwarded, attempt) : undefined,
    // A whole answer is complete, and billed, before any of it is seen.
    holdWatch: facts.stream ? new HoldWatch(forwarded, attempt, tokens, counter) : undefined,
  };
  return new Answering(forwarded, attempt, path, (answering, onText) =>
    answerReader(forwarded, attempt, head, {
      onText,
      filter,
      onLarge: (output) => countOutput(answering, output),
    }),
  );
}
