import { setImmediate as nextTurn } from "node:timers/promises";

/** Bytes of a stream that are read at once: a millisecond's work for the slowest that providers can send. */
export const sliceBytes = 16_384;
/** How long the loop is held before others get their turn. */
const turnMs = 1;

/** Hands a long piece on in slices, with turns for others between them, until `take` answers true: it wants no more. `last` is `end` with the last slice. */
export async function inSlices(
  piece: Buffer,
  end: boolean,
  take: (slice: Buffer, last: boolean) => Promise<boolean>,
): Promise<void> {
  let until = performance.now() + turnMs;
  for (let at = 0; at < piece.length; at += sliceBytes) {
    const slice = piece.subarray(at, at + sliceBytes);
    if (await take(slice, end && at + sliceBytes >= piece.length)) return;
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + turnMs;
  }
}
