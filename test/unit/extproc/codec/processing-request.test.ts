import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeProcessingRequest } from "../../../../src/extproc/codec/processing-request.ts";
import { type Plain, protoMethod } from "../../../support/envoy/envoy-protos.ts";

const { requestSerialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
const decode = (message: Plain) => decodeProcessingRequest(requestSerialize(message));

describe("decodeProcessingRequest()", () => {
  it("reads headers by name, raw_value before value, repeated ones joined", () => {
    const request = decode({
      request_headers: {
        headers: {
          headers: [
            { key: ":path", raw_value: Buffer.from("/v1/chat") },
            { key: "accept", value: "text" },
            { key: "accept", raw_value: Buffer.from("json") },
            { key: "both", value: "plain", raw_value: Buffer.from("raw") },
            { key: "obs", raw_value: Buffer.from([0xe9, 0x09, 0xff]) },
            { key: "empty" },
          ],
        },
        end_of_stream: true,
      },
    });
    assert.ok(request.kind === "request_headers");
    assert.equal(request.endOfStream, true);
    assert.equal(request.headers.get(":path"), "/v1/chat");
    assert.equal(request.headers.get("accept"), "text, json");
    assert.equal(request.headers.get("both"), "raw");
    assert.equal(request.headers.get("obs"), "\u00e9\t\u00ff");
    assert.equal(request.headers.get("empty"), "");
    assert.equal(request.headers.get("absent"), undefined);
    assert.deepEqual([...request.headers.names()], [":path", "accept", "both", "obs", "empty"]);
  });

  it("hands out a body as a view of the message, without a copy", () => {
    const bytes = requestSerialize({
      response_body: { body: Buffer.from("data: 1\n\n"), end_of_stream: false },
    });
    const request = decodeProcessingRequest(bytes);
    assert.ok(request.kind === "response_body");
    assert.equal(request.body.toString(), "data: 1\n\n");
    assert.equal(request.body.buffer, bytes.buffer);
    assert.equal(request.endOfStream, false);
  });

  it("tells how answers are sent where Envoy says it", () => {
    const modeOf = (config: Plain) => decode({ request_headers: {}, ...config }).responseBodyMode();
    assert.equal(modeOf({}), undefined);
    assert.equal(modeOf({ protocol_config: {} }), "none");
    const both = { request_body_mode: "BUFFERED", response_body_mode: "FULL_DUPLEX_STREAMED" };
    assert.equal(modeOf({ protocol_config: both }), "full_duplex_streamed");
  });

  it("reads an empty last chunk", () => {
    const request = decode({ request_body: { end_of_stream: true } });
    assert.ok(request.kind === "request_body");
    assert.equal(request.body.length, 0);
    assert.equal(request.endOfStream, true);
  });

  it("reads trailers of both directions", () => {
    for (const kind of ["request_trailers", "response_trailers"] as const) {
      const request = decode({
        [kind]: { trailers: { headers: [{ key: "x", raw_value: Buffer.from("y") }] } },
      });
      assert.ok(request.kind === kind);
      assert.equal(request.headers.get("x"), "y");
    }
  });

  it("finds scalar attributes under the filter's name only", () => {
    const request = decode({
      response_headers: {},
      attributes: {
        "envoy.filters.http.ext_proc": {
          fields: {
            "xds.cluster_name": { stringValue: "openai" },
            "upstream.request_attempt_count": { numberValue: 2 },
            flag: { boolValue: false },
            nothing: { nullValue: 0 },
            nested: { structValue: { fields: { "xds.cluster_name": { stringValue: "no" } } } },
          },
        },
        other: { fields: { elsewhere: { stringValue: "no" } } },
      },
    });
    assert.equal(request.attribute("xds.cluster_name"), "openai");
    assert.equal(request.attribute("upstream.request_attempt_count"), 2);
    assert.equal(request.attribute("flag"), false);
    assert.equal(request.attribute("nothing"), undefined);
    assert.equal(request.attribute("nested"), undefined);
    assert.equal(request.attribute("elsewhere"), undefined);
  });

  it("finds forwarded metadata by namespace and name", () => {
    const request = decode({
      request_headers: {},
      metadata_context: {
        filter_metadata: {
          "tollgate.plan": { fields: { id: { stringValue: "0190" }, mode: { stringValue: "plain" } } },
          "envoy.lb": { fields: { id: { stringValue: "no" } } },
        },
      },
    });
    assert.equal(request.metadata("tollgate.plan", "id"), "0190");
    assert.equal(request.metadata("tollgate.plan", "worker"), undefined);
    assert.equal(request.metadata("tollgate", "id"), undefined);
  });

  it("refuses a message of no known kind, and one of two kinds", () => {
    const body = requestSerialize({ request_body: {} });
    assert.throws(() => decodeProcessingRequest(Buffer.alloc(0)), { name: "GatewayError", code: "internal" });
    assert.throws(() => decodeProcessingRequest(Buffer.concat([body, body])), { name: "GatewayError" });
  });

  it("passes over a struct nested a hundred thousand deep, in time that only its length decides", () => {
    const bytes = Buffer.concat([requestSerialize({ request_headers: {} }), nested(100_000)]);
    const request = decodeProcessingRequest(bytes);
    assert.equal(request.attribute("id"), undefined);
    assert.equal(request.metadata("a", "id"), undefined);
  });

  it("refuses a hundred thousand groups in one another at the first", () => {
    assert.throws(() => decodeProcessingRequest(Buffer.alloc(100_000, 0x0b)), { name: "GatewayError" });
  });

  it("refuses more headers than any Envoy sends", () => {
    const headers = Buffer.alloc(2 * 40_000);
    for (let i = 0; i < headers.length; i += 2) headers[i] = 0x0a;
    const message = delimited(0x12, delimited(0x0a, headers));
    assert.throws(() => decodeProcessingRequest(message), /too many headers/);
  });
});

/** Attributes of the filter whose `id` is a struct with an `id` that is a struct, and so on. */
function nested(depth: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const prepend = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  const name = delimited(0x0a, Buffer.from("id"));
  for (let i = 0; i < depth; i += 1) {
    prepend(prefix(0x2a, length)); // Value.struct_value
    prepend(prefix(0x12, length)); // the entry's value
    prepend(name);
    prepend(prefix(0x0a, length)); // Struct.fields
  }
  prepend(prefix(0x12, length));
  prepend(delimited(0x0a, Buffer.from("envoy.filters.http.ext_proc")));
  prepend(prefix(0x4a, length));
  return Buffer.concat(parts.reverse());
}

function delimited(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([prefix(tag, bytes.length), bytes]);
}

function prefix(tag: number, length: number): Buffer {
  const bytes = [tag];
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
