import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { formatPath, type Path, type Problem } from "./problem.ts";
import { type References, substitute } from "./references.ts";
import { isSecretKey } from "./secret-key.ts";
import { unquotedReferences } from "./unquoted-references.ts";

const nodesMax = 500_000;
const depthMax = 32;
/** Enough to mend for one time. */
const problemsMax = 1_000;

/** Stands in for a secret that is not there and not needed: it passes for one of any kind. */
const absentSecret = "a-secret-that-is-not-there-on-this-machine";

/** Shortest text from a reference that is hidden in messages. */
const hiddenLengthMin = 4;

/** Stands in for a secret wherever config is shown. */
export const hiddenValue = "***";

/**
 * One YAML 1.2 file as plain data that knows where everything in it was written. A whole number written as such (`42`) is a number and
 * `true` a boolean; everything else (`0042`, `0x2a`, `1.50`, `True`) is the text it was written as, so that no name turns into another and
 * money never passes through a float. `${env:X}` and `${file:X}` are replaced.
 */
export class YamlFile {
  readonly name: string;
  readonly value: unknown;
  /** The same data with everything that came from a reference as {@link hiddenValue}. */
  readonly shown: unknown;
  /** False when the text is not YAML at all: `value` is undefined then. */
  readonly readable: boolean;
  readonly problems: Problem[] = [];
  /** Entries that are valid but may not do what their author meant. */
  readonly warnings: Problem[] = [];
  /** Secrets that are not there, with their places; as many as were not needed. */
  readonly absentSecrets: string[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #references: References;
  readonly #substituted = new Map<string, string>();
  readonly #refused = new Set<string>();
  /** Paths of booleans in other letters than `true` and `false`, whose value here is their text. */
  readonly #booleans = new Map<string, boolean>();
  /** The node of each anchor as of the last node that was read, and what each alias stands for. */
  readonly #anchors = new Map<string, Node>();
  readonly #aliased = new Map<Alias, Node>();
  #nodes = 0;
  /** An alias re-reads its anchored value, whose anchors have been seen. */
  #inAlias = false;

  constructor(name: string, text: string, references: References) {
    this.name = name;
    this.#references = references;
    // Keys that are the same are found here, where 1 and "1" are.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    this.readable = this.#noteSyntax(text);
    const converted = this.readable ? this.#convert(this.#document.contents, [], 0) : nothing;
    this.value = converted.value;
    this.shown = converted.shown;
  }

  /** Notes a problem with the value at `path`, or with the key itself; what is not in the file is shown at the nearest thing around it. */
  refuse(path: Path, message: string, part: "key" | "value" = "value"): void {
    this.#refuseAt(this.#offsetOf(path, part), path, message);
  }

  /** Notes an entry that is valid but may not do what its author meant. */
  warn(path: Path, message: string): void {
    if (this.warnings.length < problemsMax)
      this.warnings.push(this.#problem(this.#offsetOf(path, "value"), path, message));
  }

  /** True if the value at `path` holds anything that came from `${env:…}` or `${file:…}`. */
  isReference(path: Path): boolean {
    return this.#substituted.has(formatPath(path));
  }

  /** True if a problem with exactly this value has been noted. */
  hasProblem(path: Path): boolean {
    return this.#refused.has(formatPath(path));
  }

  /** Notes what the parser has to say; false when the text is no YAML that can be read. */
  #noteSyntax(text: string): boolean {
    const { errors, warnings, directives } = this.#document;
    const unquoted = errors.length === 0 ? [] : unquotedReferences(text, problemsMax);
    for (const offset of unquoted)
      this.#refuseAt(
        offset,
        [],
        `put the reference in quotes, as in "\${env:NAME}": inside { } and [ ] YAML reads its braces itself`,
      );
    if (unquoted.length > 0) return false;
    for (const { message, pos, code } of [...errors, ...warnings])
      this.#refuseAt(
        pos[0],
        [],
        code === "MULTIPLE_DOCS" ? "a second document begins here: one file is one document" : message,
      );
    if (directives?.yaml.explicit !== true || directives.yaml.version === "1.2") return errors.length === 0;
    this.#refuseAt(
      0,
      [],
      `this file is read as YAML 1.2, where yes, on and 010 are text: leave %YAML ${directives.yaml.version} out`,
    );
    return false;
  }

  /** The meaning of a boolean written as `True` or `FALSE` at this path. Undefined for anything else. */
  booleanAt(path: Path): boolean | undefined {
    return this.#booleans.get(formatPath(path));
  }

  #refuseAt(offset: number, at: Path, message: string): void {
    this.#refused.add(formatPath(at));
    if (this.problems.length < problemsMax) this.problems.push(this.#problem(offset, at, message));
  }

  #problem(offset: number, at: Path, message: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.name,
      path: formatPath(at),
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      message: this.#hide(message),
    };
  }

  /** A message without anything that came from a reference: most of that is secret. */
  #hide(message: string): string {
    let hidden = message;
    // A text this short is no secret, and is in every word.
    for (const text of this.#substituted.values())
      if (text.length >= hiddenLengthMin) hidden = hidden.replaceAll(text, hiddenValue);
    return hidden;
  }

  #offsetOf(path: Path, part: "key" | "value"): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = this.#aliased.get(node) ?? null;
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
    if (this.#nodes > nodesMax || depth > depthMax) {
      if (this.#nodes !== Number.POSITIVE_INFINITY)
        this.refuse(path, `the file has more than ${nodesMax} values or ${depthMax} levels`);
      this.#nodes = Number.POSITIVE_INFINITY;
      return nothing;
    }
    if (isAlias(node)) return this.#convertAlias(node, path, depth);
    if (!this.#inAlias && (isCollection(node) || isScalar(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    if (isMap<Node, Node | null>(node)) return this.#convertMap(node, path, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#convert(item, [...path, index], depth + 1));
      return { value: items.map(({ value }) => value), shown: items.map(({ shown }) => shown) };
    }
    return isScalar(node) ? this.#scalar(node.value, node.source, path) : nothing;
  }

  /** An alias stands for the last node before it with its name. Looked up here: the parser's own way looks through the whole file each time. */
  #convertAlias(alias: Alias, path: Path, depth: number): Converted {
    const node = this.#aliased.get(alias) ?? this.#anchors.get(alias.source);
    if (node === undefined) {
      this.#refuseAt(alias.range?.[0] ?? 0, path, `nothing before this is called &${alias.source}`);
      return nothing;
    }
    this.#aliased.set(alias, node);
    const outer = this.#inAlias;
    this.#inAlias = true;
    const converted = this.#convert(node, path, depth + 1);
    this.#inAlias = outer;
    return converted;
  }

  #convertMap(map: YAMLMap<Node, Node | null>, path: Path, depth: number): Converted {
    const value: Record<string, unknown> = {};
    const shown: Record<string, unknown> = {};
    for (const item of map.items) {
      const key = keyText(item.key);
      const refuse = (message: string) => this.#refuseAt(item.key?.range?.[0] ?? 0, path, message);
      if (key === undefined || key === "__proto__") refuse("a key must be plain text");
      else if (key === "<<") refuse("merge keys (<<) are not supported: write out their content");
      else if (Object.hasOwn(value, key)) refuse("the same key is written twice here");
      else {
        const converted = this.#convert(item.value, [...path, key], depth + 1);
        value[key] = converted.value;
        shown[key] = converted.shown;
      }
    }
    return { value, shown };
  }

  #scalar(value: unknown, source: string | undefined, path: Path): Converted {
    if (typeof value === "number" && !(Number.isSafeInteger(value) && String(value) === source))
      return { value: source, shown: source };
    if (typeof value === "boolean" && String(value) !== source) {
      this.#booleans.set(formatPath(path), value);
      return { value: source, shown: source };
    }
    // A key with nothing behind it is one that was left out.
    if (value === null) return nothing;
    if (typeof value !== "string" || !value.includes("${")) return { value, shown: value };
    const result = substitute(value, this.#references);
    const text = result.kind === "text" ? result.text : hiddenValue;
    this.#substituted.set(formatPath(path), text);
    if (result.kind === "text") return { value: text, shown: hiddenValue };
    if (result.absent && !this.#needs(path)) {
      for (const problem of result.problems) this.absentSecrets.push(`${formatPath(path)}: ${problem}`);
      return { value: absentSecret, shown: hiddenValue };
    }
    for (const message of result.problems) this.refuse(path, message);
    // Stands in for what is missing, so that everything else is still checked.
    return { value: text, shown: hiddenValue };
  }

  /** True if the value at this path is required. */
  #needs(path: Path): boolean {
    const { needed } = this.#references;
    if (needed === "all" || !isSecretKey(path.at(-1))) return true;
    return needed.some((section) => section === path[0]);
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
