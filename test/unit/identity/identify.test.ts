import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { anonymous } from "../../../src/identity/anonymous.ts";
import { identify } from "../../../src/identity/identify.ts";
import { credentialOf, type Identity, type Recognition } from "../../../src/identity/identity.ts";
import type { Principal } from "../../../src/identity/principal.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const unsure: Identity = answering({ kind: "unrecognised" });

describe("identify()", () => {
  it("lets the first that recognises a credential decide", () => {
    const identities = [unsure, answering(principal("first")), answering(principal("second"))];
    assert.equal(tenantOf(identify(identities, "key", 0)), "first");
  });

  it("asks no further once a credential is rejected", () => {
    const identities = [answering({ kind: "rejected", reason: "expired" }), answering(principal("second"))];
    const refused = identify(identities, "key", 0);
    assert.ok(refused instanceof GatewayError);
    assert.equal(refused.code, "unauthenticated");
    assert.equal(refused.message, "expired");
  });

  it("refuses what nobody recognises, and says whether a key was missing", () => {
    const missing = identify([unsure], undefined, 0);
    const unknown = identify([unsure], "sk-canary", 0);
    assert.ok(missing instanceof GatewayError && unknown instanceof GatewayError);
    assert.equal(unknown.status, 401);
    assert.match(missing.message, /no API key was sent/);
    assert.ok(!unknown.message.includes("canary"));
  });

  it("waits for one that needs time, and then goes on", async () => {
    const slow: Identity = { ...unsure, identify: async () => ({ kind: "unrecognised" }) };
    assert.equal(tenantOf(await identify([slow, answering(principal("second"))], "key", 0)), "second");
  });
});

describe("anonymous", () => {
  it("serves requests without a credential, and no other", () => {
    const identities = [create({ tenant_id: "local" })];
    assert.equal(tenantOf(identify(identities, undefined, 0)), "local");
    assert.ok(identify(identities, "some-key", 0) instanceof GatewayError);
  });

  it("serves any credential with acceptAnyKey", () => {
    const identities = [create({ tenant_id: "local", acceptAnyKey: true })];
    assert.equal(tenantOf(identify(identities, "some-key", 0)), "local");
    assert.equal(tenantOf(identify(identities, undefined, 0)), "local");
  });
});

describe("credentialOf()", () => {
  const cases: readonly [Record<string, string>, string | undefined][] = [
    [{ authorization: "Bearer abc" }, "abc"],
    [{ authorization: "bearer  abc " }, "abc"],
    [{ "x-api-key": "abc" }, "abc"],
    [{ "api-key": "abc" }, "abc"],
    [{ "x-goog-api-key": "abc" }, "abc"],
    [{ authorization: "Basic abc" }, "Basic abc"],
    [{}, undefined],
  ];
  for (const [headers, expected] of cases)
    it(`reads ${JSON.stringify(headers)}`, () => assert.equal(credentialOf(headersOf(headers)), expected));
});

function answering(recognition: Recognition): Identity {
  return { type: "test", decidesAll: false, identify: () => recognition };
}

function principal(tenantId: string): Recognition {
  const unset = { userId: undefined, team: undefined, app: undefined, keyName: undefined };
  return { kind: "principal", principal: { tenantId, ...unset, roles: [], fields: new Map() } };
}

function create(section: Record<string, unknown>): Identity {
  const parsed = anonymous.schema.parse({ type: "anonymous", ...section });
  return anonymous.create(
    parsed as never,
    kindContext({ fieldProblem: () => undefined, read: () => undefined }),
  );
}

function tenantOf(result: unknown): string {
  assert.ok(!(result instanceof GatewayError), "recognised");
  return (result as Principal).tenantId;
}
