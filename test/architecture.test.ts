import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../src/core/asset.ts";

/** Rooms from left to right; a room knows only rooms to its left, and none of its own step. */
const steps: readonly (readonly string[])[] = [
  ["core"],
  ["edge", "tokens", "usage"],
  ["price"],
  ["ledger", "dialect"],
  ["provider", "identity"],
  ["contract"],
  ["condition"],
  ["plan"],
  ["policy", "validation"],
  ["route"],
  ["config"],
  ["exchange"],
  ["extproc", "accesslog", "xds", "admin"],
  ["gateway"],
  ["cli"],
  ["main"],
];
/** The folders of `exchange`, in the same order; the files beside them join all of them. */
const exchangeFolders: readonly string[] = ["state", "open", "admit", "attempt", "answer", "settle"];
const src = join(packageRoot, "src");
const linesMax = 400;
const medianLinesMax = 120;

describe("the rooms of src", () => {
  it("import from rooms to their left only; fake from core alone", () => {
    const wrong: string[] = [];
    for (const file of sourceFiles()) {
      for (const imported of importsOf(file)) {
        const [from, to] = [roomOf(file), roomOf(imported)];
        if (from !== to && !mayImport(from, to))
          wrong.push(`${relative(src, file)} imports ${relative(src, imported)}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("import in no circle, types included", () => {
    assert.deepEqual(circles(), []);
  });

  it("have the phases of an exchange in folders that import from those to their left only", () => {
    const wrong: string[] = [];
    for (const file of sourceFiles(join(src, "exchange")))
      for (const imported of importsOf(file).filter((one) => roomOf(one) === "exchange")) {
        const [from, to] = [phaseOf(file), phaseOf(imported)];
        if (from !== to && from < to) wrong.push(`${relative(src, file)} imports ${relative(src, imported)}`);
      }
    assert.deepEqual(wrong, []);
    assert.ok(exchangeFolders.every((name) => sourceFiles(join(src, "exchange", name)).length > 0));
  });

  it("keep Envoy's flags, details and headers, and vendors' headers and models out of exchange", () => {
    const foreign =
      /"(?:DC|DR|DPE|DF|UF|UH|UC|UR|UT|UO|UPE|SI|DT|UMSDR)"|x-envoy-|via_upstream|code_?details|upstream_reset_before|no_healthy_upstream|anthropic-|x-goog-|x-amzn?-|x-api-key|gpt-|claude-|gemini-/i;
    const wrong = sourceFiles(join(src, "exchange")).filter((file) =>
      foreign.test(withoutComments(readFileSync(file, "utf8"))),
    );
    assert.deepEqual(
      wrong.map((file) => relative(src, file)),
      [],
    );
  });

  it("are all known to this test", () => {
    const known = new Set([...steps.flat(), "fake"]);
    assert.deepEqual(
      [...new Set(sourceFiles().map(roomOf))].filter((room) => !known.has(room)),
      [],
    );
  });

  it("keep to files a reader can hold", () => {
    const sizes = sourceFiles().map(
      (file) => [relative(src, file), readFileSync(file, "utf8").split("\n").length - 1] as const,
    );
    assert.deepEqual(
      sizes.filter(([, lines]) => lines > linesMax),
      [],
    );
    const sorted = sizes.map(([, lines]) => lines).sort((left, right) => left - right);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    assert.ok(median <= medianLinesMax, `the median file has ${median} lines`);
  });

  it("make no arguments of the items of a list, whose number has no bound: appendAll(), largest() and smallest() do not", () => {
    const spread =
      /\.(push|unshift)\(\s*\.\.\.|\.splice\([^()\n]*, \.\.\.|Math\.(max|min)\((\s*|[^()\n]*, )\.\.\.|String\.from(CharCode|CodePoint)\(\s*\.\.\.|\.(push|fromCharCode)\.apply\(/;
    const wrong = sourceFiles().filter((file) => spread.test(withoutComments(readFileSync(file, "utf8"))));
    assert.deepEqual(
      wrong.map((file) => relative(src, file)),
      [],
    );
  });

  it("leave the process to main.ts", () => {
    const wrong = sourceFiles().filter(
      (file) =>
        roomOf(file) !== "main" && /\bprocess\.(argv|exit|env|on|cwd)\b/.test(readFileSync(file, "utf8")),
    );
    assert.deepEqual(
      wrong.map((file) => relative(src, file)),
      [],
    );
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

function mayImport(from: string, to: string): boolean {
  if (from === "fake") return to === "core";
  if (to === "fake") return from === "cli";
  return stepOf(to) < stepOf(from);
}

/** The place of a file of `exchange` in the order of its folders; files beside the folders come last. */
function phaseOf(file: string): number {
  const [, folder = ""] = relative(src, file).split("/");
  const place = exchangeFolders.indexOf(folder);
  return place === -1 ? exchangeFolders.length : place;
}

/** Groups of files that import one another, each file once (Tarjan's strongly connected components). */
function circles(): readonly (readonly string[])[] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const [path, isOnPath]: [string[], Set<string>] = [[], new Set()];
  const visit = (file: string): number => {
    let low = order.size;
    order.set(file, low);
    path.push(file);
    isOnPath.add(file);
    for (const imported of importsOf(file)) {
      const known = order.get(imported);
      if (known === undefined) low = Math.min(low, visit(imported));
      else if (isOnPath.has(imported)) low = Math.min(low, known);
    }
    if (low === order.get(file)) {
      const circle = path.splice(path.indexOf(file));
      for (const one of circle) isOnPath.delete(one);
      if (circle.length > 1) found.push(circle.map((one) => relative(src, one)));
    }
    return low;
  };
  for (const file of sourceFiles()) if (!order.has(file)) visit(file);
  return found;
}

function stepOf(room: string): number {
  return steps.findIndex((step) => step.includes(room));
}

function roomOf(file: string): string {
  const [first = ""] = relative(src, file).split("/");
  return first.replace(/\.ts$/, "");
}

function sourceFiles(folder = src): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, path]) => join(dirname(file), path ?? ""));
}
