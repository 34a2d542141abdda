import { createServer, type Server, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { gzipBomb } from "./worst-inputs.ts";

const answerBytes = 8_000_000;
const dripMs = 2_000;
const lineFeeds = Buffer.alloc(65_536, "\n");
const numbers = Buffer.from(`{"x":[0${",0".repeat(answerBytes / 2)}]}`);
const bomb = gzipBomb(20_000_000);

/** A provider that the attacking tenant owns; what it answers is in the model's name. Resolves once it listens on a port of the kernel's. */
export async function startHostileProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("latin1").on("data", (part: string) => {
      if (body.length < 4_096) body += part;
    });
    request.on("end", () => void answer(body, response).catch(() => response.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

async function answer(body: string, response: ServerResponse): Promise<void> {
  const model = /"model":"(?:evil-)?([\w-]+)"/.exec(body)?.[1];
  response.on("error", () => {});
  switch (model) {
    case "line-feeds":
      response.writeHead(200, { "content-type": "text/event-stream" });
      return write(response, lineFeeds, answerBytes / lineFeeds.length);
    case "numbers":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(numbers);
      return;
    case "bomb":
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      response.end(bomb);
      return;
    default:
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let leftMs = dripMs; leftMs > 0 && !response.destroyed; leftMs -= 10) {
        response.write(":");
        await delay(10);
      }
      response.end();
  }
}

async function write(response: ServerResponse, piece: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && !response.destroyed; n += 1)
    if (!response.write(piece))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off("drain", go).off("close", go);
          resolve();
        };
        response.on("drain", go).on("close", go);
      });
  response.end();
}
