import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assetPath } from "../../src/core/asset.ts";
import { type ErrorCode, errorTable, GatewayError } from "../../src/core/errors.ts";
import { headersOf } from "../../src/core/headers.ts";
import type { Dialect, Operation, RequestFacts, ResponseTransform } from "../../src/dialect/dialect.ts";
import type { MakeTextFilter } from "../../src/dialect/filter/text-filter.ts";
import { frameEventStream } from "../support/dialect/event-stream-frames.ts";
import { readAnswer } from "../support/dialect/passed-answers.ts";
import { holdAll, passAll } from "../support/dialect/word-filter.ts";

/** A request that uses all a dialect has, and what may be asked of it. */
export interface DialectSample {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Top-level members that decide, with a value each that is refused; dotted paths lead into objects. */
  readonly refused: Readonly<Record<string, readonly unknown[]>>;
  /** Where the model stands in the body; undefined: in the path. */
  readonly modelIn: "body" | "path";
  /** The dotted path of the output cap; undefined: there is none. */
  readonly cap: string | undefined;
  /** Statuses of errors that are not the table's, since the vendor's SDK would act wrongly on those. */
  readonly statuses?: Readonly<Partial<Record<ErrorCode, number>>>;
}

const goldenFolder = assetPath("test/golden/");
const divider = "\n-----\n";

/** The promises every dialect keeps. */
export function dialectConformance(dialect: Dialect, sample: DialectSample): void {
  describe(`dialect ${dialect.name}`, () => {
    describe("requests", () => requestPromises(dialect, sample));
    describe("answers", () => {
      for (const file of readdirSync(`${goldenFolder}${dialect.name}`).sort())
        answerPromises(dialect, `${goldenFolder}${dialect.name}/${file}`);
    });
    describe("errors", () => errorPromises(dialect, sample));
    if (dialect.passResponse !== undefined)
      describe("a provider's refusal", () => refusalPromises(dialect, sample));
  });
}

function requestPromises(dialect: Dialect, sample: DialectSample): void {
  const operation = dialect.match(sample.method, sample.path);
  assert.ok(operation !== undefined, "the sample's path is the dialect's");
  const inspect = (text: string | Buffer) => dialect.inspect(Buffer.from(text), operation);
  const text = JSON.stringify(sample.body);

  it("sees a key however it is escaped", () => {
    const escaped = text.replace(/"([a-z])([A-Za-z_]*)":/g, (_, first: string, rest: string) => {
      return `"\\u${first.charCodeAt(0).toString(16).padStart(4, "0")}${rest}":`;
    });
    const plain = inspect(text);
    const seen = inspect(escaped);
    assert.deepEqual(decided(seen), decided(plain));
  });

  for (const key of Object.keys(sample.refused)) {
    it(`refuses a second ${key}`, () => {
      for (const spelled of [lastOf(key), escapedKey(lastOf(key)), lastOf(key).toUpperCase()])
        assertRefused(() => inspect(withTwice(sample.body, key, spelled)), spelled);
    });
    it(`refuses ${key} of a value it cannot have`, () => {
      for (const value of sample.refused[key] ?? [])
        assertRefused(() => inspect(withRaw(sample.body, key, value)), JSON.stringify(value));
    });
  }

  it("refuses what is no JSON object, nests too deep, or is not Unicode", () => {
    const deep = `{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    for (const body of ["", "null", "[]", "1", '"a"', `${text},`, text.slice(0, -1), deep, '{"x":"\\ud800"}'])
      assertRefused(() => inspect(body), body.slice(0, 40));
    assertRefused(() => inspect(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), "bytes");
  });

  it("never fails in another way than by a refusal, whatever a field holds", () => {
    const paths = pathsOf(sample.body);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const body = structuredClone(sample.body) as Record<string, unknown>;
        setAt(body, path, value);
        try {
          const bytes = Buffer.from(JSON.stringify(body));
          dialect.splice(bytes, dialect.inspect(bytes, operation), {
            model: "other",
            outputCap: 5,
            outputCapField: lastOf(sample.cap ?? ""),
          });
        } catch (error) {
          assert.ok(error instanceof GatewayError && error.status === 400, String(error));
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it("counts only spans that lie in the body, in order", () => {
    let at = 0;
    for (const span of inspect(text).text) {
      assert.ok(span.start >= at && span.end > span.start && span.end <= Buffer.byteLength(text));
      at = span.end;
    }
  });

  splicePromises(dialect, sample, operation);
}

function splicePromises(dialect: Dialect, sample: DialectSample, operation: Operation): void {
  const cap = sample.cap === undefined ? undefined : lastOf(sample.cap);
  const splice = (text: string, model: string, outputCap: number | undefined) => {
    const body = Buffer.from(text);
    const facts = dialect.inspect(body, operation);
    return dialect.splice(body, facts, { model, outputCap, outputCapField: cap ?? "" });
  };

  it("returns the same buffer when nothing changes", () => {
    const body = Buffer.from(JSON.stringify(sample.body, null, 1));
    const facts = dialect.inspect(body, operation);
    const edits = { model: facts.model, outputCap: facts.outputCap, outputCapField: cap ?? "" };
    assert.equal(dialect.splice(body, facts, edits), body);
  });

  it("changes model and cap, takes the contract out, and leaves the rest, in any order and spacing", () => {
    const shuffled = fc.shuffledSubarray(Object.keys(sample.body), {
      minLength: Object.keys(sample.body).length,
    });
    fc.assert(
      fc.property(
        shuffled,
        fc.constantFrom("", " ", "\n\t"),
        fc.nat(20),
        fc.boolean(),
        (order, space, at, capped) => {
          const names = [...order];
          names.splice(at % (names.length + 1), 0, "contract");
          const entries = names.map((name) => [
            name,
            name === "contract" ? { workflow: "w" } : sample.body[name],
          ]);
          const text = JSON.stringify(Object.fromEntries(entries), null, space);
          const out = JSON.parse(splice(text, "other-model", capped ? 5 : undefined).toString());
          const expected = structuredClone(sample.body) as Record<string, unknown>;
          if (sample.modelIn === "body") expected.model = "other-model";
          if (sample.cap !== undefined && capped) setAt(expected, sample.cap.split("."), 5);
          assert.deepEqual(out, expected);
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });

  it("puts a cap in where the client set none", () => {
    if (sample.cap === undefined) return;
    const body = structuredClone(sample.body) as Record<string, unknown>;
    setAt(body, sample.cap.split("."), undefined);
    const out = JSON.parse(splice(JSON.stringify(body), "m", 77).toString());
    assert.equal(
      sample.cap.split(".").reduce((value, name) => value[name], out),
      77,
    );
  });
}

function answerPromises(dialect: Dialect, file: string): void {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const [head = "", answer = "", expected = ""] = readFileSync(file, "utf8").split(divider);
  const { path, request, status, contentType } = JSON.parse(head);
  const operation = dialect.match("POST", path);
  assert.ok(operation !== undefined, `${name}: the path is the dialect's`);
  const facts = dialect.inspect(Buffer.from(JSON.stringify(request)), operation);
  const binary = contentType.includes("amazon.eventstream");
  const bytes = binary ? frameEventStream(answer) : Buffer.from(answer);
  const run = (pieces: readonly Buffer[]) => passed(dialect, facts, { status, contentType }, pieces);

  it(`${name}: gives the client, and tells of it, what the file says`, () => {
    const seen = run([bytes]);
    const told = JSON.stringify(
      {
        ...seen,
        client: seen.client.equals(bytes) ? "same bytes" : seen.client.toString(binary ? "base64" : "utf8"),
      },
      null,
      2,
    );
    if (process.env.UPDATE === "1") writeFileSync(file, [head, answer, `${told}\n`].join(divider));
    else assert.deepEqual(JSON.parse(told), JSON.parse(expected));
  });

  it(`${name}: is the same wherever it is cut`, () => {
    const whole = run([bytes]);
    for (let at = 1; at < bytes.length; at += 1)
      assert.deepEqual(run([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
    const alone = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.deepEqual(run([...alone, Buffer.alloc(0)]), whole, "every byte alone");
    assert.deepEqual(run([bytes, Buffer.alloc(0)]), whole, "an empty piece at the end");
  });

  it(`${name}: keeps its bytes where a filter changes nothing, and says the same where one holds all of it back`, () => {
    const read = (body: Buffer, filter?: MakeTextFilter) =>
      readAnswer(
        (onText) => {
          const headers = headersOf({ "content-type": contentType });
          return dialect.passResponse({ status, headers, facts, onText, filter });
        },
        [body],
      );
    const plain = read(bytes);
    if (status >= 400 || !plain.read.complete) return;
    const passed = read(bytes, passAll);
    assert.deepEqual([passed.bytes, passed.read], [plain.bytes, plain.read]);
    const held = read(bytes, holdAll);
    assert.deepEqual(held.read, plain.read);
    // Arguments of several calls may come in another order.
    const said = (body: Buffer) => {
      const { texts, ...facts } = read(body).read;
      return { ...facts, texts: { ...texts, "call/0": [...(texts["call/0"] ?? "")].sort().join("") } };
    };
    assert.deepEqual(said(held.bytes), said(plain.bytes));
  });

  it(`${name}: never fails in another way than by what it tells, whatever a field holds`, () => {
    const lines = answer.includes("\n") && !contentType.includes("json") ? answer.split("\n") : [answer];
    const places = lines.flatMap((line, at) => jsonPlaces(line).map((path) => ({ at, path })));
    if (places.length === 0) return;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), ({ at, path }, value) => {
        const changed = lines.with(at, withJson(lines[at] ?? "", path, value)).join("\n");
        const { error, complete } = run([binary ? frameEventStream(changed) : Buffer.from(changed)]);
        assert.ok(!(complete === true && error !== undefined && status < 400), "an error is no end");
      }),
      { numRuns: 60, seed: 11 },
    );
  });
}

/** Where in a line its JSON begins. */
function jsonStart(line: string): number {
  return line.indexOf("{");
}

/** The paths of all values in the JSON that a line ends with. */
function jsonPlaces(line: string): readonly (readonly string[])[] {
  const start = jsonStart(line);
  if (start < 0) return [];
  try {
    return pathsOf(JSON.parse(line.slice(start)));
  } catch {
    return [];
  }
}

function withJson(line: string, path: readonly string[], value: unknown): string {
  const start = jsonStart(line);
  const json = JSON.parse(line.slice(start));
  setAt(json, path, value);
  return line.slice(0, start) + JSON.stringify(json);
}

interface Passed {
  readonly client: Buffer;
  readonly text: string;
  readonly [seen: string]: unknown;
}

function passed(
  dialect: Dialect,
  facts: RequestFacts,
  { status, contentType }: { status: number; contentType: string },
  pieces: readonly Buffer[],
): Passed {
  let text = "";
  const transform: ResponseTransform = dialect.passResponse({
    status,
    headers: headersOf({ "content-type": contentType }),
    facts,
    onText: (more) => {
      text += more;
    },
  });
  const client = Buffer.concat(
    pieces.map((piece, index) => transform.push(piece, index === pieces.length - 1)),
  );
  const { usage, usagePartial, model, finishReason, content, complete, error } = transform.seen;
  return { usage, usagePartial, model, finishReason, content, complete, error: error?.code, text, client };
}

/** A refusal in the shapes of the servers that are met behind this format's name, with what each says is wrong. */
const refusals: Readonly<Record<string, readonly [body: string, says: string]>> = {
  "OpenAI's": ['{"error":{"message":"no such field","type":"invalid_request_error"}}', "no such field"],
  "a list of one (Google's OpenAI endpoint)": ['[{"error":{"code":400,"message":"bad role"}}]', "bad role"],
  "a string (Ollama, TGI)": ['{"error":"model is loading"}', "model is loading"],
  "vLLM's before 0.10": [
    '{"object":"error","message":"too long","type":"BadRequestError","code":400}',
    "too long",
  ],
  "a message alone (Mistral, Cohere)": ['{"message":"too many turns"}', "too many turns"],
  "FastAPI's sentence": ['{"detail":"Not allowed here"}', "Not allowed here"],
  "FastAPI's list": [
    '{"detail":[{"loc":["body","messages",0],"msg":"Field required","type":"missing"}]}',
    "body.messages.0: Field required",
  ],
  "a page": ["<html><title>400</title></html>", ""],
  nothing: ["", ""],
  "JSON that says nothing": ['{"error":{},"detail":[1,null],"message":7}', ""],
};

function refusalPromises(dialect: Dialect, sample: DialectSample): void {
  const operation = dialect.match(sample.method, sample.path);
  assert.ok(operation !== undefined);
  const facts = dialect.inspect(Buffer.from(JSON.stringify(sample.body)), operation);

  for (const [shape, [body, says]] of Object.entries(refusals))
    for (const contentType of ["application/json", "text/plain; charset=utf-8", "text/html"])
      it(`is told in the format's own shape where its server sends ${shape} as ${contentType}`, () => {
        const pieces = [...body].map((one) => Buffer.from(one));
        const head = { status: 400, contentType };
        const { client } = passed(dialect, facts, head, [...pieces, Buffer.alloc(0)]);
        const reply = JSON.parse(client.toString());
        const message = reply.message ?? reply.error.message;
        assert.equal(typeof message, "string");
        assert.ok(message.includes(says) && message !== "", message);
      });

  it("is read up to a bound, and told by its status beyond it", () => {
    const large = Buffer.from(JSON.stringify({ message: "x".repeat(1_100_000) }));
    const { client } = passed(dialect, facts, { status: 429, contentType: "text/plain" }, [large]);
    assert.match(client.toString(), /the provider answered with status 429/);
  });
}

function errorPromises(dialect: Dialect, { statuses = {} }: DialectSample): void {
  it("renders every code with its status, as JSON, with the reason in one line", () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const reply = dialect.encodeError(new GatewayError(code, "why it is so"), "id-1");
      assert.equal(reply.status, statuses[code] ?? errorTable[code].status, code);
      assert.match(reply.body.toString(), /"[mM]essage":"[^"]*why it is so"/);
      assert.doesNotThrow(() => JSON.parse(reply.body.toString()));
      const types = reply.headers.filter(([name]) => name === "content-type");
      assert.deepEqual(types, [["content-type", "application/json"]]);
    }
  });

  it("says how long to wait", () => {
    const error = new GatewayError("rate_limit", "slow down", { retryAfterMs: 1_500 });
    assert.deepEqual(
      dialect.encodeError(error, "id").headers.find(([name]) => name === "retry-after"),
      ["retry-after", "2"],
    );
  });
}

/** Facts without places and sizes, which the spelling of a body changes. */
function decided({ text: _text, marks: _marks, parts, ...facts }: RequestFacts): unknown {
  const { templateBytes: _bytes, ...rest } = parts;
  return { ...facts, parts: rest };
}

function assertRefused(run: () => unknown, what: string): void {
  assert.throws(
    run,
    (error) => error instanceof GatewayError && error.status === 400 && error.message.length < 300,
    what,
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function escapedKey(name: string): string {
  return `\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}`;
}

/** The body with the member at `path` written a second time in the same object, its key spelled as given. */
function withTwice(body: unknown, path: string, spelled: string): string {
  const copy = structuredClone(body) as Record<string, unknown>;
  const names = path.split(".");
  const parent = names.slice(0, -1).reduce((value, name) => value[name] as Record<string, unknown>, copy);
  const value = parent[lastOf(path)] ?? 1;
  parent[lastOf(path)] = value;
  parent["\u0001second"] = value;
  return JSON.stringify(copy).replace("\\u0001second", spelled);
}

function withRaw(body: unknown, path: string, value: unknown): string {
  const copy = structuredClone(body) as Record<string, unknown>;
  setAt(copy, path.split("."), "\u0001value");
  const raw = typeof value === "string" && value.startsWith("raw:") ? value.slice(4) : JSON.stringify(value);
  return JSON.stringify(copy).replace('"\\u0001value"', () => raw);
}

function setAt(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let parent = body;
  for (const name of path.slice(0, -1)) parent = parent[name] as Record<string, unknown>;
  const last = path.at(-1) as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

/** The path of every value in a body. */
function pathsOf(value: unknown, prefix: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return prefix.length === 0 ? [] : [prefix];
  return [
    ...(prefix.length === 0 ? [] : [prefix]),
    ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...prefix, name])),
  ];
}
