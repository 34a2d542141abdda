import { GatewayError } from "../core/errors.ts";
import { type EdgeHandler, type EdgeMethod, type EdgeStream, grpcStatus } from "../edge/edge.ts";
import type { AccessLogEntry } from "./access-log-entry.ts";
import { type AccessLogStreamState, readAccessLogMessage } from "./access-log-message.ts";

/** Receives Envoy's access-log entries. */
export interface AccessLogListener {
  /** One request or attempt has ended. Called in the order of the stream it came on; a throw ends that stream. */
  onEntry(entry: AccessLogEntry): void;
  /** A stream was ended for a message that could not be read; for counting. Must not throw. */
  onFailure(error: GatewayError): void;
}

/** The gRPC method by which Envoy delivers its access log: one stream per log and worker thread, open as long as Envoy runs. */
export function accessLog(listener: AccessLogListener): EdgeMethod {
  return {
    path: "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs",
    open: (stream) => new AccessLogHandler(stream, listener),
  };
}

class AccessLogHandler implements EdgeHandler {
  readonly #stream: EdgeStream;
  readonly #listener: AccessLogListener;
  readonly #onEntry: (entry: AccessLogEntry) => void;
  readonly #state: AccessLogStreamState = { kind: undefined };

  constructor(stream: EdgeStream, listener: AccessLogListener) {
    this.#stream = stream;
    this.#listener = listener;
    this.#onEntry = (entry) => listener.onEntry(entry);
  }

  message(bytes: Buffer): void {
    try {
      readAccessLogMessage(bytes, this.#state, this.#onEntry);
    } catch (error) {
      this.#listener.onFailure(GatewayError.from(error));
      this.#stream.fail(grpcStatus.internal, "access log message refused");
    }
  }

  halfClosed(): void {
    this.#stream.send(streamAccessLogsResponse);
    this.#stream.end();
  }

  closed(): void {}
}

/** A message without fields. */
const streamAccessLogsResponse = new Uint8Array(0);
