import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/core/asset.ts";

const begin = "<!-- generated: npm run build:docs -->\n";
const end = "<!-- end of generated part -->";

/** Asserts that the generated part of a document equals `text`. With UPDATE=1 (`npm run build:docs`), writes it instead. */
export function assertGenerated(path: string, text: string): void {
  const file = join(packageRoot, path);
  const document = readFileSync(file, "utf8");
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  assert.ok(from >= 0 && to > from, `${path} has no generated part`);
  const expected = `${document.slice(0, from)}${begin}\n${text.trim()}\n\n${document.slice(to)}`;
  if (process.env.UPDATE === "1") writeFileSync(file, expected);
  else assert.equal(document, expected, `${path} is not up to date: npm run build:docs`);
}

/** Asserts that a JSON file, formatted by Biome, holds `value`. With UPDATE=1 (`npm run build:docs`), writes it instead. */
export function assertGeneratedJson(path: string, value: unknown): void {
  const file = join(packageRoot, path);
  if (process.env.UPDATE === "1") {
    writeFileSync(file, JSON.stringify(value));
    execFileSync(process.execPath, [
      join(packageRoot, "node_modules/@biomejs/biome/bin/biome"),
      "format",
      "--write",
      file,
    ]);
  } else {
    const written = JSON.stringify(JSON.parse(readFileSync(file, "utf8")));
    assert.equal(written, JSON.stringify(value), `${path} is not up to date: npm run build:docs`);
  }
}

/** A Markdown table. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(titles), `|${"---|".repeat(titles.length)}`, ...rows.map(line)].join("\n");
}

/** Text as code, e.g. a name; empty text stays empty. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
