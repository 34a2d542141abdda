import type { JsonKind, JsonScan } from "../core/json-scan.ts";
import type { TextSpan } from "../tokens/counters/counter.ts";

/** Most spans kept for one request; the last then grows over what follows, which can only count too much. */
const textSpansMax = 16_384;

/** Collects what counts as input text while a scan goes by. */
export class TextSpans {
  readonly spans: TextSpan[] = [];

  /** Passes the value that comes next: a string counts by its inside, anything else as the bytes it is written with. */
  value(scan: JsonScan): void {
    switch (scan.kind()) {
      case "string":
        scan.string();
        this.#add(scan.start, scan.end, scan.escaped);
        return;
      case "null":
        scan.skip();
        return;
      default:
        scan.skip();
        this.#add(scan.start, scan.end, false);
        return;
    }
  }

  /** Takes the value that was just passed; `kind`: what it is. */
  passed(scan: JsonScan, kind: JsonKind): void {
    this.#add(scan.start, scan.end, kind === "string" && scan.escaped);
  }

  /** Takes the key that was just read: a name that is part of the prompt. */
  key(scan: JsonScan): void {
    this.#add(scan.start, scan.end, scan.escaped);
  }

  #add(start: number, end: number, escaped: boolean): void {
    if (start === end) return;
    const last = this.spans.at(-1);
    if (this.spans.length < textSpansMax || last === undefined) this.spans.push({ start, end, escaped });
    else this.spans[textSpansMax - 1] = { start: last.start, end, escaped: last.escaped || escaped };
  }
}
