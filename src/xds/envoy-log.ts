import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";

const tailBytesMax = 16_384;
const tailEntries = 5;
const entryCharsMax = 400;

/** Envoy's log in a run folder: readable by this user alone, one file a gateway's run and the one before. */
export class EnvoyLog {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, "envoy.log");
  }

  /** Puts the log of an earlier run aside, as `envoy.previous.log`. */
  rotate(): void {
    if (!existsSync(this.path)) return;
    const previous = this.path.replace(/\.log$/, ".previous.log");
    renameSync(this.path, previous);
    chmodSync(previous, 0o600);
  }

  /** Opens it for appending: an Envoy that is restarted keeps what the one before said last. Whoever opens it closes it. */
  open(): number {
    return openSync(this.path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  }

  /** Its length in bytes. */
  get size(): number {
    return this.#reading((file) => fstatSync(file).size, 0);
  }

  /** Its last entries after the byte `from`, one a line; of a crash, those from its signal on. */
  tail(from = 0): string {
    return this.#reading((file) => {
      const { size } = fstatSync(file);
      const start = Math.max(from, size - tailBytesMax);
      const bytes = Buffer.alloc(Math.max(size - start, 0));
      const length = readSync(file, bytes, 0, bytes.length, start);
      return tailOf(bytes.toString("utf8", 0, length));
    }, "");
  }

  #reading<T>(read: (file: number) => T, otherwise: T): T {
    if (!existsSync(this.path)) return otherwise;
    const file = openSync(this.path, "r");
    try {
      return read(file);
    } finally {
      closeSync(file);
    }
  }
}

/** An entry may go on over many lines: the configuration that Envoy refuses, for example. Its first says what it is. */
function tailOf(text: string): string {
  const lines = text.trimEnd().split("\n");
  const entries = lines.filter((line) => line.startsWith("["));
  const crash = entries.findIndex((line) => line.includes("Caught "));
  const shown =
    entries.length === 0 ? lines : crash < 0 ? entries : entries.slice(crash, crash + tailEntries);
  return shown
    .slice(-tailEntries)
    .map((line) => line.slice(0, entryCharsMax))
    .join("\n");
}
