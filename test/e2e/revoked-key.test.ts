import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { loadConfig } from "../../src/config/load.ts";
import { ask, chatBody, eventsOf, streamedText } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

/** Longest time that a stream may go on after its key was removed. */
const cutWithinMs = 5_000;

describe("a key that is removed from the keys file", () => {
  const running = useTestStack({ keys: { leaver: "key-leaver" } });
  let stack: TestStack;
  let keys: string;
  before(() => {
    stack = running();
    keys = join(stack.folder, "keys.yaml");
  });

  async function reload(): Promise<void> {
    const loaded = loadConfig(stack.file, stack.env);
    assert.ok(loaded.kind === "snapshot");
    await stack.stack.reload(loaded.snapshot);
  }

  it("ends the streams of its caller within five seconds, in their dialect, and charges what came; others go on", async () => {
    stack.alpha.setFaults({ tokens: 100, tokenDelayMs: 50 });
    const body = chatBody({ stream: true, max_tokens: 100 });
    const staying = ask(stack.baseUrl, body, { key: "key-acme" });
    const leaving = await fetch(`${stack.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer key-leaver", "content-type": "application/json" },
      body,
    });
    assert.ok(leaving.body !== null);
    const pieces = leaving.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let got = "";
    while (streamedText(got) === "") got += (await pieces.next()).value ?? "";
    const text = readFileSync(keys, "utf8");
    const without = text
      .split(/(?=^ {2}- )/m)
      .filter((entry) => !entry.includes("leaver"))
      .join("");
    assert.notEqual(without, text);
    writeFileSync(keys, without);
    const startedMs = performance.now();
    await reload();
    for await (const piece of pieces) got += piece;
    assert.ok(performance.now() - startedMs < cutWithinMs);
    assert.match(eventsOf(got).at(-1) ?? "", /"code":"invalid_api_key"/);
    const record = await stack.record(leaving.headers.get("x-tollgate-exchange-id"));
    assert.deepEqual(
      [record.ending, record.error_code, record.tenant_id],
      ["cut_by_policy", "unauthenticated", "leaver"],
    );
    assert.ok(Number(record.output_tokens) > 0 && Number(record.output_tokens) < 100);
    assert.equal((await ask(stack.baseUrl, chatBody(), { key: "key-leaver" })).status, 401);
    const whole = await staying;
    assert.equal(eventsOf(whole.text).at(-1), "[DONE]");
    assert.equal((await stack.record(whole.exchange)).ending, "completed");
  });
});
