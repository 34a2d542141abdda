import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { headersOf } from "../../src/core/headers.ts";
import type { Operation } from "../../src/dialect/dialect.ts";
import { dialects } from "../../src/dialect/index.ts";
import type { OutgoingRequest, Provider } from "../../src/provider/provider.ts";
import type { ProviderKind } from "../../src/provider/provider-kind.ts";
import { failureRules } from "../../src/route/failure-rules.ts";
import { kindContext } from "../support/core/kind-context.ts";
import { dialectSamples } from "./dialect-samples.ts";
import { refusesUnknownKeys, sampleSection } from "./section.ts";

const apiKey = "sk-conformance-key";
/** A value for each key that a kind's section may need. A kind with another required key adds it here. */
const values = { endpoint: "https://provider.test/base/v1", apiKey, region: "eu-west-1" };

/** Models whose names a path could be misled by. */
const models = [
  "m",
  "vendor/m:free",
  "a b",
  "a?b=c",
  "a#b",
  "../a",
  "arn:aws:bedrock:eu:1:x/y",
  "ä",
  "%2e%2e",
];

/** Every operation that a client of some dialect can ask for, with and without a stream. */
const operations: readonly Operation[] = dialects.flatMap((dialect) => {
  const sample = dialectSamples[dialect.name];
  const operation = sample === undefined ? undefined : dialect.match(sample.method, sample.path);
  return operation === undefined ? [] : [true, false].map((stream) => ({ ...operation, stream }));
});

/** Asserts what every provider promises. */
export function providerConformance(kind: ProviderKind): void {
  describe(`the ${kind.type} provider`, () => {
    const provider = kind.create(sampleSection(kind.schema, values), kindContext());
    describeSection(kind, provider);
    describeRequests(provider);
    describeFailures(provider);
  });
}

function describeSection(kind: ProviderKind, provider: Provider): void {
  it("has its kind's type, and refuses keys that it does not know", () => {
    assert.equal(provider.type, kind.type);
    assert.ok(refusesUnknownKeys(kind.schema, values));
  });

  it("has an endpoint over HTTP without query or fragment", () => {
    assert.match(provider.endpoint.protocol, /^https?:$/);
    assert.equal(provider.endpoint.search + provider.endpoint.hash, "");
  });

  it("takes an API key with a line end for a mistake", () => {
    if (!("apiKey" in kind.schema.shape)) return;
    assert.throws(() => sampleSection(kind.schema, { ...values, apiKey: "sk\r\nx-injected: 1" }));
  });

  it("never shows its API key when it is printed", () =>
    assert.ok(!JSON.stringify(provider).includes(apiKey)));
}

function describeRequests(provider: Provider): void {
  const offered = operations.filter((operation) =>
    models.some((model) => provider.dialect(operation, model) !== undefined),
  );

  it("speaks a dialect of the list for at least one operation", () => {
    assert.ok(offered.length > 0);
    for (const operation of offered)
      for (const model of models) {
        const dialect = provider.dialect(operation, model);
        assert.ok(dialect === undefined || dialects.includes(dialect), operation.name);
      }
  });

  it("has no dialect for an operation that nobody has", () =>
    assert.equal(provider.dialect({ name: "no_such_operation" }, "m"), undefined));

  it("puts a model into its path so that it cannot leave it", () => {
    for (const operation of offered)
      for (const model of models) {
        const { path } = provider.prepare(operation, model);
        assert.match(path, /^\/[\x21-\x7e]+$/, `${operation.name} ${model}`);
        const plain = new URL(provider.prepare(operation, "m").path, "http://host");
        const url = new URL(path, "http://host");
        assert.equal(`${url.pathname}${url.search}`, path, `${operation.name} ${model}`);
        assert.equal(url.search, plain.search, `${operation.name} ${model}`);
        assert.equal(url.pathname.split("/").length, plain.pathname.split("/").length, `${path}`);
      }
  });

  it("names the body field that caps the output of each operation", () => {
    for (const operation of offered) assert.notEqual(provider.outputCapField(operation), "");
  });

  it("adds its credential as headers in lower case, and changes nothing else", async () => {
    const [operation] = offered;
    assert.ok(operation !== undefined);
    const { path, headers } = provider.prepare(operation, "m");
    assert.ok(
      !JSON.stringify([path, headers]).includes(apiKey),
      "the credential is added by authorize() alone",
    );
    const before: readonly [string, string][] = [["content-type", "application/json"]];
    const outgoing: OutgoingRequest = {
      method: "POST",
      path,
      host: provider.endpoint.host,
      headers: before.map(([name, value]) => [name, value]),
      body: Buffer.from("{}"),
      nowMs: 0,
    };
    await provider.authorize(outgoing);
    assert.deepEqual(outgoing.headers.slice(0, before.length), before);
    assert.ok(outgoing.headers.length > before.length, "a credential was added");
    for (const [name] of outgoing.headers) assert.equal(name, name.toLowerCase());
    assert.equal(outgoing.body.toString(), "{}");
  });
}

function describeFailures(provider: Provider): void {
  const classify = (status: number, body = "") => provider.classify(status, headersOf({}), Buffer.from(body));

  it("tells a refused credential, a full quota and a broken provider from a mistake of the client", () => {
    assert.equal(classify(401), "auth_or_quota");
    assert.equal(classify(429), "rate_limited");
    for (const status of [500, 502, 503]) assert.equal(classify(status), "overloaded");
    assert.equal(classify(504), "timeout");
    assert.equal(classify(400), "client_error");
  });

  it("has a class for any status and any body, and never a negative wait", () => {
    const json = fc.jsonValue().map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.oneof(json, fc.string()), (status, body) => {
        assert.ok(classify(status, body) in failureRules);
        const waitMs = provider.askedWaitMs?.(Buffer.from(body));
        assert.ok(waitMs === undefined || waitMs >= 0, `${waitMs}`);
      }),
      { numRuns: 200 },
    );
  });
}
