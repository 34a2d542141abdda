import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../../src/core/errors.ts";
import { headersOf } from "../../../../src/core/headers.ts";
import type { Dialect } from "../../../../src/dialect/dialect.ts";
import type { MakeTextFilter } from "../../../../src/dialect/filter/text-filter.ts";
import type { RequestFacts } from "../../../../src/dialect/request-facts.ts";
import { translationRequests } from "../../../fixtures/translation-requests.ts";
import { passAnswer, readAnswer } from "../../../support/dialect/passed-answers.ts";
import { jsonsOf, readable } from "../../../support/dialect/readable-text.ts";
import {
  type ScriptedAnswer,
  type ScriptedFormat,
  scriptedFormats,
} from "../../../support/dialect/scripted-answers.ts";
import { clientDialects, factsOf, upstreamDialects } from "../../../support/dialect/translation.ts";
import { wordFilter } from "../../../support/dialect/word-filter.ts";

const word = "falcon";
const other = 'the "Ürban" kite\n';
const filter: MakeTextFilter = () => wordFilter(word, other);
const text = 'A falcon, two falconers: "falc", fal-con falcon';

/** A text in two pieces, cut at every place; in three around its first word; and in single characters. */
function cuts(whole: string): readonly (readonly string[])[] {
  const places = Array.from({ length: whole.length - 1 }, (_, at) => at + 1);
  const start = whole.indexOf(word);
  const near = places.filter((at) => at >= start && at <= start + word.length);
  return [
    ...places.map((at) => [whole.slice(0, at), whole.slice(at)]),
    ...near.flatMap((first) =>
      near
        .filter((second) => second > first)
        .map((second) => [whole.slice(0, first), whole.slice(first, second), whole.slice(second)]),
    ),
    [...whole],
  ];
}

const asked = (format: ScriptedFormat): ScriptedAnswer =>
  format.tools
    ? {
        reasoning: [`a ${word} it is`],
        text: [text],
        args: [JSON.stringify({ bird: `${word} "x"`, n: [1.0, word] })],
      }
    : { text: [text] };

/** An answer with every text cut the same way: at a share of its length. */
function cutAt(answer: ScriptedAnswer, share: number): ScriptedAnswer {
  const cut = (pieces: readonly string[] = []) => {
    const whole = pieces.join("");
    const at = Math.round(whole.length * share);
    return [whole.slice(0, at), whole.slice(at)].filter((piece) => piece !== "");
  };
  return {
    text: cut(answer.text),
    ...(answer.reasoning === undefined ? {} : { reasoning: cut(answer.reasoning) }),
    ...(answer.args === undefined ? {} : { args: cut(answer.args) }),
  };
}

const withWord = (value: string) => value.replaceAll(word, other);

/** The reader's texts with the word replaced; arguments are compared as what they say. */
function expected(texts: Readonly<Record<string, string>>): Record<string, unknown> {
  return mapped(texts, (value) => withWord(value));
}

function mapped(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(texts).map(([place, value]) => {
      if (!place.startsWith("call")) return [place, change(value)];
      const start = value.indexOf("{");
      const args = JSON.parse(value.slice(start), (_key, member) =>
        typeof member === "string" ? change(member) : member,
      );
      return [place, [value.slice(0, start), args]];
    }),
  );
}

function assertFiltered(format: ScriptedFormat, streamed: boolean, bytes: Buffer): void {
  const before = passAnswer(format, streamed, [bytes]);
  const { bytes: out, read } = passAnswer(format, streamed, [bytes], filter);
  assert.deepEqual(read, before.read, "what is read is the provider's own");
  const client = passAnswer(format, streamed, [out]).read;
  assert.deepEqual(
    mapped(client.texts, (value) => value),
    expected(before.read.texts),
  );
  assert.deepEqual({ ...client, texts: {} }, { ...before.read, texts: {} });
  assert.ok(client.complete);
}

for (const format of scriptedFormats)
  describe(`a filter on answers of ${format.name} that pass`, () => {
    it("replaces a word that is cut across events at every place", () => {
      for (const pieces of cuts(text)) {
        const bytes = format.stream([{ text: pieces }]);
        assertFiltered(format, true, bytes);
      }
    });

    it("reaches reasoning, tool arguments and all that the format says again", () => {
      for (let share = 0; share <= 1; share += 0.05) {
        const bytes = format.stream([cutAt(asked(format), share)]);
        const { bytes: out } = passAnswer(format, true, [bytes], filter);
        assertFiltered(format, true, bytes);
        assert.ok(!readable(format.name, true, out).includes(word), "no copy of the word is left");
      }
    });

    it("replaces it in whole answers", () => {
      const bytes = format.whole([asked(format)]);
      assertFiltered(format, false, bytes);
      assert.ok(
        !readable(format.name, false, passAnswer(format, false, [bytes], filter).bytes).includes(word),
      );
    });

    it("gives the same bytes however the stream is cut", () => {
      const bytes = format.stream([cutAt(asked(format), 0.1)]);
      const { bytes: out } = passAnswer(format, true, [bytes], filter);
      for (let at = 1; at < bytes.length; at += 3)
        assert.deepEqual(
          passAnswer(format, true, [bytes.subarray(0, at), bytes.subarray(at)], filter).bytes,
          out,
        );
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      assert.deepEqual(passAnswer(format, true, single, filter).bytes, out);
    });

    it("leaves every byte besides the text it changes", () => {
      for (const [streamed, bytes] of [
        [true, format.stream([{ text: ["A falcon, ", "a crow"] }])],
        [false, format.whole([{ text: ["A falcon, ", "a crow"] }])],
      ] as const) {
        const { bytes: out } = passAnswer(format, streamed, [bytes], () => wordFilter("falcon", "osprey"));
        const plain = (buffer: Buffer) => JSON.stringify(jsonsOf(format.name, streamed, buffer));
        assert.equal(plain(out), plain(bytes).replaceAll("falcon", "osprey"));
        if (!format.name.startsWith("bedrock") || !streamed)
          assert.equal(out.toString(), bytes.toString().replaceAll("falcon", "osprey"));
      }
    });

    it("passes the very same buffer where it finds nothing", () => {
      for (const [streamed, bytes] of [
        [true, format.stream([{ text: ["A crow ", "flies"] }])],
        [false, format.whole([{ text: ["A crow ", "flies"] }])],
      ] as const)
        assert.deepEqual(passAnswer(format, streamed, [bytes], filter).bytes, bytes);
    });

    it("refuses text that is too much to be read in one event", () => {
      const bytes = format.stream([{ text: ["fine ", "x".repeat(600_000)] }]);
      const { bytes: out, transform } = passAnswer(format, true, [bytes], filter);
      const { complete, error } = transform.seen;
      assert.deepEqual([complete, error?.code], [false, "upstream_invalid"]);
      assert.ok(readable(format.name, true, out).includes("fine "));
    });

    it("blocks an answer in the middle, after what could pass", () => {
      const blocking: MakeTextFilter = () => ({
        holdBackCharsMax: 0,
        push(piece) {
          if (piece.includes(word)) throw new GatewayError("forbidden", "the answer was blocked");
          return piece;
        },
        end: () => "",
      });
      const bytes = format.stream([{ text: ["fine so far ", "a falcon", " and more"] }]);
      const { bytes: out, transform } = passAnswer(format, true, [bytes], blocking);
      assert.equal(transform.seen.blocked, true);
      assert.equal(transform.seen.error?.code, "forbidden");
      assert.equal(transform.seen.complete, false);
      const said = readable(format.name, true, out);
      assert.ok(said.includes("fine so far") && !said.includes(word) && !said.includes("and more"));
      assert.ok(said.includes("the answer was blocked"));
      const whole = passAnswer(format, false, [format.whole([{ text: ["a falcon"] }])], blocking);
      assert.equal(whole.bytes.length, 0);
      assert.equal(whole.transform.seen.blocked, true);
    });

    if (format.choices)
      it("keeps several answers apart that come in turns, and a text together around a call", () => {
        const one = { text: [..."a falcon"], ...(format.tools ? { args: ["{}"], callAt: 4 } : {}) };
        const answers = [one, { text: [..."falco fal"] }, { text: [..."my falcon"] }];
        assertFiltered(format, true, format.stream(answers));
        assertFiltered(format, false, format.whole(answers));
      });
  });

const requestFacts = (client: Dialect, streamed: boolean): RequestFacts => {
  const { [client.name]: bodies } = translationRequests as Readonly<
    Record<string, Readonly<Record<string, object>>>
  >;
  const body = {
    ...bodies?.text,
    ...(client.name.startsWith("openai") || client.name === "anthropic-messages" ? { stream: streamed } : {}),
  };
  return factsOf(client, Buffer.from(JSON.stringify(body)), streamed);
};

for (const client of clientDialects)
  for (const upstream of upstreamDialects.filter(({ name }) => name !== client.name))
    describe(`a filter on answers of ${upstream.name} for a client of ${client.name}`, () => {
      const format = scriptedFormats.find(({ name }) => name === upstream.name);
      const shown = scriptedFormats.find(({ name }) => name === client.name);
      assert.ok(format !== undefined && shown !== undefined);
      const translate = (streamed: boolean, bytes: Buffer, make?: MakeTextFilter) =>
        readAnswer(
          (onText) => {
            const facts = requestFacts(client, streamed);
            assert.equal(facts.stream, streamed);
            const context = {
              id: "01900000-0000-7000-8000-000000000001",
              model: "m",
              createdSec: 1,
              inputTokens: 1,
              facts,
            };
            const headers = headersOf({ "content-type": format.contentType(streamed) });
            const writer = client.client?.encodeAnswer(context);
            const transform = upstream.upstream?.decodeAnswer(
              { status: 200, headers, facts, onText, filter: make },
              writer,
              "c",
            );
            assert.ok(transform !== undefined);
            return transform;
          },
          [bytes],
        );

      const assertTranslated = (streamed: boolean, bytes: Buffer) => {
        const plain = translate(streamed, bytes);
        const { bytes: out, read } = translate(streamed, bytes, filter);
        assert.deepEqual(read, plain.read, "what is read is the provider's own");
        const before = passAnswer(shown, streamed, [plain.bytes]).read;
        const after = passAnswer(shown, streamed, [out]).read;
        assert.deepEqual(
          mapped(after.texts, (value) => value),
          expected(before.texts),
        );
        assert.deepEqual({ ...after, texts: {} }, { ...before, texts: {} });
        assert.ok(!readable(client.name, streamed, out).includes(word), "no copy of the word is left");
      };

      it("replaces a word that is cut across events at every place", () => {
        for (const pieces of cuts(text)) assertTranslated(true, format.stream([{ text: pieces }]));
      });

      it("replaces it in reasoning and tool arguments, streamed and whole", () => {
        for (let share = 0; share <= 1; share += 0.1)
          assertTranslated(true, format.stream([cutAt(asked(format), share)]));
        assertTranslated(false, format.whole([asked(format)]));
      });

      it("blocks an answer in the middle", () => {
        const blocking: MakeTextFilter = () => ({
          holdBackCharsMax: 0,
          push(piece) {
            if (piece.includes(word)) throw new GatewayError("forbidden", "the answer was blocked");
            return piece;
          },
          end: () => "",
        });
        const { bytes, transform } = translate(
          true,
          format.stream([{ text: ["fine ", "a falcon", "more"] }]),
          blocking,
        );
        assert.ok(transform.seen.blocked && !transform.seen.complete);
        const said = readable(client.name, true, bytes);
        assert.ok(said.includes("fine") && said.includes("the answer was blocked") && !said.includes(word));
      });
    });
