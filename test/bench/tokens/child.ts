import { createRequire } from "node:module";
import { VocabularyCounter } from "../../../src/tokens/counters/vocabulary-counter.ts";
import { pathologies, type TextKind, textOf } from "./texts.ts";

/** What the parent asks this process, which holds one library alone. */
export type Task =
  | { readonly kind: "load"; readonly library: string; readonly vocabulary: Vocabulary }
  | { readonly kind: "time"; readonly text: TextKind; readonly bytes: number; readonly milliseconds: number }
  | { readonly kind: "stream"; readonly text: TextKind; readonly bytes: number }
  | { readonly kind: "pathology"; readonly name: string; readonly length: number };

/**
 * CPU time of the task, all threads of the process together (collecting garbage is part of a library's cost), per text counted for `time`; the
 * tokens counted, so that the parent can compare. Others' load leaves CPU time alone, but for the caches they share.
 */
export interface Answer {
  readonly milliseconds: number;
  readonly tokens: number;
  readonly rssMiB: number;
}

type Vocabulary = "o200k_base" | "cl100k_base";
type Count = (text: string) => number;

const load = createRequire(import.meta.url);

const libraries: Readonly<Record<string, (vocabulary: Vocabulary) => Promise<Count>>> = {
  async tollgate(vocabulary) {
    const counter = new VocabularyCounter(vocabulary);
    // As a gateway counts: one tenant's texts, whose memo is warm, as the caches of the others are.
    return (text) => counter.count(text, "tenant");
  },
  async "js-tiktoken"(vocabulary) {
    const { Tiktoken } = load("js-tiktoken/lite");
    const tokenizer = new Tiktoken(load(`js-tiktoken/ranks/${vocabulary}`));
    return (text) => tokenizer.encode(text, [], []).length;
  },
  async tiktoken(vocabulary) {
    const tokenizer = load("tiktoken").get_encoding(vocabulary);
    return (text) => tokenizer.encode_ordinary(text).length;
  },
  async "gpt-tokenizer"(vocabulary) {
    const { countTokens } = await import(`gpt-tokenizer/encoding/${vocabulary}`);
    const options = { disallowedSpecial: new Set() };
    return (text) => countTokens(text, options);
  },
};

let count: Count = () => 0;

async function run(task: Task): Promise<Answer> {
  const rss = process.memoryUsage().rss;
  const start = cpuMilliseconds();
  switch (task.kind) {
    case "load": {
      count = await libraries[task.library]!(task.vocabulary);
      const tokens = count("hello world");
      const milliseconds = cpuMilliseconds() - start;
      return { milliseconds, tokens, rssMiB: (process.memoryUsage().rss - rss) / 2 ** 20 };
    }
    case "time":
      return { ...timed(slicesOf(task.text, task.bytes), task.milliseconds), rssMiB: 0 };
    case "stream": {
      const deltas = textOf(task.text, task.bytes).match(/.{1,5}/gsu) ?? [];
      const counter = new VocabularyCounter("o200k_base");
      // Warm, as a gateway is: vocabulary loaded, code compiled, this tenant's words known.
      const earlier = counter.stream("tenant");
      for (const delta of deltas) earlier.push(delta);
      const stream = counter.stream("tenant");
      const begin = cpuMilliseconds();
      for (const delta of deltas) stream.push(delta);
      const tokens = stream.total();
      return { milliseconds: (cpuMilliseconds() - begin) / deltas.length, tokens, rssMiB: 0 };
    }
    case "pathology": {
      const text = Buffer.from(pathologies[task.name]!(task.length)).toString("utf8");
      const begin = cpuMilliseconds();
      const tokens = count(text);
      return { milliseconds: cpuMilliseconds() - begin, tokens, rssMiB: 0 };
    }
  }
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Counts different slices in turn for about so long; the mean time of one. */
function timed(slices: readonly string[], milliseconds: number): { milliseconds: number; tokens: number } {
  const batch = Math.max(1, Math.floor(20_000 / slices[0]!.length));
  const start = cpuMilliseconds();
  let done = 0;
  do {
    for (let i = 0; i < batch; i++) count(slices[done++ % slices.length]!);
  } while (cpuMilliseconds() - start < milliseconds);
  const each = (cpuMilliseconds() - start) / done;
  return { milliseconds: each, tokens: slices.slice(0, 20).reduce((sum, text) => sum + count(text), 0) };
}

const cache = new Map<string, readonly string[]>();

/** Up to 4000 slices spread over 1.2 MB: one text repeated would be learnt by caches and predictors. */
function slicesOf(kind: TextKind, bytes: number): readonly string[] {
  const key = `${kind} ${bytes}`;
  const known = cache.get(key);
  if (known) return known;
  const text = Buffer.from(textOf(kind, 1_200_000));
  const wanted = Math.min(4000, Math.max(1, Math.floor(text.length / bytes)));
  const stride = Math.floor((text.length - bytes) / wanted);
  const slices = Array.from({ length: wanted }, (_, i) =>
    text.toString("utf8", i * stride, i * stride + bytes),
  );
  cache.set(key, slices);
  return slices;
}

process.on("message", async (task: Task) => process.send!(await run(task)));
