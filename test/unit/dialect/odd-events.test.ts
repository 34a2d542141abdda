import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import type { DialectName, ResponseTransform } from "../../../src/dialect/dialect.ts";
import { translationRequests } from "../../fixtures/translation-requests.ts";
import { textStreams } from "../../support/dialect/text-streams.ts";
import { clientDialects, dialectOf, factsOf, upstreamDialects } from "../../support/dialect/translation.ts";

const odd: Readonly<Record<string, readonly [event: string, kind: string]>> = {
  "data without a value": ["data:\n\n", "empty"],
  "data of a blank": ["data: \n\n", "empty"],
  "a word that is not JSON": ["data: ping\n\n", "not_json"],
  "a number": ["data: 1\n\n", "not_json"],
  null: ["data: null\n\n", "not_json"],
  "a list": ["data: []\n\n", "not_json"],
};
const harmless = [": comment\n\n", "event: ping\n\n", "id: 7\nretry: 10\n\n"];

/** Passes one stream through the reader of a pair of formats. */
function read(client: DialectName, upstream: DialectName, events: string, contentType = "text/event-stream") {
  const { client: codec, passResponse } = dialectOf(client);
  const inBody = client === "bedrock-converse" || client === "gemini-generate" ? {} : { stream: true };
  const body = JSON.stringify({ ...translationRequests[client]!.error, ...inBody });
  const facts = factsOf(dialectOf(client), Buffer.from(body), true);
  let said = "";
  const headers = headersOf({ "content-type": contentType });
  const context = {
    status: 200,
    headers,
    facts,
    onText: (text: string) => {
      said += text;
    },
  };
  const answer = {
    id: "01900000-0000-7000-8000-000000000001",
    model: "m",
    createdSec: 1,
    inputTokens: 3,
    facts,
  };
  const transform: ResponseTransform =
    client === upstream
      ? passResponse(context)
      : dialectOf(upstream).upstream!.decodeAnswer(context, codec!.encodeAnswer(answer), "call_x");
  const bytes = Buffer.from(events);
  const out = Buffer.concat(
    Array.from(bytes, (_, at) => transform.push(bytes.subarray(at, at + 1), at === bytes.length - 1)),
  );
  return { said, out: out.toString(), seen: transform.seen };
}

const pairs = clientDialects.flatMap(({ name: client }) =>
  [...new Set([...upstreamDialects.map(({ name }) => name), client])]
    .filter((upstream) => textStreams[upstream] !== undefined)
    .map((upstream) => [client, upstream] as const),
);

for (const [client, upstream] of pairs)
  describe(`a stream of ${upstream} for a client of ${client}`, () => {
    const events = textStreams[upstream]!;

    for (const [what, [event, kind]] of Object.entries(odd))
      it(`goes on over ${what}, wherever it stands, and counts it`, () => {
        const plain = read(client, upstream, events.join(""));
        assert.ok(plain.seen.complete && plain.said === "Hello", plain.out);
        for (let at = 0; at < events.length; at += 1) {
          const { said, seen, out } = read(client, upstream, events.toSpliced(at, 0, event).join(""));
          assert.deepEqual([said, seen.complete, seen.error], ["Hello", true, undefined]);
          assert.equal(seen.oddEvents.get(kind as "empty"), 1);
          assert.equal(out.replaceAll(":\n\n", ""), plain.out, "the client reads what it would without it");
        }
      });

    it("goes on over comments and events without data, and does not count them", () => {
      for (const event of harmless) {
        const { said, seen } = read(client, upstream, [event, ...events].join(event));
        assert.deepEqual([said, seen.complete, seen.oddEvents.size], ["Hello", true, 0]);
      }
    });

    it("keeps its end, whatever comes after it", () => {
      for (const event of [
        "data: {}\n\n",
        'data: {"error":{"type":"server_error"}}\n\n',
        "data: [DONE]\n\n",
      ]) {
        const { seen } = read(
          client,
          upstream,
          [...events, event, ...(upstream === "gemini-generate" ? [] : [event])].join(""),
        );
        if (upstream === "gemini-generate" && event.includes("error")) continue;
        assert.deepEqual([seen.complete, seen.error], [true, undefined], event);
      }
    });

    it("ends in an error after half an object: a piece of the answer is lost with it", () => {
      const { seen } = read(client, upstream, events.toSpliced(1, 0, 'data: {"a":\n\n').join(""));
      assert.equal(seen.error?.code, "upstream_invalid");
    });

    it("is read with numbers that are not finite", () => {
      const [first = "", ...rest] = events;
      for (const value of ["NaN", "Infinity", "-Infinity"]) {
        const { said, seen } = read(
          client,
          upstream,
          [first.replace("{", `{"x_score":${value},`), ...rest].join(""),
        );
        assert.deepEqual([said, seen.complete, seen.oddEvents.get("not_finite")], ["Hello", true, 1]);
      }
    });

    it("is read as a stream under any content type", () => {
      for (const type of [
        "text/plain; charset=utf-8",
        "application/json",
        "application/x-ndjson",
        "application/octet-stream",
      ])
        for (const before of ["", "\ufeff", "\n", ": hello\n\n"]) {
          const { said, seen } = read(client, upstream, before + events.join(""), type);
          assert.deepEqual([said, seen.complete, seen.error], ["Hello", true, undefined], type);
        }
    });
  });
