import { GatewayError } from "../../core/errors.ts";
import { formatUsd } from "../../core/money.ts";
import type { Refused } from "../../ledger/ledger.ts";
import { refusal } from "../../policy/refusal.ts";
import type { Exchange } from "../state/exchange.ts";
import { errorReply } from "../state/local-reply.ts";
import type { Reply } from "../state/outcome.ts";

/** Answers a request here, in the client's dialect, and notes why. Anything but a {@link GatewayError} is a bug: it fails closed. */
export function refuse(exchange: Exchange, thrown: unknown): Reply {
  const error = GatewayError.from(thrown);
  if (!(thrown instanceof GatewayError)) exchange.services.observer.bug(thrown, exchange.id);
  exchange.end(error.code === "internal" ? "internal" : "denied", error.code);
  exchange.answer.reply(error.status);
  exchange.body.release();
  return { kind: "reply", reply: errorReply(exchange, error) };
}

/** Answers a request that a limit or budget has no room for; for programs, headers say which, what is left, and when there is more. */
export function refuseForLimit(exchange: Exchange, refused: Refused): Reply {
  const { clock, observer } = exchange.services;
  const { account, left, resetsAtMs } = refused;
  observer.limited(account);
  exchange.limitHeaders = [
    ...exchange.limitHeaders,
    ["x-tollgate-limit", account.name],
    [
      "x-tollgate-limit-left",
      account.unit === "nano_usd" ? `${formatUsd(left)} usd` : `${left} ${account.unit}`,
    ],
    ["x-tollgate-limit-resets-at", new Date(resetsAtMs).toISOString()],
  ];
  return refuse(exchange, refusal(refused, clock.nowMs()));
}

/** The client left while its request was being prepared: nothing leaves, and the answer reaches no client. */
export function leave(exchange: Exchange): Reply {
  exchange.end("downstream_reset");
  return refuse(exchange, new GatewayError("shutting_down", "the client has left"));
}
