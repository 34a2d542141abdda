import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../../src/core/asset.ts";
import { decodeProcessingRequest } from "../../../../src/extproc/codec/processing-request.ts";

const decode = (name: string) =>
  decodeProcessingRequest(readFileSync(assetPath(`test/fixtures/envoy-1.40/${name}.bin`)));

describe("decodeProcessingRequest() on what Envoy 1.40 sent", () => {
  it("reads request headers", () => {
    const request = decode("request-headers");
    assert.ok(request.kind === "request_headers");
    assert.equal(request.headers.get(":path"), "/ok");
    assert.equal(request.headers.get("content-length"), "100");
    assert.equal(request.headers.get("x-obs"), "\u00e9");
    assert.equal(request.headers.get("x-request-id"), "68ebd7c6-0711-46ab-ba27-d9f59a86362e");
    assert.equal(request.endOfStream, false);
  });

  it("reads a buffered body", () => {
    const request = decode("request-body");
    assert.ok(request.kind === "request_body");
    assert.equal(request.body.toString(), "x".repeat(100));
    assert.equal(request.endOfStream, true);
  });

  it("reads an attempt's headers with attributes and the plan", () => {
    const request = decode("attempt-request-headers");
    assert.ok(request.kind === "request_headers");
    assert.equal(request.headers.get("x-envoy-attempt-count"), "1");
    assert.equal(request.attribute("xds.cluster_name"), "up");
    assert.equal(request.attribute("upstream.request_attempt_count"), 1);
    assert.equal(request.metadata("tollgate.plan", "id"), "the-id");
    assert.equal(request.metadata("tollgate.plan", "n"), 1.5);
  });

  it("reads response headers with attributes", () => {
    const request = decode("response-headers");
    assert.ok(request.kind === "response_headers");
    assert.equal(request.headers.get(":status"), "503");
    assert.equal(request.attribute("response.code_details"), "via_upstream");
    assert.equal(request.attribute("response.flags"), 32_768);
    assert.equal(request.attribute("upstream.request_attempt_count"), 2);
  });

  it("reads a streamed body's last chunk", () => {
    const request = decode("response-body");
    assert.ok(request.kind === "response_body");
    assert.equal(request.body.toString(), "hello");
    assert.equal(request.endOfStream, true);
  });
});
