import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { AccessLogEntry } from "../../../src/accesslog/access-log-entry.ts";
import { readAccessLogMessage } from "../../../src/accesslog/access-log-message.ts";
import { assetPath } from "../../../src/core/asset.ts";

function read(name: string, kind?: AccessLogEntry["kind"]): AccessLogEntry[] {
  const entries: AccessLogEntry[] = [];
  const bytes = readFileSync(assetPath(`test/fixtures/envoy-1.40/${name}.bin`));
  readAccessLogMessage(bytes, { kind }, (entry) => entries.push({ ...entry }));
  return entries;
}

describe("readAccessLogMessage() on what Envoy 1.40 sent", () => {
  it("reads an attempt, in the message that opens its log's stream", () => {
    assert.deepEqual(read("access-log-attempt-first"), [
      {
        kind: "attempt",
        requestId: "68ebd7c6-0711-46ab-ba27-d9f59a86362e",
        attempt: 1,
        cluster: "up",
        status: 200,
        flags: [],
        codeDetails: undefined,
        durationMs: 4.175672,
        upstreamFirstByteMs: 4.01923,
        upstreamAddress: "127.0.0.1:42657",
        transportFailure: undefined,
        retryAfter: "7",
        // "hello" from the upstream, "replaced by up" to it.
        bytesReceived: 5,
        bytesSent: 14,
      },
    ]);
  });

  it("reads a request whose connection upstream was refused", () => {
    assert.deepEqual(read("access-log-request", "request"), [
      {
        kind: "request",
        requestId: "63c023d7-9a94-48c3-a907-2e3c0cf3f30a",
        attempt: 1,
        cluster: "dead",
        status: 503,
        flags: ["UF"],
        codeDetails:
          "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
        durationMs: 2.736675,
        upstreamFirstByteMs: undefined,
        upstreamAddress: "127.0.0.1:1",
        transportFailure: "delayed connect error: Connection refused",
        retryAfter: undefined,
        bytesReceived: 0,
        bytesSent: 7,
      },
    ]);
  });
});
