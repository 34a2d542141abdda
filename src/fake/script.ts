import type { Answer, Frame } from "./answer.ts";
import type { Faults } from "./faults.ts";

/** One thing to do with the wire, in order. */
export type Step =
  | { readonly kind: "pause"; readonly ms: number }
  | { readonly kind: "head"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "write"; readonly frame: Frame }
  /** Nothing more until the client leaves. */
  | { readonly kind: "stall" }
  | { readonly kind: "reset" }
  /** The body ends as HTTP wants it; complete if it is also the answer's own end. */
  | { readonly kind: "end"; readonly complete: boolean };

/** The steps of an answer under faults. Nothing follows a stall, a reset or an end. */
export function* script(answer: Answer, faults: Faults): Generator<Step> {
  const { headerDelayMs = 0, firstTokenDelayMs = 0, tokenDelayMs = 0 } = faults;
  if (headerDelayMs > 0) yield { kind: "pause", ms: headerDelayMs };
  if (faults.hang === true) return yield { kind: "stall" };
  if (faults.reset === "before-headers") return yield { kind: "reset" };
  const frames = framesUnder(answer, faults);
  if (!answer.streamed && answer.usage !== undefined) {
    const laterTokens = Math.max(0, answer.usage.outputTokens - 1);
    const generationMs = firstTokenDelayMs + laterTokens * tokenDelayMs;
    if (generationMs > 0) yield { kind: "pause", ms: generationMs };
  }
  yield { kind: "head", headers: headersUnder(answer, faults, frames) };
  if (faults.reset === "after-headers") return yield { kind: "reset" };
  let written = 0;
  let broken = false;
  for (const each of frames) {
    const isContent = each.outputTokens > 0;
    if (answer.streamed && isContent) {
      const ms = written === 0 ? firstTokenDelayMs : tokenDelayMs;
      if (ms > 0) yield { kind: "pause", ms };
    }
    if (isContent || written > 0) {
      const stop = stopAt(answer, faults, written);
      if (stop !== undefined) return yield* stop;
      if (!broken && answer.flaws !== undefined && written >= (faults.badJson ?? Number.POSITIVE_INFINITY)) {
        broken = true;
        yield { kind: "write", frame: answer.flaws.broken };
      }
    }
    yield { kind: "write", frame: each };
    written += each.outputTokens;
  }
  yield { kind: "end", complete: frames === answer.frames };
}

/** The frames to write, or what stands in for all of them. */
function framesUnder(answer: Answer, faults: Faults): Iterable<Frame> {
  const { flaws } = answer;
  if (flaws === undefined) return answer.frames;
  if (faults.empty === "body") return [];
  if (faults.empty === "content") return flaws.empty;
  if (faults.errorEvent !== undefined && !answer.streamed) return [flaws.error];
  return answer.frames;
}

/** A whole body's length is told, except where a fault changes it. */
function headersUnder(
  answer: Answer,
  faults: Faults,
  frames: Iterable<Frame>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { ...answer.headers };
  if (faults.encoding !== undefined) headers["content-encoding"] = faults.encoding;
  const isTold =
    faults.encoding === undefined && faults.cutAfter === undefined && faults.badJson === undefined;
  if (answer.streamed || !isTold) return headers;
  let bytes = 0;
  for (const each of frames) bytes += each.bytes.length;
  return { ...headers, "content-length": String(bytes) };
}

/** The way in which the answer stops for good at this many tokens. Undefined if it goes on. */
function stopAt(answer: Answer, faults: Faults, written: number): readonly Step[] | undefined {
  if (answer.flaws === undefined) return undefined;
  const reached = (position: unknown) => typeof position === "number" && written >= position;
  if (reached(faults.cutAfter)) return [{ kind: "end", complete: false }];
  if (reached(faults.stallAfter)) return [{ kind: "stall" }];
  if (reached(faults.reset)) return [{ kind: "reset" }];
  if (reached(faults.errorEvent) && answer.streamed) {
    return [
      { kind: "write", frame: answer.flaws.error },
      { kind: "end", complete: false },
    ];
  }
  return undefined;
}
