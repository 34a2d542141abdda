import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BodyOwner, Intake } from "../../../src/exchange/state/intake.ts";

const mallory: BodyOwner = { tenantId: "evil", key: "one" };
const alice: BodyOwner = { tenantId: "acme", key: "one" };

describe("Intake", () => {
  it("gives a key a quarter, and its tenant's other keys what is left of the half", () => {
    const intake = new Intake(1_000);
    assert.equal(intake.take(mallory, 250), true);
    assert.equal(intake.take(mallory, 1), false);
    assert.equal(intake.take({ ...mallory, key: "two" }, 125), true);
  });

  it("always has room for another tenant, however many keys one has", () => {
    const intake = new Intake(1_000);
    for (let key = 0; key < 200; key += 1) intake.take({ tenantId: "evil", key: String(key) }, 10);
    assert.ok(intake.usedBytes <= 500);
    assert.equal(intake.take(alice, 100), true);
  });

  it("has room again for what was released", () => {
    const intake = new Intake(1_000);
    intake.take(mallory, 250);
    intake.release(mallory, 250);
    assert.equal(intake.usedBytes, 0);
    assert.equal(intake.take(mallory, 250), true);
  });
});
