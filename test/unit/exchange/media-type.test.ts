import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { checkMediaType } from "../../../src/exchange/admit/media-type.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  lab: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 10, output: 10 } }
models:
  "*": { targets: ["lab/*"] }
identity: [{ type: anonymous, tenant_id: local }]
`;

describe("checkMediaType()", () => {
  const check = (type: string) => () => checkMediaType(headersOf({ "content-type": type }));

  for (const type of [
    "application/json",
    "Application/JSON; charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/json;",
  ])
    it(`takes ${type}`, () => assert.doesNotThrow(check(type)));

  it("takes a body without a type", () => assert.doesNotThrow(() => checkMediaType(headersOf({}))));

  for (const type of [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-7",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=utf-7",
    "application/json, text/plain",
    "application/jsonl",
    "application/json; version=2",
  ])
    it(`refuses "${type}"`, () =>
      assert.throws(check(type), { code: "unsupported_media_type", status: 415 }));

  for (const dialect of dialects) {
    const octets = { "content-type": "application/octet-stream" };
    const takes = ["bedrock-invoke", "bedrock-titan", "bedrock-cohere"].includes(dialect.name);

    it(`${takes ? "takes" : "refuses"} application/octet-stream for ${dialect.name}`, () => {
      const taken = () => checkMediaType(headersOf(octets), dialect.requestMediaTypes);
      if (takes) assert.doesNotThrow(taken);
      else assert.throws(taken, { code: "unsupported_media_type" });
    });
  }

  it("takes no parameter with a media type that only one dialect takes", () => {
    const headers = headersOf({ "content-type": "application/octet-stream; charset=utf-7" });
    assert.throws(() => checkMediaType(headers, ["application/octet-stream"]), { status: 415 });
  });
});

describe("A request on its way to a provider", () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);
  const body = { model: "m", messages: [{ role: "user", content: "hi" }] };

  for (const type of ["application/json", "application/json; charset=utf-8"])
    it(`declares application/json without parameters where the client declares ${type}`, async () => {
      const { exchange, outcome } = await exchanges.ask(body, undefined, { "content-type": type });
      assert.ok(outcome.kind === "forward");
      const sent = outcome.headers.set.filter(([name]) => name === "content-type");
      assert.deepEqual(sent, [["content-type", "application/json"]]);
      await exchanges.close(exchange);
    });
});
