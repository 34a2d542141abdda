import { type Document, isMap, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { decimalUsd, type PriceSection, priceEntry, rateOfSection } from "./price-section.ts";
import type { Rate } from "./rate.ts";

/** A mistake in a price file, where the reader finds it; lines and columns count from 1. */
export interface PriceProblem {
  readonly file: string;
  /** E.g. `prices[3].input`. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** One dated price: whose it is, from when, and where the file says so. */
export interface PriceEntry {
  /** Provider type or backend name. */
  readonly owner: string;
  /** The model's name; with `prefix`, what a name begins with. */
  readonly model: string;
  readonly prefix: boolean;
  readonly fromMs: number;
  readonly rate: Rate;
  readonly source: string | undefined;
  readonly line: number;
}

/** The treatment of a model without a price: refused, or charged at a ceiling. Undefined if the file does not say. */
export type UnknownModel = { readonly kind: "refuse" } | { readonly kind: "ceiling"; readonly rate: Rate };

/** A price file (prices.v1), checked. */
export interface PriceFile {
  /** As records and reports call it: `builtin`, or the path as configured. */
  readonly name: string;
  readonly unknownModel: UnknownModel | undefined;
  readonly entries: readonly PriceEntry[];
}

/** A price file as read: whole, or what is wrong with it. */
export type ParsedPrices =
  | { readonly kind: "file"; readonly file: PriceFile }
  | { readonly kind: "problems"; readonly problems: readonly PriceProblem[] };

const entriesMax = 20_000;

const schema = z.strictObject({
  version: z.literal("1", { error: "must be 1" }),
  unknownModel: z
    .union([z.literal("refuse"), z.strictObject({ input: decimalUsd, output: decimalUsd })], {
      error: "must be refuse, or { input, output }",
    })
    .optional(),
  prices: z.array(priceEntry).max(entriesMax),
});

/**
 * Reads a price file; all its mistakes at once. Every YAML scalar stays the text that was written ("failsafe" schema), so no price is
 * ever a floating-point number.
 */
export function parsePrices(text: string, name: string): ParsedPrices {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return problemsOf(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { file: name, path: "", line, column: col, message: error.message };
      }),
    );
  return check(document.toJS(), name, (path) => lines.linePos(offsetOf(document, path)));
}

/**
 * Reads a price file that was turned into JSON ahead: what YAML has in it, and in `lines` the line of each of its `prices`. Parsing
 * YAML would be most of what a start takes.
 */
export function parsePricesJson(text: string, name: string): ParsedPrices {
  const { lines, ...data } = JSON.parse(text) as { readonly lines: readonly number[] };
  return check(data, name, ([, index]) => ({ line: lines[Number(index)] ?? 0, col: 1 }));
}

/** Finds where a value is written; lines and columns count from 1. */
type Locate = (path: readonly PropertyKey[]) => { readonly line: number; readonly col: number };

function check(data: unknown, name: string, locate: Locate): ParsedPrices {
  const problemAt = (path: readonly PropertyKey[], message: string): PriceProblem => {
    const { line, col } = locate(path);
    return { file: name, path: pathText(path), line, column: col, message };
  };
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    return problemsOf(
      parsed.error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => problemAt([...issue.path, key], "is not a known key"))
          : [problemAt(issue.path, issue.message)],
      ),
    );
  return compile(parsed.data, name, problemAt);
}

function compile(
  data: z.output<typeof schema>,
  name: string,
  problemAt: (path: readonly PropertyKey[], message: string) => PriceProblem,
): ParsedPrices {
  const problems: PriceProblem[] = [];
  const seen = new Set<string>();
  const entries: PriceEntry[] = [];
  for (const [index, { model, from, source, ...section }] of data.prices.entries()) {
    const at = ["prices", index] as const;
    const { line } = problemAt(at, "");
    for (const pattern of typeof model === "string" ? [model] : model) {
      const id = `${pattern}@${from}`;
      if (seen.has(id))
        problems.push(problemAt([...at, "from"], `${pattern} has a price from ${from} already`));
      seen.add(id);
      const rate = rateOrProblem(section, `${name}:${id}`);
      if (typeof rate === "string") problems.push(problemAt(at, rate));
      else entries.push({ ...parsePattern(pattern), fromMs: Date.parse(from), rate, source, line });
    }
  }
  if (problems.length > 0) return problemsOf(problems);
  return { kind: "file", file: { name, unknownModel: unknownModelOf(data.unknownModel, name), entries } };
}

function rateOrProblem(section: PriceSection, version: string): Rate | string {
  try {
    const rate = rateOfSection(section, version);
    return ascending(rate) ? rate : "has tiers that are not in ascending order";
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function parsePattern(pattern: string): Pick<PriceEntry, "owner" | "model" | "prefix"> {
  const slash = pattern.indexOf("/");
  const prefix = pattern.endsWith("*");
  return { owner: pattern.slice(0, slash), model: pattern.slice(slash + 1, prefix ? -1 : undefined), prefix };
}

function problemsOf(problems: readonly PriceProblem[]): ParsedPrices {
  return { kind: "problems", problems };
}

function unknownModelOf(
  section: z.output<typeof schema>["unknownModel"],
  name: string,
): UnknownModel | undefined {
  if (section === undefined) return undefined;
  if (section === "refuse") return { kind: "refuse" };
  return { kind: "ceiling", rate: rateOfSection({ ...section, per: undefined }, `${name}:unknownModel`) };
}

function ascending(rate: Rate): boolean {
  return [rate, ...(rate.services?.values() ?? [])].every((each) =>
    each.tiers.every((tier, at) => tier.aboveInputTokens > (each.tiers[at - 1]?.aboveInputTokens ?? -1)),
  );
}

/** Where the node of a path begins; a path that is not there (a missing key) is found at what should have it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => String(item.key) === last);
      if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}
