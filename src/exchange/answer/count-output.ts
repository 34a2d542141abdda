import { counterOfTarget } from "../admit/counting.ts";
import type { Exchange } from "../state/exchange.ts";

/** Of a large answer's output what is counted at once; between two parts the count may be off by two tokens. */
const countedBytes = 1_048_576;

/** Counts the output of a large answer without holding the event loop. */
export async function countOutput(exchange: Exchange, output: Uint8Array | undefined): Promise<void> {
  const { answeredBy } = exchange;
  if (output === undefined || answeredBy === undefined) return;
  const counter = counterOfTarget(exchange, answeredBy.target.target);
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  let tokens = 0;
  for (let start = 0; start < bytes.length; start += countedBytes) {
    const part = bytes.subarray(start, start + countedBytes);
    const span = { start: 0, end: part.length, escaped: false };
    tokens += (await counter.countSpansPaced(part, [span], { tenant: exchange.principal.tenantId })) ?? 0;
  }
  exchange.outputCounter = { push: () => {}, catchUp: () => undefined, total: () => tokens };
}
