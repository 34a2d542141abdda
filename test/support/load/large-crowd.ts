import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { chatBody, rawHead } from "../clients/chat.ts";
import { askLarge, type LargeAnswer, startLargeProvider } from "./large-answers.ts";
import { portOf } from "./paced-streams.ts";

/** What a crowd is to do at a gateway. */
export interface CrowdTask {
  readonly baseUrl: string;
  readonly model: string;
  readonly answer: LargeAnswer;
  /** Clients that read one stream after the other. */
  readonly readers: number;
  /** Clients that ask for one stream each, and read nothing. */
  readonly idlers: number;
}

/** What a crowd has read. */
export interface CrowdResult {
  readonly streams: number;
  readonly bytes: number;
  /** Streams that did not come whole and intact: what came instead. */
  readonly broken: readonly string[];
}

/** A crowd under way, in a thread of its own: who measures others' waits must not wait for it in one event loop. */
export class LargeCrowd {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Resolves once every stream has begun. {@link end} ends it. */
  static async start(task: CrowdTask): Promise<LargeCrowd> {
    const worker = startPart({ kind: "crowd", task });
    await once(worker, "message");
    return new LargeCrowd(worker);
  }

  /** Begins no more streams, waits for those under way, and tells what came. */
  async end(): Promise<CrowdResult> {
    this.#worker.postMessage("end");
    const [result] = (await once(this.#worker, "message")) as [CrowdResult];
    await this.#worker.terminate();
    return result;
  }
}

/** A provider of large answers in a thread of its own; `stop` ends it. */
export async function startProviderThread(): Promise<{
  readonly port: number;
  stop(): Promise<unknown>;
}> {
  const worker = startPart({ kind: "provider" });
  const [port] = (await once(worker, "message")) as [number];
  return { port, stop: () => worker.terminate() };
}

type Part = { readonly kind: "provider" } | { readonly kind: "crowd"; readonly task: CrowdTask };

function startPart(part: Part): Worker {
  return new Worker(new URL(import.meta.url), { workerData: part });
}

if (!isMainThread && isPart(workerData)) await run(workerData);

function isPart(data: unknown): data is Part {
  return typeof data === "object" && data !== null && "kind" in data;
}

async function run(part: Part): Promise<void> {
  if (part.kind === "provider") parentPort?.postMessage(portOf(await startLargeProvider()));
  else await runCrowd(part.task);
}

async function runCrowd({ baseUrl, model, answer, readers, idlers }: CrowdTask): Promise<void> {
  let ended = false;
  let streams = 0;
  let bytes = 0;
  const broken: string[] = [];
  const read = async (): Promise<void> => {
    while (!ended) {
      try {
        const outcome = await askLarge(baseUrl, model, true, answer);
        streams += 1;
        bytes += outcome.bytes;
        if (outcome.status !== 200 || !outcome.intact)
          broken.push(`${outcome.status}, ${outcome.bytes} bytes: ${outcome.text} … ${outcome.end}`);
      } catch (error) {
        broken.push(String(error instanceof Error ? (error.cause ?? error) : error));
      }
    }
  };
  const idle = await Promise.all(Array.from({ length: idlers }, () => askAndIdle(baseUrl, model, answer)));
  const reading = Array.from({ length: readers }, read);
  parentPort?.once("message", async () => {
    ended = true;
    await Promise.all(reading);
    for (const socket of idle) socket.destroy();
    parentPort?.postMessage({ streams, bytes, broken } satisfies CrowdResult);
  });
  parentPort?.postMessage("begun");
}

/** Asks for a stream and reads no more than its beginning. */
async function askAndIdle(baseUrl: string, model: string, answer: LargeAnswer): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const body = chatBody({
    model,
    stream: true,
    messages: [{ role: "user", content: JSON.stringify(answer) }],
  });
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const head = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  };
  socket.write(rawHead(head) + body);
  await once(socket, "data");
  socket.pause();
  return socket;
}
