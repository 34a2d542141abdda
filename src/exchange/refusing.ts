import { GatewayError } from "../core/errors.ts";
import type { Exchange } from "./exchange.ts";
import { errorReply } from "./local-reply.ts";
import type { Outcome } from "./outcome.ts";

/** Answers a request here, in the client's dialect, and notes why. Anything but a {@link GatewayError} is a bug: it fails closed. */
export function refuse(exchange: Exchange, thrown: unknown): Outcome {
  const error = GatewayError.from(thrown);
  if (!(thrown instanceof GatewayError)) exchange.services.observer.bug(thrown, exchange.id);
  exchange.end(error.code === "internal" ? "internal" : "denied", error.code);
  exchange.responseStatus = error.status;
  exchange.releaseOriginal();
  return { kind: "reply", reply: errorReply(exchange, error) };
}
