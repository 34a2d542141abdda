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
