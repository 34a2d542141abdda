/** Bytes of a stream that are read at once: a millisecond's work for the slowest that providers can send. */
export const sliceBytes = 4_096;
/** Longest time that the event loop is held before others get their turn. */
const turnMs = 1;

/** Long pieces that wait for their next turn, the one that waits longest first. */
const waiting: (() => void)[] = [];
let scheduled = false;

/**
 * Hands a long piece on in slices, with turns for others between them, until `take` answers true: it wants no more. `last` is `end` with the
 * last slice. Of all long pieces together, one has a turn in each round of the event loop, so that what is short waits for one turn only.
 */
export async function inSlices(
  piece: Buffer,
  end: boolean,
  take: (slice: Buffer, last: boolean) => Promise<boolean>,
): Promise<void> {
  if (scheduled) await nextTurn();
  let until = performance.now() + turnMs;
  for (let at = 0; at < piece.length; at += sliceBytes) {
    const slice = piece.subarray(at, at + sliceBytes);
    if (await take(slice, end && at + sliceBytes >= piece.length)) return;
    if (performance.now() < until) continue;
    await nextTurn();
    until = performance.now() + turnMs;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

/** An immediate that is set by another one runs in the next round, after what has come by then. */
function schedule(): void {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    waiting.shift()?.();
    schedule();
  });
}
