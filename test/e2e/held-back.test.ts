import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { ask, chatBody } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { processUsage } from "../support/measure/process-usage.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const bodyBytes = 31_000_000;
const bodies = 10;
/** A key alone gets a quarter of the 768 MiB that bodies on their way in may take. */
const admittedMax = 6;

describe("bodies that are held back by their last byte", () => {
  const running = useTestStack();
  let stack: TestStack;
  const sockets: Socket[] = [];
  before(() => {
    stack = running();
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
  });

  it("cost Envoy no more than their key's share, and keep no other tenant from being served", async () => {
    const { pid } = stack.stack.envoy;
    const before = processUsage(pid).rssBytes;
    const answers: string[] = [];
    for (let n = 0; n < bodies; n += 1)
      sockets.push(sendHead(stack.stack.listenUrl, (text) => answers.push(text)));
    // Only who finds no room is answered.
    let honest = 0;
    await until(
      "who finds no room is refused",
      async () => {
        const { status } = await ask(stack.baseUrl, chatBody({ model: "one" }), { key: "key-tiny" });
        assert.equal(status, 200);
        honest += 1;
        return answers.length === bodies - admittedMax;
      },
      30_000,
    );
    assert.ok(honest > 0);
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 503 [\s\S]*"code":"capacity"/);
    for (const socket of sockets) sendAllButTheEnd(socket);
    await until("the admitted bodies are there", () =>
      sockets.every((socket) => socket.destroyed || socket.writableLength === 0),
    );
    const grownBytes = processUsage(pid).rssBytes - before;
    assert.ok(grownBytes < (bodyBytes * bodies * 2) / 3, `Envoy grew by ${grownBytes} bytes`);
  });

  it("give their room back when their clients go", async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await stack.idle();
    const body = chatBody({ model: "one", messages: [{ role: "user", content: "x".repeat(100_000) }] });
    assert.equal((await ask(stack.baseUrl, body)).status, 200);
  });

  it("are answered 408 when they do not come in time, and leave nothing open", async () => {
    let answer = "";
    const socket = sendHead(stack.stack.listenUrl, (text) => (answer = text), 1_000);
    sockets.push(socket);
    socket.write('{"model":');
    await until("the body is too late", () => answer !== "", 60_000);
    assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
    await stack.idle();
  });
});

function sendHead(url: string, onAnswer: (text: string) => void, bytes = bodyBytes): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.once("data", (answer) => {
    onAnswer(answer.toString());
    socket.destroy();
  });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-acme\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
  socket.write(head);
  return socket;
}

function sendAllButTheEnd(socket: Socket): void {
  const piece = Buffer.alloc(65_536, " ");
  let left = bodyBytes - 1;
  const push = (): void => {
    while (left > 0 && !socket.destroyed) {
      const part = piece.subarray(0, Math.min(left, piece.length));
      left -= part.length;
      if (!socket.write(part)) {
        socket.once("drain", push);
        return;
      }
    }
  };
  push();
}
