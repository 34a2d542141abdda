import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { grpcStatus } from "../../../../src/edge/edge.ts";
import { HpackDecoder } from "../../../../src/edge/http2/hpack-decoder.ts";
import type { HeaderField } from "../../../../src/edge/http2/hpack-table.ts";
import {
  failureBlock,
  httpErrorBlock,
  okTrailerBlock,
  responseBlock,
  trailersOnlyBlock,
} from "../../../../src/edge/http2/response.ts";

function fields(block: Buffer): Record<string, string> {
  const seen: Record<string, string> = {};
  const sink = {
    wantsMore: true,
    add: ({ name, value }: HeaderField) => void Object.assign(seen, { [name]: value }),
  };
  assert.ok(new HpackDecoder().decode(block, 0, block.length, sink));
  return seen;
}

describe("header blocks of answers", () => {
  it("say what gRPC wants them to say", () => {
    const answer = { ":status": "200", "content-type": "application/grpc" };
    assert.deepEqual(fields(responseBlock), answer);
    assert.deepEqual(fields(okTrailerBlock), { "grpc-status": "0" });
    assert.deepEqual(fields(httpErrorBlock(415)), { ":status": "415" });
    assert.deepEqual(fields(trailersOnlyBlock(failureBlock(grpcStatus.unavailable, ""))), {
      ...answer,
      "grpc-status": "14",
    });
  });

  it("percent-encode a message and cut a long one", () => {
    assert.deepEqual(fields(failureBlock(grpcStatus.internal, "50 % für ~\n")), {
      "grpc-status": "13",
      "grpc-message": "50 %25 f%C3%BCr ~%0A",
    });
    assert.equal(
      fields(failureBlock(grpcStatus.internal, "x".repeat(100_000)))["grpc-message"]?.length,
      1_024,
    );
  });
});
