import { type EdgeHandler, type EdgeMethod, type GrpcStatus, wholeMessage } from "../../../src/edge/edge.ts";
import { type Plain, protoMethod } from "./envoy-protos.ts";

const { requestSerialize, responseDeserialize } = protoMethod(
  "envoy.service.ext_proc.v3.ExternalProcessor",
  "Process",
);

/** One ext_proc stream as Envoy opens it; a test sends Envoy's messages and reads the replies. */
export class PlayedStream {
  /** In the order they came. */
  readonly replies: Plain[] = [];
  sent = 0;
  /** How the server ended it; undefined: it has not. */
  status: GrpcStatus | undefined;
  #closed = false;
  readonly #handler: EdgeHandler;

  constructor(method: EdgeMethod, role: string | undefined) {
    this.#handler = method.open(
      {
        send: (message) => void this.replies.push(responseDeserialize(Buffer.from(wholeMessage(message)))),
        end: () => {
          this.status ??= 0;
        },
        fail: (status) => {
          this.status ??= status;
        },
        pause: () => undefined,
        resume: () => undefined,
      },
      (name) => (name === "x-tollgate-role" ? role : undefined),
    );
  }

  /** Sends a message; an ended stream takes none. */
  send(message: Plain): void {
    this.sendBytes(requestSerialize(message));
  }

  sendBytes(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.sent += 1;
    const fleeting = Buffer.from(bytes);
    this.#handler.message(fleeting);
    // As an edge may: whoever kept it without copying is found out.
    fleeting.fill(0xdb);
  }

  get isOpen(): boolean {
    return this.status === undefined && !this.#closed;
  }

  /** Envoy is done with it, or gave it up. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler.closed();
  }

  get last(): Plain {
    return this.replies.at(-1) ?? {};
  }
}

/** A request's headers, or a response's. */
export function headersMessage(
  kind: "request_headers" | "response_headers",
  headers: Readonly<Record<string, string>>,
  more: { readonly attributes?: Plain; readonly planId?: string; readonly endOfStream?: boolean } = {},
): Plain {
  const entries = Object.entries(headers).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
  return {
    [kind]: { headers: { headers: entries }, end_of_stream: more.endOfStream ?? false },
    ...(more.attributes === undefined
      ? {}
      : { attributes: { "envoy.filters.http.ext_proc": struct(more.attributes) } }),
    ...(more.planId === undefined
      ? {}
      : { metadata_context: { filter_metadata: { "tollgate.plan": struct({ id: more.planId }) } } }),
  };
}

/** A piece of a body. */
export function bodyMessage(kind: "request_body" | "response_body", body: string, end: boolean): Plain {
  return { [kind]: { body: Buffer.from(body), end_of_stream: end } };
}

function struct(values: Plain): Plain {
  const fields = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "number" ? { numberValue: value } : { stringValue: String(value) },
  ]);
  return { fields: Object.fromEntries(fields) };
}
