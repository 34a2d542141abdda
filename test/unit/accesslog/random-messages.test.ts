import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessLogEntry } from "../../../src/accesslog/access-log-entry.ts";
import { readAccessLogMessage } from "../../../src/accesslog/access-log-message.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { Random } from "../../support/core/random.ts";
import { type Plain, protoMethod } from "../../support/envoy/envoy-protos.ts";
import { type Schema, writeWithGoogle } from "../../support/envoy/google-protobuf.ts";

const { requestSerialize } = protoMethod("envoy.service.accesslog.v3.AccessLogService", "StreamAccessLogs");

const duration: Schema = { seconds: [1, "int64"], nanos: [2, "uint32"] };
const header: Schema = { key: [1, "string"], value: [2, "string"] };
/** The access log's messages for google-protobuf, with some fields that Tollgate passes over. */
const schema: Schema = {
  identifier: [1, { node: [1, { id: [1, "string"] }], log_name: [2, "string"] }],
  http_logs: [
    2,
    {
      log_entry: [
        1,
        {
          common_properties: [
            1,
            {
              time_to_last_rx_byte: [6, duration],
              time_to_first_upstream_rx_byte: [9, duration],
              upstream_remote_address: [
                13,
                { socket_address: [1, { address: [2, "string"], port_value: [3, "uint32"] }] },
              ],
              upstream_cluster: [15, "string"],
              response_flags: [
                16,
                {
                  upstream_connection_failure: [6, "bool"],
                  downstream_connection_termination: [15, "bool"],
                  upstream_protocol_error: [24, "bool"],
                },
              ],
              upstream_transport_failure_reason: [18, "string"],
              duration: [23, duration],
              upstream_request_attempt_count: [24, "uint32"],
            },
          ],
          request: [
            3,
            {
              request_id: [9, "string"],
              request_body_bytes: [12, "uint64"],
              request_headers: [13, header, "repeated"],
            },
          ],
          response: [
            4,
            {
              response_code: [1, { value: [1, "uint32"] }],
              response_body_bytes: [3, "uint64"],
              response_headers: [4, header, "repeated"],
              response_code_details: [6, "string"],
            },
          ],
        },
        "repeated",
      ],
    },
  ],
};

const flagNames = {
  UF: "upstream_connection_failure",
  DC: "downstream_connection_termination",
  UPE: "upstream_protocol_error",
};

function randomEntry(random: Random, kind: AccessLogEntry["kind"]): AccessLogEntry {
  const maybe = <T>(make: () => T) => (random.once(2) ? make() : undefined);
  const text = () => maybe(() => `x${random.text("abcä€ ", 40)}`);
  const ms = () => maybe(() => random.below(1e9) + random.below(64) / 64);
  return {
    kind,
    requestId: text(),
    attempt: maybe(() => 1 + random.below(1000)),
    cluster: text(),
    status: maybe(() => 100 + random.below(500)),
    flags: (["DC", "UF", "UPE"] as const).filter(() => random.once(3)),
    codeDetails: text(),
    durationMs: ms(),
    upstreamFirstByteMs: ms(),
    upstreamAddress: maybe(() => `10.0.0.${random.below(256)}:${1 + random.below(65_535)}`),
    transportFailure: text(),
    retryAfter: maybe(() => String(random.below(100))),
    bytesReceived: random.below(2 ** 31) * random.pick([1, 1000]),
    bytesSent: random.below(1e6),
  };
}

/** An entry as both libraries take it; `headers` says how each takes a map. */
function payloadOf(
  entry: AccessLogEntry,
  headers: (name: string, value: string | undefined) => unknown,
): Plain {
  const lasting = (ms: number | undefined) =>
    ms === undefined ? undefined : { seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };
  return defined({
    common_properties: defined({
      time_to_last_rx_byte: { seconds: 1, nanos: 1 },
      time_to_first_upstream_rx_byte: lasting(entry.upstreamFirstByteMs),
      upstream_remote_address: addressOf(entry.upstreamAddress),
      upstream_cluster: entry.cluster,
      response_flags: Object.fromEntries(
        Object.entries(flagNames).map(([short, name]) => [name, entry.flags.includes(short as "UF")]),
      ),
      upstream_transport_failure_reason: entry.transportFailure,
      duration: lasting(entry.durationMs),
      upstream_request_attempt_count: entry.kind === "request" ? entry.attempt : undefined,
    }),
    request: defined({
      request_id: entry.requestId,
      request_body_bytes: entry.bytesReceived,
      request_headers: headers("x-envoy-attempt-count", entry.attempt?.toString()),
    }),
    response: defined({
      response_code: entry.status === undefined ? undefined : { value: entry.status },
      response_body_bytes: entry.bytesSent,
      response_headers: headers("retry-after", entry.retryAfter),
      response_code_details: entry.codeDetails,
    }),
  });
}

function addressOf(upstream: string | undefined): Plain | undefined {
  if (upstream === undefined) return undefined;
  const [address, port] = upstream.split(":");
  return { socket_address: { address, port_value: Number(port) } };
}

const asRecord = (name: string, value: string | undefined) =>
  value === undefined ? { other: "1" } : { other: "1", [name]: value };
const asEntries = (name: string, value: string | undefined) =>
  Object.entries(asRecord(name, value)).map(([key, text]) => ({ key, value: text }));

function defined(fields: Plain): Plain {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function read(bytes: Buffer, kind?: AccessLogEntry["kind"]): AccessLogEntry[] {
  const entries: AccessLogEntry[] = [];
  readAccessLogMessage(bytes, { kind }, (entry) =>
    entries.push({ ...entry, flags: [...entry.flags].sort() }),
  );
  return entries;
}

const identifier = (kind: string) => ({ node: { id: "node" }, log_name: `tollgate.${kind}` });

describe("readAccessLogMessage() on random messages", () => {
  it("reads 5,000 of proto-loader's as they were meant", () => {
    const random = new Random(8);
    for (let i = 0; i < 5000; i += 1) {
      const kind = random.pick(["request", "attempt"] as const);
      const entries = random.list(4, () => randomEntry(random, kind));
      const log_entry = entries.map((entry) => payloadOf(entry, asRecord));
      assert.deepEqual(
        read(requestSerialize({ identifier: identifier(kind), http_logs: { log_entry } })),
        entries,
      );
    }
  });

  it("reads 5,000 of google-protobuf's, fields in any order and unknown ones between", () => {
    const random = new Random(9);
    for (let i = 0; i < 5000; i += 1) {
      const kind = random.pick(["request", "attempt"] as const);
      const entries = random.list(4, () => randomEntry(random, kind));
      const log_entry = entries.map((entry) => payloadOf(entry, asEntries));
      assert.deepEqual(read(writeWithGoogle(schema, { http_logs: { log_entry } }, random), kind), entries);
    }
  });

  it("reads or refuses 30,000 spoilt ones, with the one error", () => {
    const random = new Random(10);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 30_000; i += 1) {
      const log_entry = random.list(3, () => payloadOf(randomEntry(random, "attempt"), asRecord));
      const bytes = requestSerialize({ http_logs: { log_entry } });
      for (let n = random.below(3); n >= 0 && bytes.length > 0; n -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      const cut = random.once(3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
      try {
        read(cut, "attempt");
        outcomes.read += 1;
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error));
        assert.equal(error.code, "internal");
        outcomes.refused += 1;
      }
    }
    assert.ok(outcomes.read > 1000 && outcomes.refused > 1000, JSON.stringify(outcomes));
  });
});
