import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { before, describe, it } from "node:test";
import { failureCause } from "../../../src/core/failure-cause.ts";

async function failureOf(url: string, signal = AbortSignal.timeout(10_000)): Promise<unknown> {
  try {
    await fetch(url, { signal });
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("failureCause()", () => {
  let nobody = "";
  before(async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    nobody = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((closed) => server.close(closed));
  });

  it("names the innermost code of a request that failed", async () => {
    assert.equal(failureCause(await failureOf(`${nobody}/`)), "ECONNREFUSED");
    assert.match(failureCause(await failureOf("http://no-such-host.invalid/")), /^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it("names the error where there is no code", async () => {
    assert.equal(failureCause(await failureOf(`${nobody}/`, AbortSignal.timeout(0))), "TimeoutError");
    assert.equal(failureCause("no error"), "unknown");
  });

  it("never repeats what a URL holds", async () => {
    const cause = failureCause(await failureOf("http://user:pass-1234@127.0.0.1/"));
    assert.doesNotMatch(cause, /pass-1234/);
  });

  it("ends with causes that go round", () => {
    const [one, other] = [new Error("one"), new TypeError("other")];
    one.cause = other;
    other.cause = one;
    assert.equal(typeof failureCause(one), "string");
  });
});
