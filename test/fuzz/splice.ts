import assert from "node:assert/strict";
import { GatewayError } from "../../src/core/errors.ts";
import type { Dialect, Operation, RequestFacts } from "../../src/dialect/dialect.ts";
import { dialects } from "../../src/dialect/index.ts";
import { Random } from "../support/core/random.ts";
import type { FuzzOptions } from "./http2.ts";
import { mutated } from "./json.ts";

/** One way to ask a dialect for something, with a request that it takes. */
interface Subject {
  readonly path: string;
  readonly body: object;
  /** The field that carries the output cap, where there is one. */
  readonly cap?: string;
}

const messages = [{ role: "user", content: 'hi "there" é\n' }];
const tool = { name: "t", description: "d", parameters: { type: "object", properties: { a: {} } } };

const subjects: readonly Subject[] = [
  {
    path: "/v1/chat/completions",
    body: {
      model: "m",
      messages,
      max_tokens: 5,
      stream: true,
      n: 1,
      tools: [{ type: "function", function: tool }],
    },
    cap: "max_tokens",
  },
  { path: "/v1/chat/completions", body: { messages, model: "m", stop: ["a"] }, cap: "max_completion_tokens" },
  {
    path: "/v1/messages",
    body: { model: "m", max_tokens: 9, messages, system: "s", stream: false },
    cap: "max_tokens",
  },
  {
    path: "/v1/responses",
    body: { model: "m", input: "hi", max_output_tokens: 7, stream: true },
    cap: "max_output_tokens",
  },
  { path: "/v1/completions", body: { model: "m", prompt: "hi", max_tokens: 3 }, cap: "max_tokens" },
  { path: "/v1/embeddings", body: { model: "m", input: ["a", "b"] } },
];

const edits = { model: 'other/"model"', outputCap: 3, outputCapField: "" };
/** What a splice may write besides the model and the cap. */
const ownMembers = [
  "model",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "stream",
];

/**
 * Mutates requests, and compares what `inspect` and `splice` make of their bytes with `JSON.parse`: what that refuses is refused; what is taken
 * has the model, stream and number of messages that it reads; and a spliced body says what it said before, but for the model and the cap.
 */
export function fuzzSplice({ seed, runs }: FuzzOptions): { readonly taken: number } {
  const random = new Random(seed);
  let taken = 0;
  for (let run = 0; run < runs; run++) {
    const subject = random.pick(subjects);
    const { dialect, operation } = dialectAt(subject.path);
    const text = mutated(JSON.stringify(subject.body, undefined, random.once(3) ? 1 : undefined), random);
    const body = Buffer.from(text);
    if (body.toString() !== text) continue;
    const facts = inspected(dialect, body, operation);
    if (facts === undefined) continue;
    taken += 1;
    compare(subject, dialect, body, facts, `run ${run}: ${text}`);
  }
  return { taken };
}

function compare(subject: Subject, dialect: Dialect, body: Buffer, facts: RequestFacts, what: string): void {
  const read = objectIn(body, what);
  assert.equal(facts.model, read.model ?? "", what);
  assert.equal(facts.stream, read.stream === true, what);
  // A request without a model is refused before anything is written.
  if (facts.model === "") return;
  if (Array.isArray(read.messages)) assert.equal(facts.messages, read.messages.length, what);
  const wanted = {
    ...edits,
    outputCap: subject.cap === undefined ? undefined : edits.outputCap,
    outputCapField: subject.cap ?? "",
  };
  const before = Buffer.from(body);
  const written = objectIn(dialect.splice(body, facts, wanted), what);
  assert.ok(body.equals(before), "splice does not write into the body it is given");
  assert.equal(written.model, edits.model, what);
  if (subject.cap !== undefined) assert.equal(written[subject.cap], edits.outputCap, what);
  assert.deepEqual(without(written), without(read), what);
}

function dialectAt(path: string): { readonly dialect: Dialect; readonly operation: Operation } {
  for (const dialect of dialects) {
    const operation = dialect.match("POST", path);
    if (operation !== undefined) return { dialect, operation };
  }
  throw new Error(`no dialect has ${path}`);
}

/** Undefined where the body is refused, which must be by a GatewayError. */
function inspected(dialect: Dialect, body: Buffer, operation: Operation): RequestFacts | undefined {
  try {
    return dialect.inspect(body, operation);
  } catch (error) {
    assert.ok(error instanceof GatewayError, `${body}: ${error}`);
    return undefined;
  }
}

function objectIn(body: Buffer, what: string): Record<string, unknown> {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    assert.fail(`${what}: what is taken, or written, is JSON (${error})\n${body}`);
  }
}

function without(request: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !ownMembers.includes(name)));
}
