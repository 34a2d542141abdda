import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ByteRuns } from "../../../../src/core/byte-runs.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import type { EventEncoder } from "../../../../src/dialect/codec.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import { parseObject } from "../../../../src/dialect/json-view.ts";
import type { ModelEvent } from "../../../../src/dialect/model-event.ts";
import type { ModelRequest, Part, Turn } from "../../../../src/dialect/model-request.ts";
import { cases, translationRequests } from "../../../fixtures/translation-requests.ts";
import {
  capFields,
  clientDialects,
  factsOf,
  modelOf,
  translateRequest,
  upstreamDialects,
} from "../../../support/dialect/translation.ts";

const both = upstreamDialects.filter(({ client }) => client !== undefined);
const word = fc
  .string({ minLength: 1, maxLength: 12, unit: "grapheme" })
  .filter((text) => text.trim() !== "");
const city = fc.record({ city: word, days: fc.integer({ min: 0, max: 9 }) });

/** A conversation that every format can say: turns that alternate, calls answered at once. */
const conversation = fc
  .record({
    system: fc.option(word, { nil: undefined }),
    first: word,
    rounds: fc.array(
      fc.record({ said: word, calls: fc.array(city, { maxLength: 3 }), results: fc.array(word), next: word }),
      { maxLength: 4 },
    ),
    temperature: fc.option(fc.constantFrom(0, 0.25, 1), { nil: undefined }),
    stop: fc.array(fc.constantFrom("END", "STOP", "###"), { maxLength: 3 }),
  })
  .map(({ system, first, rounds, temperature, stop }): ModelRequest => {
    const turns: Turn[] = [{ role: "user", parts: [{ type: "text", text: first }], field: "" }];
    for (const [round, { said, calls, results, next }] of rounds.entries()) {
      const ids = calls.map((_, index) => `call_${round}_${index}`);
      turns.push({
        role: "assistant",
        parts: [
          { type: "text", text: said },
          ...calls.map((call, index): Part => {
            const written = JSON.stringify(call);
            return { type: "tool_call", id: ids[index]!, name: "look", arguments: written };
          }),
        ],
        field: "",
      });
      turns.push({
        role: "user",
        parts: [
          ...ids.map((one, index): Part => {
            const text = results[index] ?? "nothing";
            return { type: "tool_result", id: one, content: [{ type: "text", text }], isError: false };
          }),
          { type: "text", text: next },
        ],
        field: "",
      });
    }
    return {
      system: system === undefined ? [] : [{ type: "text", text: system }],
      turns,
      tools: [
        {
          name: "look",
          description: "Looks",
          parameters: { type: "object", properties: {} },
          strict: undefined,
          field: "",
        },
      ],
      toolChoice: { kind: "auto" },
      parallelToolCalls: undefined,
      temperature,
      topP: undefined,
      topK: undefined,
      seed: undefined,
      presencePenalty: undefined,
      frequencyPenalty: undefined,
      stop,
      format: undefined,
      reasoning: undefined,
      uses: new Map(),
      dropped: [],
    };
  });

describe("a request that every format can say", () => {
  for (const dialect of both) {
    it(`comes back from ${dialect.name} as it was`, () => {
      fc.assert(
        fc.property(conversation, (request) => {
          assert.deepEqual(plain(thereAndBack(dialect, request)), plain(request));
        }),
        { numRuns: 150, seed: 11 },
      );
    });
  }
});

describe("requests that make no sense", () => {
  for (const client of clientDialects) {
    it(`are refused or said, and never fail otherwise: ${client.name}`, () => {
      const samples = cases.map((name) => translationRequests[client.name]![name]);
      fc.assert(
        fc.property(fc.constantFrom(...samples), fc.nat(), fc.jsonValue(), (sample, at, value) => {
          const body = structuredClone(sample) as Record<string, unknown>;
          const places = placesOf(body);
          const [owner, key] = places[at % places.length]!;
          owner[key] = value;
          for (const upstream of upstreamDialects) attempt(client, upstream, body);
        }),
        { numRuns: 600, seed: 5 },
      );
    });
  }
});

describe("an answer", () => {
  for (const client of clientDialects) {
    it(`is the same text, call and end for ${client.name}, however it was cut`, () => {
      const pieces = fc.array(word, { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(pieces, pieces, (said, written) => {
          const one = encoded(client, events([said.join("")], [JSON.stringify(written.join(""))]));
          const many = encoded(client, events(said, [...JSON.stringify(written.join(""))]));
          assert.deepEqual(one, many);
        }),
        { numRuns: 60, seed: 3 },
      );
    });
  }
});

function thereAndBack(dialect: Dialect, request: ModelRequest): ModelRequest {
  const { body } = dialect.upstream!.encodeRequest(request, {
    model: modelOf[dialect.name]!,
    stream: false,
    choices: 1,
    outputCap: 1000,
    outputCapField: capFields[dialect.name]!,
  });
  const facts = factsOf(dialect, body, false);
  return dialect.client!.decodeRequest(parseObject(body.toString())!, facts) as ModelRequest;
}

/** What counts of a request, neighbouring turns of one side together. */
function plain(request: ModelRequest): unknown {
  const turns: { role: string; parts: Part[] }[] = [];
  for (const { role, parts } of request.turns) {
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else turns.push({ role, parts: [...parts] });
  }
  const { system, temperature, stop, toolChoice } = request;
  const tools = request.tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  return JSON.parse(
    JSON.stringify({ system, temperature, stop, toolChoice: toolChoice ?? { kind: "auto" }, tools, turns }),
  );
}

function attempt(client: Dialect, upstream: Dialect, body: object): void {
  try {
    const asked = translateRequest(client, upstream, Buffer.from(JSON.stringify(body)), false);
    JSON.parse(asked.body.toString());
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.status === 400, String((error as Error).stack));
  }
}

/** Every member of every object and list in a value. */
function placesOf(value: unknown): (readonly [Record<string, unknown>, string])[] {
  if (typeof value !== "object" || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [[owner, key] as const, ...placesOf(owner[key])]);
}

function events(said: readonly string[], written: readonly string[]): readonly ModelEvent[] {
  return [
    { type: "start", model: "m" },
    ...said.map((text): ModelEvent => ({ type: "text", choice: 0, text })),
    { type: "tool_call", choice: 0, call: 0, id: "call_1", name: "look" },
    { type: "arguments", choice: 0, call: 0, fragment: '{"a":' },
    ...written.map((fragment): ModelEvent => ({ type: "arguments", choice: 0, call: 0, fragment })),
    { type: "arguments", choice: 0, call: 0, fragment: "}" },
    { type: "finish", choice: 0, reason: "tool_calls" },
    { type: "usage", usage: { inputTokens: 3, outputTokens: 4 } },
    { type: "end" },
  ];
}

/** A whole answer made of events. */
function encoded(client: Dialect, all: readonly ModelEvent[]): unknown {
  const request = translationRequests[client.name]!.error;
  const body = Buffer.from(JSON.stringify(request));
  const encoder = client.client!.encodeAnswer({
    id: "01900000-0000-7000-8000-000000000001",
    model: "m",
    createdSec: 1,
    inputTokens: 3,
    facts: factsOf(client, body, false),
  }) as EventEncoder;
  const out = new ByteRuns();
  for (const event of all) encoder.encode(event, out);
  return JSON.parse(out.take(Buffer.alloc(0)).toString());
}
