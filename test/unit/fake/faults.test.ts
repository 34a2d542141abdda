import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { faultModels } from "../../../src/fake/fault-models.ts";
import { faultsOfHeaders, parseFaults } from "../../../src/fake/faults.ts";
import { answerWords } from "../../../src/fake/words.ts";
import { askRaw } from "./raw-client.ts";

const prompt = "hello";
const ask = { model: "m", messages: [{ role: "user", content: prompt }] };
const stream = { ...ask, stream: true, stream_options: { include_usage: true } };
const words = [...answerWords(prompt, 16)];

describe("parseFaults()", () => {
  it("reads delays with and without a unit, positions and flags", () => {
    const pairs = [
      ["token-delay", "20"],
      ["first-token-delay", "2s"],
      ["reset", "3"],
      ["hang", "true"],
    ] as const;
    assert.deepEqual(parseFaults(pairs), {
      tokenDelayMs: 20,
      firstTokenDelayMs: 2_000,
      reset: 3,
      hang: true,
    });
  });

  for (const [word, value] of [
    ["cut", "3"],
    ["cut-after", "-1"],
    ["cut-after", "three"],
    ["status", "99"],
    ["reset", "sometimes"],
    ["token-delay", "1h"],
    ["encoding", "zip"],
    ["hang", "yes"],
    ["__proto__", "1"],
  ] as const) {
    it(`refuses ${word}: ${value}`, () => assert.equal(typeof parseFaults([[word, value]]), "string"));
  }
});

describe("faultsOfHeaders()", () => {
  it("leaves alone every instance that x-fake-only does not name", () => {
    const headers = { "x-fake-status": "503", "x-fake-only": "a, b" };
    assert.deepEqual(faultsOfHeaders(headers, "b"), { status: 503 });
    assert.deepEqual(faultsOfHeaders(headers, "c"), {});
  });
});

describe("a fault, seen from a socket", () => {
  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeProvider({ name: "a" });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  /** The journal's only entry. */
  const told = () => fake.received()[0]!;
  const countWords = (text: string) => text.match(/"content":" [a-z]+"/g)?.length ?? 0;

  it("hang says nothing until the client leaves", async () => {
    const { text, ending } = await askRaw(fake.port, ask, { "x-fake-hang": "true" });
    assert.deepEqual([text, ending], ["", "still open"]);
    await until(() => told().aborted);
    assert.equal(told().status, null);
    assert.equal(told().billed, null);
  });

  it("reset before headers resets without a byte, and bills nothing", async () => {
    const { text, ending } = await askRaw(fake.port, ask, { "x-fake-reset": "before-headers" });
    assert.deepEqual([text, ending], ["", "reset"]);
    assert.equal(told().billed, null);
  });

  it("reset after headers sends the headers alone", async () => {
    const { text, ending } = await askRaw(fake.port, stream, { "x-fake-reset": "after-headers" });
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.ok(text.endsWith("\r\n\r\n"));
    assert.equal(ending, "reset");
  });

  it("reset in mid-stream resets after just these tokens, which are billed", async () => {
    const { text, ending } = await askRaw(fake.port, stream, { "x-fake-reset": "3" });
    assert.equal(countWords(text), 3);
    assert.equal(ending, "reset");
    assert.equal(told().billed!.outputTokens, 3);
    assert.equal(told().outputTokensWritten, 3);
  });

  it("cut-after ends cleanly as HTTP, without finish reason, usage or [DONE]", async () => {
    const { text, ending } = await askRaw(fake.port, stream, { "x-fake-cut-after": "2" });
    assert.equal(countWords(text), 2);
    assert.equal(ending, "closed");
    assert.ok(text.endsWith("\r\n0\r\n\r\n"));
    assert.doesNotMatch(text, /DONE|"finish_reason":"|prompt_tokens/);
  });

  it("cut-after 0 sends no content", async () => {
    const { text } = await askRaw(fake.port, stream, { "x-fake-cut-after": "0" });
    assert.equal(countWords(text), 0);
    assert.match(text, /"role":"assistant"/);
    assert.equal(told().billed, null);
  });

  it("cut-after ends a whole answer after these words", async () => {
    const { text } = await askRaw(fake.port, ask, { "x-fake-cut-after": "2" });
    assert.ok(text.includes(`"content":"${words.slice(0, 2).join("")}\r\n`));
    assert.doesNotMatch(text, /content-length/i);
    assert.equal(told().billed!.outputTokens, 16);
  });

  it("stall-after keeps the connection open, silent", async () => {
    for (const body of [stream, ask]) {
      const { text, ending } = await askRaw(fake.port, body, { "x-fake-stall-after": "4" });
      assert.equal(ending, "still open");
      assert.ok(text.includes(words[3]!) && !text.includes('usage":{'));
    }
    const { text } = await askRaw(fake.port, stream, { "x-fake-stall-after": "0" });
    assert.equal(countWords(text), 0);
  });

  it("error-event puts the error into the stream, or into a whole answer of status 200", async () => {
    const streamed = await askRaw(fake.port, stream, { "x-fake-error-event": "2" });
    assert.equal(countWords(streamed.text), 2);
    assert.match(streamed.text, /data: {"error":{"message":".*"type":"server_error"/);
    assert.doesNotMatch(streamed.text, /DONE/);
    const whole = await askRaw(fake.port, ask, { "x-fake-error-event": "0" });
    assert.match(whole.text, /^HTTP\/1\.1 200 .*\r\n\r\n{"error":/s);
  });

  it("bad-json breaks one event and goes on, or breaks a whole answer", async () => {
    const streamed = await askRaw(fake.port, stream, { "x-fake-bad-json": "1" });
    assert.equal(events(streamed.text).filter((event) => !isJson(event)).length, 1);
    assert.equal(countWords(streamed.text), 16);
    const whole = await askRaw(fake.port, ask, { "x-fake-bad-json": "0" });
    assert.ok(!isJson(unchunk(whole.text)));
  });

  it("empty answers without a byte, or without content, finish reason and usage", async () => {
    const body = await askRaw(fake.port, ask, { "x-fake-empty": "body" });
    assert.match(body.text, /^HTTP\/1\.1 200 .*content-length: 0.*\r\n\r\n$/is);
    const content = await askRaw(fake.port, stream, { "x-fake-empty": "content" });
    assert.equal(countWords(content.text), 0);
    assert.match(content.text, /data: \[DONE\]/);
    assert.doesNotMatch(content.text, /"finish_reason":"|prompt_tokens/);
    assert.ok(fake.received().every(({ billed }) => billed === null));
  });

  it("no-usage tells none, and bills all the same", async () => {
    for (const body of [ask, stream]) {
      const { text } = await askRaw(fake.port, body, { "x-fake-no-usage": "true" });
      assert.doesNotMatch(text, /prompt_tokens/);
    }
    assert.deepEqual(
      fake.received().map(({ billed }) => billed!.outputTokens),
      [16, 16],
    );
  });

  it("encoding encodes, whatever the request accepts, and each event can be decoded when it comes", async () => {
    const plain = await (await post(fake, stream)).text();
    const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };
    for (const [encoding, decode] of Object.entries(decoders)) {
      const { text } = await askRaw(fake.port, stream, { "x-fake-encoding": encoding });
      assert.match(text, new RegExp(`content-encoding: ${encoding}`));
      const decoded = decode(Buffer.from(unchunk(text), "latin1")).toString();
      assert.equal(decoded.length, plain.length);
    }
    const stalled = await askRaw(fake.port, stream, { "x-fake-encoding": "gzip", "x-fake-stall-after": "2" });
    const bytes = Buffer.from(unchunk(stalled.text), "latin1");
    assert.equal(countWords(gunzipSync(bytes, { finishFlush: 2 }).toString()), 2);
  });

  it("chunk-bytes cuts the stream at this size, and loses nothing", async () => {
    const { text } = await askRaw(fake.port, stream, { "x-fake-chunk-bytes": "7" });
    const sizes = [...text.matchAll(/(?:^|\r\n)([0-9a-f]+)\r\n/g)].map(([, size]) =>
      Number.parseInt(size!, 16),
    );
    assert.ok(sizes.slice(1, -2).every((size) => size === 7));
    assert.equal(countWords(unchunk(text)), 16);
    assert.equal(told().outputTokensWritten, 16);
  });

  it("delays come before the first content and between the next, not before the head", async () => {
    const started = performance.now();
    const response = await post(fake, stream, {
      "x-fake-first-token-delay": "200",
      "x-fake-token-delay": "20",
      "x-fake-tokens": "6",
    });
    const headMs = performance.now() - started;
    await response.text();
    const allMs = performance.now() - started;
    assert.ok(allMs - headMs >= 200 + 5 * 20 - 10, `head after ${headMs} ms, end after ${allMs} ms`);
  });

  it("status and error answer in the vendor's words", async () => {
    const busy = await post(fake, ask, { "x-fake-status": "503", "x-fake-retry-after": "3" });
    assert.deepEqual([busy.status, busy.headers.get("retry-after")], [503, "3"]);
    const spent = await post(fake, ask, { "x-fake-error": "quota" });
    assert.equal(spent.status, 429);
    assert.equal(((await spent.json()) as { error: { code: string } }).error.code, "insufficient_quota");
  });

  it("what is misspelt is refused, and names the fault", async () => {
    const response = await post(fake, ask, { "x-fake-cut": "3" });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /there is no fault \\"cut\\"/);
  });

  it("model names fail as their table says, and a header has the last word", async () => {
    assert.deepEqual(faultModels["fake-quota"], { error: "quota" });
    assert.equal((await post(fake, { ...ask, model: "fake-quota" })).status, 429);
    const cut = await askRaw(fake.port, { ...stream, model: "fake-cut" }, { "x-fake-cut-after": "1" });
    assert.equal(countWords(cut.text), 1);
  });

  it("setFaults holds for every request, or for as many as it says", async () => {
    fake.setFaults({ status: 500 }, 2);
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await post(fake, ask)).status);
    assert.deepEqual(statuses, [500, 500, 200]);
  });

  it("refuse() closes the port with all its connections, accept() opens the same again", async () => {
    await fake.refuse();
    await assert.rejects(post(fake, ask));
    await fake.accept();
    assert.equal((await post(fake, ask)).status, 200);
  });
});

function post(fake: FakeProvider, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${fake.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(body), headers });
}

function events(text: string): readonly string[] {
  return [...unchunk(text).matchAll(/^data: (.*)$/gm)]
    .map(([, data]) => data!)
    .filter((data) => data !== "[DONE]");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A body out of its HTTP/1.1 chunks, as far as they came. */
function unchunk(text: string): string {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  if (!/transfer-encoding: chunked/i.test(text)) return rest;
  let body = "";
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (line < 0 || !(size > 0)) return body;
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
