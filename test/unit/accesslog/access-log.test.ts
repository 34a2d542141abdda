import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accessLog } from "../../../src/accesslog/access-log.ts";
import type { AccessLogEntry } from "../../../src/accesslog/access-log-entry.ts";
import type { GatewayError } from "../../../src/core/errors.ts";
import { wholeMessage } from "../../../src/edge/edge.ts";
import { type Plain, protoMethod } from "../../support/envoy/envoy-protos.ts";

const { path, requestSerialize, responseDeserialize } = protoMethod(
  "envoy.service.accesslog.v3.AccessLogService",
  "StreamAccessLogs",
);

/** One open stream, and all that is told to either side of it. */
function openStream(onEntry: (entry: AccessLogEntry) => void = () => {}) {
  const entries: AccessLogEntry[] = [];
  const failures: GatewayError[] = [];
  const sent: unknown[] = [];
  const method = accessLog({
    onEntry: (entry) => {
      entries.push({ ...entry });
      onEntry(entry);
    },
    onFailure: (error) => failures.push(error),
  });
  const handler = method.open(
    {
      send: (message) => sent.push(responseDeserialize(Buffer.from(wholeMessage(message)))),
      end: () => sent.push("end"),
      fail: (status) => sent.push(status),
      pause: () => sent.push("pause"),
      resume: () => sent.push("resume"),
    },
    () => undefined,
  );
  const send = (message: Plain) => handler.message(requestSerialize(message));
  return { entries, failures, sent, handler, send, method };
}

const identifier = (name: string) => ({ node: { id: "x".repeat(61_000), cluster: "c" }, log_name: name });
const nothing = {
  requestId: undefined,
  attempt: undefined,
  cluster: undefined,
  status: undefined,
  flags: [],
  codeDetails: undefined,
  durationMs: undefined,
  upstreamFirstByteMs: undefined,
  upstreamAddress: undefined,
  transportFailure: undefined,
  retryAfter: undefined,
  bytesReceived: 0,
  bytesSent: 0,
};

describe("accessLog()", () => {
  it("serves Envoy's method", () => assert.equal(openStream().method.path, path));

  it("tells how a request ended, whichever message of the stream it comes in", () => {
    const stream = openStream();
    stream.send({ identifier: identifier("tollgate.request") });
    stream.send({
      http_logs: {
        log_entry: [
          {
            common_properties: {
              time_to_first_upstream_rx_byte: { nanos: 12_500_000 },
              upstream_cluster: "openai",
              response_flags: {
                downstream_connection_termination: true,
                upstream_retry_limit_exceeded: true,
              },
              duration: { seconds: 61, nanos: 250_000_000 },
              upstream_request_attempt_count: 2,
            },
            request: { request_id: "0190", request_body_bytes: 2048 },
            response: {
              response_code: { value: 200 },
              response_body_bytes: 70_000,
              response_code_details: "via_upstream",
            },
          },
        ],
      },
    });
    assert.deepEqual(stream.entries, [
      {
        kind: "request",
        requestId: "0190",
        attempt: 2,
        cluster: "openai",
        status: 200,
        flags: ["DC", "URX"],
        codeDetails: "via_upstream",
        durationMs: 61_250,
        upstreamFirstByteMs: 12.5,
        upstreamAddress: undefined,
        transportFailure: undefined,
        retryAfter: undefined,
        bytesReceived: 2048,
        bytesSent: 70_000,
      },
    ]);
    assert.deepEqual(stream.failures, []);
  });

  it("tells how an attempt failed, with its number and retry-after where these are logged", () => {
    const stream = openStream();
    const attempt = {
      common_properties: {
        response_flags: { upstream_connection_failure: true },
        upstream_transport_failure_reason: "TLS error",
      },
      request: { request_headers: { other: "9", "x-envoy-attempt-count": "3" } },
      response: { response_code: { value: 503 }, response_headers: { "retry-after": "7", other: "9" } },
    };
    const silent = { common_properties: { upstream_cluster: "" }, response: { response_code: {} } };
    stream.send({ identifier: identifier("tollgate.attempt"), http_logs: { log_entry: [attempt, silent] } });
    assert.deepEqual(stream.entries, [
      {
        ...nothing,
        kind: "attempt",
        attempt: 3,
        status: 503,
        flags: ["UF"],
        transportFailure: "TLS error",
        retryAfter: "7",
      },
      { ...nothing, kind: "attempt" },
    ]);
  });

  it("knows every flag of Envoy's by its short name", () => {
    const stream = openStream();
    const names =
      `failed_local_healthcheck LH, no_healthy_upstream UH, upstream_request_timeout UT, local_reset LR,
      upstream_remote_reset UR, upstream_connection_failure UF, upstream_connection_termination UC, upstream_overflow UO,
      no_route_found NR, delay_injected DI, fault_injected FI, rate_limited RL, unauthorized_details UAEX,
      rate_limit_service_error RLSE, downstream_connection_termination DC, upstream_retry_limit_exceeded URX,
      stream_idle_timeout SI, invalid_envoy_request_headers IH, downstream_protocol_error DPE,
      upstream_max_stream_duration_reached UMSDR, response_from_cache_filter RFCF, no_filter_config_found NFCF,
      duration_timeout DT, upstream_protocol_error UPE, no_cluster_found NC, overload_manager OM,
      dns_resolution_failure DF, downstream_remote_reset DR`
        .split(",")
        .map((pair) => pair.trim().split(" ") as [string, string]);
    stream.send({ identifier: identifier("tollgate.request") });
    for (const [name] of names) {
      const set = name === "unauthorized_details" ? { reason: "EXTERNAL_SERVICE" } : true;
      stream.send({
        http_logs: { log_entry: [{ common_properties: { response_flags: { [name]: set } } }] },
      });
    }
    assert.deepEqual(
      stream.entries.map((entry) => entry.flags),
      names.map(([, short]) => [short]),
    );
  });

  it("answers and ends when Envoy has no more to say", () => {
    const stream = openStream();
    stream.handler.halfClosed();
    stream.handler.closed();
    assert.deepEqual(stream.sent, [{}, "end"]);
  });

  for (const [what, messages] of [
    ["a message that is cut short", [Buffer.from([0x12, 0x05, 0x0a])]],
    ["a log that is not ours", [requestSerialize({ identifier: identifier("other") })]],
    ["entries of a log without a name", [requestSerialize({ http_logs: { log_entry: [{}] } })]],
  ] as const) {
    it(`ends the stream with an error on ${what}, and counts it`, () => {
      const stream = openStream();
      for (const message of messages) stream.handler.message(message);
      assert.deepEqual(stream.entries, []);
      assert.equal(stream.failures.length, 1);
      assert.equal(stream.failures[0]?.code, "internal");
      assert.deepEqual(stream.sent, [13]);
    });
  }

  it("ends only that stream when whoever listens throws", () => {
    const stream = openStream(() => assert.fail("a bug"));
    stream.send({ identifier: identifier("tollgate.request"), http_logs: { log_entry: [{}] } });
    assert.equal(stream.failures[0]?.message, "internal error");
    assert.deepEqual(stream.sent, [13]);
  });
});
