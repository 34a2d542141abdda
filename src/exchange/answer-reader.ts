import type { ResponseContext, ResponseTransform } from "../dialect/dialect.ts";
import type { Attempt } from "./attempt.ts";
import type { Carriage } from "./carrying.ts";
import type { Exchange } from "./exchange.ts";
import { translateResponse } from "./translating.ts";

/** Reads an attempt's answer as it passes, in its own bytes or on their way into the client's format. */
export function answerReader(
  exchange: Exchange,
  attempt: Attempt,
  carriage: Carriage,
  context: ResponseContext,
): ResponseTransform {
  return carriage.kind === "pass"
    ? carriage.dialect.passResponse(context)
    : translateResponse(exchange, attempt, carriage, context);
}
