import type { StreamCounter } from "../../tokens/counters/counter.ts";
import { counterOfTarget } from "../admit/counting.ts";
import type { Answering } from "../state/exchange.ts";

/** Of a large answer's output what is counted at once; between two parts the count may be off by two tokens. */
const countedBytes = 1_048_576;

/** Counts the output of a large answer without holding the event loop, in place of the answer's own counter. `output`: undefined where its provider says how much it is. */
export async function countOutput(answering: Answering, output: Uint8Array | undefined): Promise<void> {
  const { attempt, exchange, forwarded } = answering;
  answering.outputCounter = fixedCount(0);
  if (output === undefined) return;
  const counter = counterOfTarget(forwarded.admitted, attempt.target.target);
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  let tokens = 0;
  for (let start = 0; start < bytes.length; start += countedBytes) {
    const part = bytes.subarray(start, start + countedBytes);
    const span = { start: 0, end: part.length, escaped: false };
    tokens += (await counter.countSpansPaced(part, [span], { tenant: exchange.principal.tenantId })) ?? 0;
  }
  answering.outputCounter = fixedCount(tokens);
}

function fixedCount(tokens: number): StreamCounter {
  return { push: () => {}, catchUp: () => undefined, total: () => tokens };
}
