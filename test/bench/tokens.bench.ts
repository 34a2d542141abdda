// npm run bench:tokens: our counter against the libraries that people use, each in a process of its own, in rounds.
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assetPath } from "../../src/core/asset.ts";
import type { Answer, Task } from "./tokens/child.ts";
import { pathologies, type TextKind } from "./tokens/texts.ts";

const libraries = ["tollgate", "js-tiktoken", "tiktoken", "gpt-tokenizer"];
const rounds = 7;
const children = new Map<string, ChildProcess>();
const lines: string[] = [];

/** Starts a fresh process for the library, in place of the one before. */
async function start(library: string, vocabulary: "o200k_base" | "cl100k_base"): Promise<Answer> {
  children.get(library)?.kill();
  const child = fork(fileURLToPath(new URL("tokens/child.js", import.meta.url)));
  children.set(library, child);
  return ask(library, { kind: "load", library, vocabulary });
}

function ask(library: string, task: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = children.get(library)!;
    const ended = () => reject(new Error(`${library} ended`));
    child.once("exit", ended);
    child.once("message", (answer: Answer) => {
      child.off("exit", ended);
      resolve(answer);
    });
    child.send(task);
  });
}

async function speed(vocabulary: "o200k_base" | "cl100k_base", sizes: readonly number[]): Promise<void> {
  say(`\n## Speed, ${vocabulary}: best of ${rounds} rounds\n`);
  say(
    "| text | bytes | library | one text | MB/s | times as fast as js-tiktoken |\n|---|---|---|---|---|---|",
  );
  for (const text of ["en", "code", "zh"] as const satisfies TextKind[]) {
    for (const bytes of sizes) {
      const times = new Map<string, number[]>();
      const tokens = new Set<number>();
      for (let round = -1; round < rounds; round++) {
        for (const library of libraries) {
          const milliseconds = round < 0 ? 400 : 60;
          const answer = await ask(library, { kind: "time", text, bytes, milliseconds });
          if (library !== "js-tiktoken") tokens.add(answer.tokens);
          if (round >= 0) times.set(library, [...(times.get(library) ?? []), answer.milliseconds]);
        }
      }
      const base = Math.min(...times.get("js-tiktoken")!);
      for (const library of libraries) {
        const time = Math.min(...times.get(library)!);
        const rate = (bytes / time / 1000).toFixed(1);
        say(`| ${text} | ${bytes} | ${library} | ${micro(time)} | ${rate} | ${(base / time).toFixed(1)} |`);
      }
      if (tokens.size > 1) say(`\ncounts differ: ${[...tokens].join(", ")}\n`);
    }
  }
}

async function loading(vocabulary: "o200k_base" | "cl100k_base"): Promise<void> {
  say(`\n## Load and first count, ${vocabulary}: best of 5 fresh processes\n`);
  say("| library | ms | RSS growth MiB |\n|---|---|---|");
  for (const library of libraries) {
    const answers: Answer[] = [];
    for (let i = 0; i < 5; i++) answers.push(await start(library, vocabulary));
    const least = (values: readonly number[]): string => Math.min(...values).toFixed(0);
    const time = least(answers.map((answer) => answer.milliseconds));
    say(`| ${library} | ${time} | ${least(answers.map((answer) => answer.rssMiB))} |`);
  }
}

async function pathological(): Promise<void> {
  say("\n## Pathological inputs, tollgate, o200k_base: best of 5\n");
  say("| input | 100,000 units, ms | 1,000,000 units, ms | ratio |\n|---|---|---|---|");
  for (const name of Object.keys(pathologies)) {
    const best: number[] = [];
    for (const length of [100_000, 1_000_000]) {
      const times: number[] = [];
      for (let i = 0; i < 5; i++)
        times.push((await ask("tollgate", { kind: "pathology", name, length })).milliseconds);
      best.push(Math.min(...times));
    }
    const [small = 0, large = 0] = best;
    say(`| ${name} | ${small.toFixed(2)} | ${large.toFixed(1)} | ${(large / small).toFixed(1)} |`);
  }
}

async function streams(): Promise<void> {
  say("\n## A streamed delta of five characters, tollgate, o200k_base: best of 5\n");
  say("| text | one delta |");
  say("|---|---|");
  for (const text of ["en", "code", "zh"] as const) {
    const times: number[] = [];
    for (let i = 0; i < 5; i++)
      times.push((await ask("tollgate", { kind: "stream", text, bytes: 1_000_000 })).milliseconds);
    say(`| ${text} | ${micro(Math.min(...times))} |`);
  }
}

function micro(milliseconds: number): string {
  return milliseconds < 1 ? `${(milliseconds * 1000).toFixed(2)} µs` : `${milliseconds.toFixed(2)} ms`;
}

function say(line: string): void {
  console.log(line);
  lines.push(line);
}

const quick = process.argv.includes("--quick");
const versions = libraries.slice(1).map((name) => {
  const manifest = readFileSync(assetPath(`node_modules/${name}/package.json`), "utf8");
  return `${name} ${JSON.parse(manifest).version}`;
});
say("# Counting tokens: measured");
say(`\n${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${versions.join(", ")}.`);
say(
  "\nWritten by `npm run bench:tokens`. Each library runs in its own process, in rounds, on made-up text (test/bench/tokens/texts.ts).",
);
say(
  "Times are CPU times of the whole process, on a shared machine: read the ratios. Each library runs for the same time in each round.",
);
await loading("o200k_base");
await speed("o200k_base", quick ? [10_000] : [100, 1000, 10_000, 100_000, 1_000_000]);
await pathological();
await streams();
if (!quick) {
  await loading("cl100k_base");
  await speed("cl100k_base", [10_000]);
  writeFileSync(assetPath("test/bench/results/tokens.md"), `${lines.join("\n")}\n`);
}
for (const child of children.values()) child.kill();
