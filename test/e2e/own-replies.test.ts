import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { RawConnection } from "../support/clients/chat.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const path = "/v1/chat/completions";

/** What is no proper request, as bytes, and the status that Envoy gives it. */
const refused: readonly (readonly [title: string, bytes: string | Buffer, status: number])[] = [
  ["HTTP/1.0", `POST ${path} HTTP/1.0\r\nhost: x\r\ncontent-length: 0\r\n\r\n`, 426],
  ["no Host", `POST ${path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n`, 400],
  ["an upgrade", head("connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 0\r\n"), 403],
  ["%00 in the path", head("content-length: 0\r\n", `${path}%00`), 400],
  ["a fragment in the path", head("content-length: 0\r\n", `${path}#f`), 400],
  ["a method that is none", `P(ST ${path} HTTP/1.1\r\nhost: x\r\n\r\n`, 400],
  ["two content-lengths", head("content-length: 2\r\ncontent-length: 3\r\n"), 400],
  ["two framings", head("content-length: 2\r\ntransfer-encoding: chunked\r\n"), 400],
  ["150 headers", head(Array.from({ length: 150 }, (_, n) => `x-h-${n}: v\r\n`).join("")), 431],
  ["70 KB of headers", head(`x-long: ${"v".repeat(70_000)}\r\n`), 431],
  ["a TLS hello on a plain port", Buffer.from("16030100c8010000c40303", "hex"), 400],
];

describe("a request that Envoy refuses by itself", () => {
  const running = useTestStack();
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  for (const [title, bytes, status] of refused)
    it(`gets Envoy's status and a body that any client reads: ${title}`, async () => {
      const connection = new RawConnection(stack.baseUrl);
      connection.write(bytes);
      const { text } = await connection.read(1_500);
      const [headers = "", body = ""] = text.split("\r\n\r\n");
      assert.match(headers, new RegExp(`^HTTP/1\\.1 ${status} `), text.slice(0, 300));
      assert.doesNotMatch(headers, /x-envoy/i);
      if (body === "") return;
      const told = JSON.parse(body.replace(/^[0-9a-f]+\r\n/, "").replace(/\r\n0$/, "")) as {
        type: string;
        message: string;
        error: { message: string; type: string; code: string };
      };
      assert.equal(told.type, "error");
      assert.equal(told.error.type, "invalid_request_error");
      assert.equal(told.error.message, told.message);
    });

  it("is no bug of ours, and leaves no record", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
    assert.deepEqual(await stack.records(0), []);
  });
});

describe("a probe of a load balancer", () => {
  const running = useTestStack();

  it("is answered on the listener without a key, and leaves no record", async () => {
    const stack = running();
    const origin = stack.baseUrl.replace(/\/v1$/, "");
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(`${origin}/healthz`, { method });
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), method === "GET" ? "ok\n" : "");
    }
    assert.equal((await fetch(`${origin}/healthz`, { method: "POST", body: "{}" })).status, 404);
    await stack.idle();
    assert.deepEqual(await stack.records(0), []);
  });
});

function head(headers: string, at = path): string {
  return `POST ${at} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-acme\r\n${headers}\r\n`;
}
