import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import type { EdgeAddress } from "../../../src/edge/edge.ts";

const identity = (bytes: Buffer) => bytes;

/** A stock gRPC client that speaks bytes. */
export class BytesClient {
  readonly #client: Client;

  constructor(address: EdgeAddress) {
    const target = address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
    this.#client = new Client(target, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  call(path: string, metadata: Readonly<Record<string, string>> = {}): BytesCall {
    const headers = new Metadata();
    for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
    return new BytesCall(this.#client.makeBidiStreamRequest(path, identity, identity, headers));
  }

  close(): void {
    this.#client.close();
  }
}

/** One call: what came so far, and promises of what is to come. */
export class BytesCall {
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  readonly received: Buffer[] = [];
  readonly status: Promise<StatusObject>;
  #waiting: (() => void)[] = [];

  constructor(stream: ClientDuplexStream<Buffer, Buffer>) {
    this.stream = stream;
    this.status = new Promise((resolve) => stream.once("status", resolve));
    stream.on("error", () => undefined);
    stream.on("data", (bytes: Buffer) => {
      this.received.push(bytes);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(bytes: Buffer): this {
    this.stream.write(bytes);
    return this;
  }

  end(): this {
    this.stream.end();
    return this;
  }

  /** The message number `index`, counted from 0. */
  async message(index: number): Promise<Buffer> {
    while (this.received.length <= index) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.received[index]!;
  }
}
