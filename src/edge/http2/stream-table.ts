import type { Http2Stream } from "./stream.ts";

/** The way in which a stream ceased to be open. */
export const past = {
  /** Its number was passed over, or is too old to be remembered. */
  unknown: 0,
  /** Both sides were done, or the client reset it: nothing more may come. */
  closed: 1,
  /** We ended it while the client could still send: what comes is to be let pass. */
  left: 2,
} as const;

/** One value of {@link past}. */
export type Past = (typeof past)[keyof typeof past];

/** Number of the latest streams that are remembered. */
const remembered = 4_096;

/** The streams of one connection: those open, and for a while how those that are over ended. */
export class StreamTable {
  readonly #open = new Map<number, Http2Stream>();
  readonly #past = new Uint8Array(remembered);
  /** The highest stream number the client has used. */
  lastId = 0;

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  values(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  /** Notes that the client uses this number now, whether or not the stream will be served. */
  use(id: number): void {
    const skipped = Math.min((id - this.lastId) >> 1, remembered);
    for (let back = 0; back < skipped; back++) this.#past[((id >> 1) - back) % remembered] = past.unknown;
    this.lastId = id;
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** Forgets a stream but for how it ended. */
  close(id: number, how: Past): void {
    this.#open.delete(id);
    if (id > this.lastId - remembered * 2) this.#past[(id >> 1) % remembered] = how;
  }

  /** The way in which a stream ceased to be open; only for numbers up to `lastId`. */
  pastOf(id: number): Past {
    if (id <= this.lastId - remembered * 2) return past.left;
    return (this.#past[(id >> 1) % remembered] ?? past.unknown) as Past;
  }
}
