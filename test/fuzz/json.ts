import assert from "node:assert/strict";
import { GatewayError } from "../../src/core/errors.ts";
import { JsonScan } from "../../src/core/json-scan.ts";
import { Random } from "../support/core/random.ts";
import type { FuzzOptions } from "./http2.ts";

/** Scans mutated JSON; what `JSON.parse` refuses must be refused, and what it takes must be taken. Nesting stays within the scanner's bound. */
export function fuzzJson({ seed, runs }: FuzzOptions): void {
  const random = new Random(seed);
  for (let run = 0; run < runs; run++) {
    const text = mutated(value(random, 4), random);
    const bytes = Buffer.from(text);
    // Half of a surrogate pair has no bytes, and is refused where it is escaped.
    if (bytes.toString() !== text || hasHalfPair(text)) continue;
    assert.equal(scans(bytes), parses(text), `run ${run}: ${JSON.stringify(text)}`);
  }
}

function hasHalfPair(text: string): boolean {
  const escapes = text.replace(/\\\\/g, "");
  return /\\ud[89a-f]/i.test(escapes.replace(/\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}/gi, ""));
}

function scans(bytes: Buffer): boolean {
  try {
    const scan = new JsonScan(bytes);
    scan.skip();
    scan.finish();
    return true;
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const scalars = [
  "0",
  "-1.5e-7",
  "1E+9",
  "true",
  "false",
  "null",
  '""',
  '"\\u00e9\\ud83d\\ude00"',
  '"日本"',
] as const;

function value(random: Random, depth: number): string {
  if (depth === 0 || random.once(3)) return random.pick(scalars);
  const items = Array.from({ length: random.below(4) }, () => value(random, depth - 1));
  if (random.once(2)) return `[${items.join(",")}]`;
  return `{${items.map((item, n) => `"${random.pick(["model", "a\\n", "é", ""])}${n}": ${item}`).join(" ,")}}`;
}

const intruders = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "\\u12",
  "\0",
  "\x1f",
  "\ufeff",
  "\u2028",
  "-",
  "0",
  ".",
  "e",
  "tru",
  " ",
  "\t",
  "//",
  "'",
] as const;

/** Cuts, doubles, or adds at up to three places; one text in four stays whole. */
export function mutated(text: string, random: Random): string {
  let out = text;
  for (let left = random.below(4); left > 0; left--) {
    const at = random.below(out.length + 1);
    const kind = random.below(3);
    if (kind === 0) out = out.slice(0, at) + random.pick(intruders) + out.slice(at);
    else if (kind === 1) out = out.slice(0, at) + out.slice(at + 1 + random.below(3));
    else out = out.slice(0, at) + out.slice(Math.max(0, at - 1 - random.below(5)));
  }
  return out;
}
