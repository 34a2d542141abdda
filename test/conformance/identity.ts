import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Identity, Recognition } from "../../src/identity/identity.ts";
import type { IdentityInputs, IdentityKind } from "../../src/identity/identity-kind.ts";
import { kindContext } from "../support/core/kind-context.ts";
import { refusesUnknownKeys, sampleSection } from "./section.ts";

/** A credential that the sample files know. */
const knownCredential = "tg-conformance";
/** A value for each key that a kind's section may need. A kind with another required key adds it here. */
const valuesOf = (type: string) => ({ type, tenant_id: "acme", file: "./sample.yaml" });
/** What the file of a section may hold; a kind reads the first that fits its schema. */
const files: readonly unknown[] = [
  { keys: [{ name: "app", sha256: hash("sha256", knownCredential, "hex"), tenant_id: "acme" }] },
];

const inputs: IdentityInputs = {
  read(_file, schema) {
    for (const file of files) {
      const parsed = schema.safeParse(file);
      if (parsed.success) return { value: parsed.data, refuse: (_path, message) => assert.fail(message) };
    }
    return undefined;
  },
  fieldProblem: () => undefined,
};

/** Asserts what every way of identifying promises. */
export function identityConformance(kind: IdentityKind): void {
  describe(`the ${kind.type} identity`, () => {
    const values = valuesOf(kind.type);
    const identity = kind.create(sampleSection(kind.schema, values), kindContext(inputs));
    const identify = async (credential: string | undefined) => identity.identify(credential, nowMs);

    it("has its kind's type, and refuses keys that it does not know", () => {
      assert.equal(identity.type, kind.type);
      assert.ok(refusesUnknownKeys(kind.schema, values));
    });

    it("recognises no made-up credential, unless it decides all", async () => {
      for (const credential of madeUp)
        assert.equal(isPrincipal(await identify(credential)), identity.decidesAll, credential.slice(0, 40));
    });

    it("recognises each request if it decides all, also one without a credential", async () => {
      if (identity.decidesAll) assert.ok(isPrincipal(await identify(undefined)));
    });

    it("gives principals that have a tenant and cannot be changed", async () => {
      for (const credential of [undefined, knownCredential]) {
        const recognition = await identify(credential);
        if (recognition.kind !== "principal") continue;
        assert.notEqual(recognition.principal.tenantId, "");
        assert.ok(Object.isFrozen(recognition.principal) && Object.isFrozen(recognition.principal.roles));
      }
    });

    it("answers any text, the same each time, and never repeats a credential", () =>
      answersAnyText(identity));
  });
}

const nowMs = Date.parse("2026-12-01T00:00:00Z");
const madeUp = ["", " ", "tg-", "Bearer x", "a".repeat(1_000_000), "\0", "ключ", `${knownCredential} `];

function isPrincipal({ kind }: Recognition): boolean {
  return kind === "principal";
}

async function answersAnyText(identity: Identity): Promise<void> {
  const text = fc.string({ unit: "binary", minLength: 8, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(text, async (credential) => {
      const recognition = await identity.identify(credential, nowMs);
      assert.deepEqual(await identity.identify(credential, nowMs), recognition);
      if (recognition.kind === "rejected") assert.ok(!recognition.reason.includes(credential));
    }),
    { numRuns: 100 },
  );
}
