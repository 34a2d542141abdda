import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../support/core/random.ts";
import { protoMethod } from "../../../support/envoy/envoy-protos.ts";
import {
  check,
  decodeFully,
  decodeInPlace,
  randomModel,
  spoil,
  throughGoogle,
  throughProtoLoader,
} from "../../../support/envoy/random-requests.ts";

const { requestSerialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");

describe("decodeProcessingRequest() on random messages", () => {
  it("reads 6,000 of proto-loader's as they were meant", () => {
    const random = new Random(1);
    for (let i = 0; i < 6_000; i += 1) {
      const model = randomModel(random);
      check(decodeInPlace(throughProtoLoader(model)), model);
    }
  });

  it("reads 5,000 of google-protobuf's, fields in any order and unknown ones between", () => {
    const random = new Random(2);
    for (let i = 0; i < 5_000; i += 1) {
      const model = randomModel(random);
      check(decodeInPlace(throughGoogle(model, random)), model);
    }
  });

  it("reads or refuses 10,000 spoilt ones, with the one error", () => {
    const random = new Random(3);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 10_000; i += 1)
      outcomes[decodeFully(spoil(throughProtoLoader(randomModel(random)), random))]++;
    assert.ok(outcomes.read > 250 && outcomes.refused > 250, JSON.stringify(outcomes));
  });

  it("reads or refuses 10,000 strings of random bytes", () => {
    const random = new Random(4);
    let refused = 0;
    for (let i = 0; i < 10_000; i += 1) if (decodeFully(random.bytes(60)) === "refused") refused += 1;
    assert.ok(refused > 7_500);
  });

  it("refuses a message cut at any byte of its payload", () => {
    const headers = [{ key: ":path", raw_value: Buffer.from("/v1/chat/completions") }];
    const bytes = requestSerialize({ request_headers: { headers: { headers }, end_of_stream: true } });
    for (let length = 0; length < bytes.length; length += 1)
      assert.equal(decodeFully(bytes.subarray(0, length)), "refused");
  });
});
