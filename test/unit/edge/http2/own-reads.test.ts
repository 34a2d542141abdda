import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { readBufferBytes, withOwnReads } from "../../../../src/edge/http2/own-reads.ts";

describe("withOwnReads()", () => {
  it("reads every connection into the one buffer, end and errors included", async () => {
    const buffer = Buffer.alloc(readBufferBytes);
    const heard: string[] = [];
    const server = createServer({ pauseOnConnect: true }, (accepted) => {
      const socket = withOwnReads(accepted, buffer, (bytes) => {
        assert.equal(bytes.buffer, buffer.buffer);
        heard.push(bytes.toString());
        socket.write(`${bytes} to you`);
      });
      socket.on("end", () => heard.push("end"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    for (const name of ["Ada", "Brian"]) {
      const client = connect((server.address() as { port: number }).port, "127.0.0.1");
      client.write(name);
      assert.equal(String((await once(client, "data"))[0]), `${name} to you`);
      client.end();
      await once(client, "close");
    }
    server.close();
    await once(server, "close");
    assert.deepEqual(heard, ["Ada", "end", "Brian", "end"]);
  });

  it("reads nothing while the socket is paused", async () => {
    const server = createServer({ pauseOnConnect: true }, (accepted) => {
      const socket = withOwnReads(accepted, Buffer.alloc(8), (bytes) => {
        socket.pause();
        socket.write(bytes);
      });
      socket.on("data", () => assert.fail("what was read is not kept elsewhere"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as { port: number }).port, "127.0.0.1");
    client.write("12345678 and more");
    assert.equal(String((await once(client, "data"))[0]), "12345678");
    const more = once(client, "data");
    const timeout = new Promise((resolve) => setTimeout(resolve, 50, "nothing"));
    assert.equal(await Promise.race([more, timeout]), "nothing");
    client.destroy();
    server.close();
  });

  it("reads as Node does where a socket's handle is not to be had", () => {
    const accepted = new PassThrough() as unknown as Socket;
    const heard: string[] = [];
    assert.equal(
      withOwnReads(accepted, Buffer.alloc(8), (bytes) => heard.push(String(bytes))),
      accepted,
    );
    accepted.emit("data", Buffer.from("as usual"));
    assert.deepEqual(heard, ["as usual"]);
  });
});
