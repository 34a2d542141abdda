import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CredentialFailures, networkOf } from "../../../src/identity/credential-failures.ts";

const source = "203.0.113.9:4711";

/** How many of so many failures at once are throttled. */
function throttled(
  failures: CredentialFailures,
  count: number,
  from: (n: number) => string,
  nowMs = 0,
): number {
  let total = 0;
  for (let n = 0; n < count; n++)
    if (failures.note(from(n), "tg-acme-guess", nowMs).kind === "throttled") total += 1;
  return total;
}

describe("CredentialFailures", () => {
  it("refuses a few as they are, and throttles what goes on, by one source and one beginning", () => {
    const failures = new CredentialFailures();
    assert.equal(
      throttled(failures, 10, () => source),
      0,
    );
    const failure = failures.note(source, "tg-acme-other", 0);
    assert.ok(failure.kind === "throttled" && failure.retryAfterMs > 0 && failure.tell);
  });

  it("throttles a source that tries ever new beginnings", () => {
    const failures = new CredentialFailures();
    const kinds = Array.from({ length: 100 }, (_, n) => failures.note(source, `key-${n}-x`, 0).kind);
    assert.equal(kinds.filter((kind) => kind === "throttled").length, 40);
  });

  it("slows no other source, and another beginning only by the source's own bound", () => {
    const failures = new CredentialFailures();
    throttled(failures, 40, () => source);
    assert.equal(failures.note("203.0.113.10:1", "tg-acme-guess", 0).kind, "refused");
    assert.equal(failures.note(source, "tg-other-guess", 0).kind, "refused");
  });

  it("takes another port for the same source", () => {
    assert.equal(
      throttled(new CredentialFailures(), 20, (n) => `203.0.113.9:${n + 1}`),
      10,
    );
  });

  it("forgives by time, and tells once a minute", () => {
    const failures = new CredentialFailures();
    throttled(failures, 10, () => source);
    const told = Array.from({ length: 120 }, (_, second) =>
      failures.note(source, "tg-acme-x", second * 1_000),
    );
    assert.equal(told.filter((one) => one.kind === "throttled" && one.tell).length, 2);
    assert.equal(told.filter(({ kind }) => kind === "refused").length, 19);
    assert.equal(failures.note(source, "tg-acme-x", 600_000).kind, "refused");
  });

  it("keeps a bounded table", () => {
    const failures = new CredentialFailures();
    throttled(failures, 30_000, (n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:1`);
    assert.equal(failures.size, 20_000);
  });
});

describe("networkOf()", () => {
  const networks: readonly (readonly [source: string, network: string])[] = [
    ["203.0.113.9:4711", "203.0.113.9"],
    ["[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"],
    ["[2001:db8::6]:4711", "2001:db8:0:0::/64"],
    ["[::1]:4711", "0:0:0:0::/64"],
    ["[::ffff:203.0.113.9]:4711", "203.0.113.9"],
    ["", ""],
  ];
  for (const [source, network] of networks)
    it(`of ${source} is ${network}`, () => assert.equal(networkOf(source), network));
});
