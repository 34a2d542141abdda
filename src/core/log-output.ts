import { writeSync } from "node:fs";

const backlogBytesMax = 1_048_576;
const retryMs = 50;

/**
 * Writes lines to a file descriptor without ever waiting for its reader or failing with it. A slow reader gets what fits into a bounded
 * backlog, then a count of what it missed; a reader that is gone gets nothing.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #write: (fd: number, bytes: Buffer) => number;
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number, write: (fd: number, bytes: Buffer) => number = writeSync) {
    this.#fd = fd;
    this.#write = write;
  }

  /** Takes one line, its end included. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#backlogBytes + bytes.length > backlogBytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#push(bytes);
    if (this.#timer === undefined) this.#flush();
  }

  #push(bytes: Buffer): void {
    this.#backlog.push(bytes);
    this.#backlogBytes += bytes.length;
  }

  #flush(): void {
    this.#timer = undefined;
    for (let next = this.#backlog[0]; next !== undefined; next = this.#backlog[0]) {
      const written = this.#tryWrite(next);
      this.#backlogBytes -= written;
      if (written < next.length) {
        this.#backlog[0] = next.subarray(written);
        this.#timer = setTimeout(() => this.#flush(), retryMs).unref();
        return;
      }
      this.#backlog.shift();
    }
    this.#tellDropped();
  }

  /** Bytes written, or to be forgotten because nobody will ever read them. */
  #tryWrite(bytes: Buffer): number {
    try {
      return this.#write(this.#fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : bytes.length;
    }
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const fields = { level: 40, time: new Date().toISOString(), dropped_lines: this.#dropped };
    this.#dropped = 0;
    this.write(`${JSON.stringify({ ...fields, msg: "log lines were dropped: their reader is too slow" })}\n`);
  }
}
