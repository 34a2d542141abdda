import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { formatPath, type Path, type Problem } from "./problem.ts";
import { type References, substitute } from "./references.ts";

const maxNodes = 500_000;
const maxDepth = 32;
/** Enough to mend for one time. */
const maxProblems = 1_000;

/** What stands in place of a secret wherever config is shown. */
export const hiddenValue = "***";

/**
 * One YAML file as plain data that knows where everything in it was written. Whole numbers are numbers; every other number is its
 * source text, so that money never passes through a float. `${env:X}` and `${file:X}` are replaced.
 */
export class YamlFile {
  readonly name: string;
  readonly value: unknown;
  /** The same data with everything that came from a reference as {@link hiddenValue}. */
  readonly shown: unknown;
  /** False when the text is not YAML at all: `value` is undefined then. */
  readonly readable: boolean;
  readonly problems: Problem[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #references: References;
  readonly #substituted = new Map<string, string>();
  readonly #refused = new Set<string>();
  #nodes = 0;

  constructor(name: string, text: string, references: References) {
    this.name = name;
    this.#references = references;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { message, pos, code } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#refuseAt(pos[0], [], code === "DUPLICATE_KEY" ? "the same key is written twice here" : message);
    }
    this.readable = this.#document.errors.every((error) => error.code === "DUPLICATE_KEY");
    const converted = this.readable ? this.#convert(this.#document.contents, [], 0) : nothing;
    this.value = converted.value;
    this.shown = converted.shown;
  }

  /** Notes a problem with the value at `path`, or with the key itself; what is not in the file is shown at the nearest thing around it. */
  refuse(path: Path, message: string, part: "key" | "value" = "value"): void {
    this.#refuseAt(this.#offsetOf(path, part), path, message);
  }

  /** Whether the value at `path` holds anything that came from `${env:…}` or `${file:…}`. */
  isReference(path: Path): boolean {
    return this.#substituted.has(formatPath(path));
  }

  /** Whether a problem with just this value has been noted. */
  hasProblem(path: Path): boolean {
    return this.#refused.has(formatPath(path));
  }

  #refuseAt(offset: number, at: Path, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    const path = formatPath(at);
    this.#refused.add(path);
    if (this.problems.length >= maxProblems) return;
    this.problems.push({
      file: this.name,
      path,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      message: this.#hide(message),
    });
  }

  /** A message without anything that came from a reference: most of that is secret. */
  #hide(message: string): string {
    let hidden = message;
    for (const text of this.#substituted.values()) hidden = hidden.replaceAll(text, hiddenValue);
    return hidden;
  }

  #offsetOf(path: Path, part: "key" | "value"): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      const last = index === path.length - 1;
      if (isMap<Node, Node | null>(node)) {
        const pair = node.items.find((item) => keyText(item.key) === String(step));
        if (pair === undefined) return offset;
        const key: Node = pair.key;
        node = last && part === "key" ? key : (pair.value ?? key);
      } else if (isSeq<Node>(node) && typeof step === "number") {
        node = node.items[step] ?? null;
      } else return offset;
      offset = node?.range?.[0] ?? offset;
    }
    return offset;
  }

  #convert(node: unknown, path: Path, depth: number): Converted {
    this.#nodes += 1;
    if (this.#nodes > maxNodes || depth > maxDepth) {
      if (this.#nodes !== Number.POSITIVE_INFINITY)
        this.refuse(path, `the file has more than ${maxNodes} values or ${maxDepth} levels`);
      this.#nodes = Number.POSITIVE_INFINITY;
      return nothing;
    }
    if (isAlias(node)) return this.#convert(node.resolve(this.#document), path, depth + 1);
    if (isMap<Node, Node | null>(node)) {
      const value: Record<string, unknown> = {};
      const shown: Record<string, unknown> = {};
      for (const item of node.items) {
        const key = keyText(item.key);
        if (key === undefined || key === "__proto__") {
          this.#refuseAt(item.key?.range?.[0] ?? 0, path, "a key must be plain text");
          continue;
        }
        const converted = this.#convert(item.value, [...path, key], depth + 1);
        value[key] = converted.value;
        shown[key] = converted.shown;
      }
      return { value, shown };
    }
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#convert(item, [...path, index], depth + 1));
      return { value: items.map(({ value }) => value), shown: items.map(({ shown }) => shown) };
    }
    return isScalar(node) ? this.#scalar(node.value, node.source, path) : nothing;
  }

  #scalar(value: unknown, source: string | undefined, path: Path): Converted {
    if (typeof value === "number" && !(Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")))
      return { value: source, shown: source };
    // A key with nothing behind it is one that was left out.
    if (value === null) return nothing;
    if (typeof value !== "string" || !value.includes("${")) return { value, shown: value };
    const result = substitute(value, this.#references);
    const text = result.kind === "text" ? result.text : hiddenValue;
    this.#substituted.set(formatPath(path), text);
    if (result.kind === "text") return { value: text, shown: hiddenValue };
    for (const message of result.problems) this.refuse(path, message);
    // Stands in for what is missing, so that everything else is still checked.
    return { value: text, shown: hiddenValue };
  }
}

interface Converted {
  readonly value: unknown;
  readonly shown: unknown;
}

const nothing: Converted = { value: undefined, shown: undefined };

function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === "string" ? key.value : key.source;
}
