import { ByteRuns } from "../../core/byte-runs.ts";
import type { ContentDecoder } from "../../core/content-decoder.ts";
import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { inSlices, sliceBytes } from "../../core/slices.ts";
import type { LocalReply, ResponseSeen } from "../../dialect/dialect.ts";
import type { StreamVerdict } from "../state/answer-parts.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Answering, Exchange } from "../state/exchange.ts";
import { errorReply } from "../state/local-reply.ts";
import { spend } from "../state/stages.ts";
import { decodeInSlices } from "./decoding.ts";
import { breakOff } from "./interrupting.ts";
import { LargeAnswer } from "./large-answer.ts";
import { warningHeader, warningOf } from "./warning.ts";

const noBytes = Buffer.alloc(0);

/** Takes the next bytes of the answer and returns those for the client: the same buffer where nothing changes. Only encoded and long pieces wait. */
export function passBody(
  { answering, closing }: Exchange,
  chunk: Buffer,
  end: boolean,
): MaybePromise<Buffer> {
  if (answering === undefined) return chunk;
  const passed = passDecoded(answering, chunk, end);
  if (!(passed instanceof Promise)) return passed;
  closing.began();
  return passed.finally(() => closing.ended());
}

function passDecoded(answering: Answering, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { decoder } = answering.path;
  return decoder === undefined
    ? passInTurns(answering, chunk, end)
    : passEncoded(answering, decoder, chunk, end);
}

function passEncoded(
  answering: Answering,
  decoder: ContentDecoder,
  chunk: Buffer,
  end: boolean,
): Promise<Buffer> {
  const { exchange, forwarded } = answering;
  const out = new ByteRuns();
  return decodeInSlices(decoder, chunk, end, async (plain, last) => {
    out.add(await passInTurns(answering, plain, last));
    return exchange.answer.isBroken;
  }).then(
    () => out.take(chunk),
    (error) => {
      out.add(breakOff(forwarded, GatewayError.from(error), "upstream_error"));
      return out.take(noBytes);
    },
  );
}

/** Passes a long piece in slices, with turns for others between them. */
function passInTurns(answering: Answering, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  if (chunk.length <= sliceBytes || answering.reader instanceof LargeAnswer)
    return passPlain(answering, chunk, end);
  const { answer, closing } = answering.exchange;
  const out = new ByteRuns();
  const passed = inSlices(chunk, end, async (slice, last) => {
    out.add(await passPlain(answering, slice, last));
    return answer.isBroken || closing.settled;
  });
  return passed.then(() => out.take(chunk));
}

function passPlain(answering: Answering, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { attempt, exchange } = answering;
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  if (end) noteEnd(answering, startedMs);
  const { checkedMs } = attempt;
  return chain(transformed(answering, chunk, end), (out) => {
    // Checks are a separate stage.
    spend(exchange.stages, "respond", startedMs + attempt.checkedMs - checkedMs, clock);
    return out;
  });
}

/** The last of the answer has come: what follows is our own work on it. */
function noteEnd({ attempt, exchange: { stages } }: Answering, nowMs: number): void {
  attempt.ended(nowMs);
  stages.forward = nowMs - attempt.startedMs - attempt.checkedMs - (stages.respond ?? 0);
}

function transformed(answering: Answering, chunk: Buffer, end: boolean): MaybePromise<Buffer> {
  const { path, reader } = answering;
  const counted = (written: Buffer) => chain(answering.outputCounter.catchUp(), () => written);
  return chain(chain(reader.push(chunk, end), counted), (written) =>
    chain(path.check?.look(reader.seen) ?? "go-on", (verdict) =>
      chain(verdict === "go-on" ? path.mask.push(written, end) : noBytes, (out) =>
        end ? lastSent(answering, out) : sentOn(answering, out, verdict),
      ),
    ),
  );
}

/** Sends a piece on; ends the answer where it makes no sense any more, fails its checks, or outgrows its hold. */
function sentOn(answering: Answering, out: Buffer, verdict: StreamVerdict): Buffer {
  const { exchange, forwarded, path, reader } = answering;
  exchange.answer.add(out.length);
  if (reader.seen.unreadable) abandon(answering);
  if (exchange.answer.isBroken) return out;
  const failure = verdict === "cut" ? path.check?.failure : undefined;
  const why = failure ?? path.holdWatch?.check();
  if (why === undefined) return out;
  return Buffer.concat([out, path.mask.rest(), breakOff(forwarded, why, "cut_by_policy")]);
}

function lastSent(answering: Answering, out: Buffer): Buffer {
  const { answer } = answering.exchange;
  answer.add(out.length);
  const tail = finish(answering);
  answer.add(tail.length);
  return tail.length === 0 ? out : Buffer.concat([out, tail]);
}

/** The answer makes no sense, which a stream has said by now: what the provider still sends is of no use to anyone. */
function abandon({ exchange, forwarded, reader }: Answering): void {
  exchange.end(reader.seen.blocked ? "cut_by_policy" : "upstream_error", reader.seen.error?.code);
  exchange.answer.abandon(forwarded.admitted.facts.stream);
}

/** The answer came to its end. What is returned is sent after it: the in-dialect error of a stream that ended too early. */
function finish({ attempt, exchange, forwarded, path, reader }: Answering): Buffer {
  const { seen } = reader;
  exchange.answer.finish();
  if (exchange.ending !== undefined) return noBytes;
  const failure = path.check?.failure;
  if (failure !== undefined) {
    exchange.end("cut_by_policy", failure.code);
    return reader.breakOff(failure);
  }
  if (seen.error !== undefined) {
    exchange.end(seen.blocked ? "cut_by_policy" : "upstream_error", seen.error.code);
    if (!seen.blocked) attempt.tellFailure("overloaded");
    // A stream has said so in an event; one JSON value has no room for it.
    if (seen.unreadable && !forwarded.admitted.facts.stream) exchange.answer.abandon(false);
    return noBytes;
  }
  if (seen.complete) {
    exchange.end("completed");
    tellLost(exchange, attempt, seen);
    attempt.gaveContent();
    return noBytes;
  }
  const error = new GatewayError("upstream_invalid", "the provider's answer ended before it was complete");
  exchange.end("upstream_error", error.code);
  return reader.breakOff(error);
}

/** Names the output that the client's format has no place for. Only a whole answer's headers can still say so; the record does in any case. */
function tellLost({ answer }: Exchange, { changes }: Attempt, { lost }: ResponseSeen): void {
  if (lost.size === 0 || !answer.isHeld || answer.status === undefined) return;
  const left = [...lost].map((kind) => `${kind.replace("_", " ")} left out of the answer`);
  answer.amend(answer.status, [[warningHeader, warningOf([...changes, ...left])]]);
}

/** Ends an answer that has said all it had to and is kept open for nothing. Returns false for any other. */
export function endAnswer(answering: Answering): boolean {
  const { exchange, reader } = answering;
  if (exchange.answer.end !== undefined || !saysAll(reader.seen)) return false;
  void chain(passPlain(answering, noBytes, true), (bytes) =>
    exchange.downstream?.interrupt({ kind: "last", bytes }),
  );
  return true;
}

/** The format's end has come, or all that comes before it: a finish reason and the whole usage. */
function saysAll({ complete, error, finishReason, usage, usagePartial }: ResponseSeen): boolean {
  return (
    complete || (error === undefined && finishReason !== undefined && usage !== undefined && !usagePartial)
  );
}

/** The client's error in place of a broken answer. If some of the answer has passed, Envoy breaks off the connection instead. */
export function brokenReply(exchange: Exchange): LocalReply {
  const { answer, answering, errorCode = "upstream_invalid" } = exchange;
  const error =
    answering?.reader.seen.error ?? new GatewayError(errorCode, "the provider's answer is broken");
  answer.cutOff(error.status);
  return errorReply(exchange, error);
}
