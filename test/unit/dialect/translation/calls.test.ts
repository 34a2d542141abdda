import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { translationRequests } from "../../../fixtures/translation-requests.ts";
import { foldStream, streamFacts } from "../../../support/dialect/chat-of.ts";
import { clientDialects, dialectOf, factsOf, translateAnswer } from "../../../support/dialect/translation.ts";

const chat = dialectOf("openai-chat");
const others = clientDialects.filter(({ name }) => name !== "openai-chat");
/** Formats in which a call's arguments are an object, never text. */
const objects = others.filter(({ name }) => name !== "openai-responses");

const event = (choices: readonly object[]) => `data: ${JSON.stringify({ model: "m", choices })}\n\n`;
const chunk = (delta: object, finish: string | null = null) =>
  event([{ index: 0, delta, finish_reason: finish }]);
const call = (piece: object) => chunk({ tool_calls: [piece] });
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function streamed(client: (typeof others)[number], events: readonly string[]) {
  const bytes = Buffer.from(`${events.join("")}data: [DONE]\n\n`);
  const answer = translateAnswer(client, chat, streamFacts(client.name), [bytes]);
  return { ...foldStream(client.name, answer.bytes), raw: answer.bytes.toString(), seen: answer.seen };
}

function whole(client: (typeof others)[number], message: object, finish: string) {
  const facts = factsOf(client, Buffer.from(JSON.stringify(translationRequests[client.name]!.error)), false);
  const choices = [
    { index: 0, message: { role: "assistant", content: null, ...message }, finish_reason: finish },
  ];
  const body = Buffer.from(JSON.stringify({ model: "m", choices, usage }));
  const { bytes, seen } = translateAnswer(client, chat, facts, [body]);
  return { text: bytes.toString(), error: (seen as { error?: string }).error };
}

const oslo = '{"city":"Oslo"}';
const rome = '{"city":"Rome"}';
const named = (id: string, written: unknown) => ({
  id,
  type: "function",
  function: { name: "look", arguments: written },
});

/** Ways to stream two calls, each as servers were seen to send them. */
const twoCalls: Readonly<Record<string, readonly string[]>> = {
  "by index": [call({ index: 0, ...named("a", oslo) }), call({ index: 1, ...named("b", rome) })],
  "under one index, told apart by id": [
    call({ index: 0, ...named("a", oslo) }),
    call({ index: 0, ...named("b", rome) }),
  ],
  "without an index": [call(named("a", oslo)), call(named("b", rome))],
  "in one chunk": [
    chunk({
      tool_calls: [
        { index: 0, ...named("a", oslo) },
        { index: 1, ...named("b", rome) },
      ],
    }),
  ],
  "with the name later": [
    call({ index: 0, id: "a", function: { arguments: "" } }),
    call({ index: 0, function: { name: "look", arguments: oslo } }),
    call({ index: 1, ...named("b", rome) }),
  ],
  "with the id later": [
    call({ index: 0, function: { name: "look" } }),
    call({ index: 0, id: "a", function: { arguments: oslo } }),
    call({ index: 1, ...named("b", rome) }),
  ],
  "with an id on every piece": [
    call({ index: 0, ...named("a", '{"city":') }),
    call({ index: 0, id: "a", function: { arguments: '"Oslo"}' } }),
    call({ index: 1, ...named("b", rome) }),
  ],
  "with arguments as objects": [
    call({ index: 0, ...named("a", { city: "Oslo" }) }),
    call({ index: 1, ...named("b", { city: "Rome" }) }),
  ],
  "with words between": [
    call({ index: 0, ...named("a", '{"city":') }),
    chunk({ content: "so" }),
    call({ index: 0, function: { arguments: '"Oslo"}' } }),
    call({ index: 1, ...named("b", rome) }),
  ],
};

describe("calls that a chat server streams", () => {
  for (const client of others)
    for (const [how, events] of Object.entries(twoCalls))
      for (const finish of ["tool_calls", "stop"])
        it(`${how} and ends with ${finish}, reach a client of ${client.name}`, () => {
          const { calls, finish: ended, raw } = streamed(client, [...events, chunk({}, finish)]);
          const got = calls.map((one) => [one.id.replace(/^tooluse_/, ""), one.name, one.arguments]);
          assert.deepEqual(
            got,
            [
              ["a", "look", oslo],
              ["b", "look", rome],
            ],
            raw,
          );
          assert.equal(ended, "tool_calls");
        });

  for (const client of others)
    it(`reach a client of ${client.name} whole, however their pieces are interleaved`, () => {
      const value = fc.record({ city: fc.string(), days: fc.array(fc.integer(), { maxLength: 3 }) });
      fc.assert(
        fc.property(
          fc.array(value, { minLength: 1, maxLength: 4 }),
          fc.infiniteStream(fc.nat()),
          (values, order) => {
            const rest = values.map((one) => JSON.stringify(one).match(/.{1,5}/gsu) ?? []);
            const events = values.map((_, index) => call({ index, ...named(`id${index}`, "") }));
            for (
              let left = rest.filter(({ length }) => length > 0);
              left.length > 0;
              left = left.filter(({ length }) => length > 0)
            ) {
              const pieces = left[order.next().value % left.length]!;
              events.push(call({ index: rest.indexOf(pieces), function: { arguments: pieces.shift() } }));
            }
            const { calls } = streamed(client, [...events, chunk({}, "tool_calls")]);
            assert.deepEqual(
              calls.map((one) => one.arguments),
              values.map((one) => JSON.stringify(one)),
            );
          },
        ),
        { numRuns: 60, seed: 9 },
      );
    });

  for (const client of others)
    it(`without arguments are calls with an empty object for ${client.name}`, () => {
      for (const written of ["", null, undefined]) {
        const { calls } = streamed(client, [
          call({ index: 0, ...named("a", written) }),
          chunk({}, "tool_calls"),
        ]);
        assert.deepEqual(
          calls.map((one) => one.arguments),
          ["{}"],
        );
      }
    });

  for (const client of objects)
    it(`cut by the cap make no call, and broken ones an error, for ${client.name}`, () => {
      for (const written of ['{"city":"Os', '{"city": Oslo}', "[1]"]) {
        const broken = whole(client, { tool_calls: [named("a", written)] }, "tool_calls");
        assert.equal(broken.error, "upstream_invalid", broken.text);
        const cut = whole(client, { tool_calls: [named("a", written)] }, "length");
        assert.equal(cut.error, undefined);
        assert.doesNotMatch(cut.text, /look/);
        const ended = streamed(client, [call({ index: 0, ...named("a", written) }), chunk({}, "tool_calls")]);
        assert.equal((ended.seen as { error?: string }).error, "upstream_invalid");
      }
    });

  it("cannot be told from a promise of one: a tool finish without a call is none", () => {
    for (const client of others) {
      const { finish } = streamed(client, [chunk({ content: "Hello" }), chunk({}, "tool_calls")]);
      assert.equal(finish, "stop");
    }
  });

  it("may keep no more waiting than a bound", () => {
    const long = call({ index: 1, function: { arguments: "x".repeat(1_000_000) } });
    const events = [call({ index: 0, ...named("a", "{") }), call({ index: 1, ...named("b", "{") })];
    for (const client of others) {
      const { seen } = streamed(client, [...events, ...Array.from({ length: 10 }, () => long)]);
      assert.equal((seen as { error?: string }).error, "upstream_invalid");
    }
  });
});
