import assert from "node:assert/strict";
import { GatewayError } from "../../../src/core/errors.ts";
import {
  decodeProcessingRequest,
  type ProcessingRequest,
} from "../../../src/extproc/codec/processing-request.ts";
import type { Random } from "../core/random.ts";
import { type Plain, protoMethod } from "./envoy-protos.ts";
import { processingRequest } from "./ext-proc-schema.ts";
import { writeWithGoogle } from "./google-protobuf.ts";

const { requestSerialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");

const kinds = [
  "request_headers",
  "response_headers",
  "request_body",
  "response_body",
  "request_trailers",
  "response_trailers",
] as const satisfies ProcessingRequest["kind"][];
const extProc = "envoy.filters.http.ext_proc";
const names = ["xds.cluster_name", "upstream.request_attempt_count", "response.code_details", "id"];

type Scalar = string | number | boolean | null;
type Structs = Record<string, Record<string, Scalar>>;
/** What a message says, before any library has written it. */
export interface Model {
  readonly kind: ProcessingRequest["kind"];
  readonly headers: { key: string; value?: string; raw_value?: Buffer }[];
  readonly body: Buffer;
  readonly endOfStream: boolean;
  readonly attributes: Structs;
  readonly metadata: Structs;
}

/** A message as Envoy might mean it. */
export function randomModel(random: Random): Model {
  return {
    kind: random.pick(kinds),
    headers: random.list(12, () => {
      const key = random.pick([":path", "a", "content-type", random.text("abc-", 40)]);
      const both = random.below(4);
      return {
        key,
        ...(both === 1 ? { value: random.text("xyz ,;", 50) } : {}),
        ...(both > 1 ? { raw_value: random.bytes(300) } : {}),
        ...(both === 3 ? { value: "passed over" } : {}),
      };
    }),
    body: random.bytes(3000),
    endOfStream: random.once(2),
    attributes: randomStructs(random, [extProc, "other"]),
    metadata: randomStructs(random, ["tollgate.plan", "envoy.lb"]),
  };
}

function randomStructs(random: Random, keys: readonly string[]): Structs {
  const scalar = (): Scalar =>
    random.pick([null, true, false, random.below(1e9), random.below(1e6) / 64, random.text("äb€😀", 20)]);
  const used = keys.filter(() => random.once(3));
  return Object.fromEntries(
    used.map((key) => [key, Object.fromEntries(random.list(5, () => [random.pick(names), scalar()]))]),
  );
}

/** The message as both libraries take it, but for its structs. */
function payloadOf(model: Model): Plain {
  if (model.kind.endsWith("body")) return { body: model.body, end_of_stream: model.endOfStream };
  if (model.kind.endsWith("trailers")) return { trailers: { headers: model.headers } };
  return { headers: { headers: model.headers }, end_of_stream: model.endOfStream };
}

/** The message as proto-loader writes it. */
export function throughProtoLoader(model: Model): Buffer {
  const value = (scalar: Scalar) => {
    if (scalar === null) return { nullValue: 0 };
    return { [`${typeof scalar}Value`.replace("boolean", "bool")]: scalar };
  };
  const structs = (of: Structs) =>
    Object.fromEntries(
      Object.entries(of).map(([key, struct]) => [
        key,
        { fields: Object.fromEntries(Object.entries(struct).map(([name, leaf]) => [name, value(leaf)])) },
      ]),
    );
  return requestSerialize({
    [model.kind]: payloadOf(model),
    attributes: structs(model.attributes),
    metadata_context: { filter_metadata: structs(model.metadata) },
    observability_mode: false,
    protocol_config: { request_body_mode: "BUFFERED" },
  });
}

/** The message as google-protobuf writes it, field by field, in any order and with fields nobody knows between. */
export function throughGoogle(model: Model, random: Random): Buffer {
  const entries = (of: Structs) => Object.entries(of).map(([key, value]) => ({ key, value }));
  const message = {
    [model.kind]: payloadOf(model),
    attributes: entries(model.attributes),
    metadata_context: { filter_metadata: entries(model.metadata) },
  };
  return writeWithGoogle(processingRequest, message, random);
}

/** Asserts that a message was read as it was meant. */
export function check(request: ProcessingRequest, model: Model): void {
  assert.equal(request.kind, model.kind);
  if ("endOfStream" in request) assert.equal(request.endOfStream, model.endOfStream);
  if ("body" in request) assert.ok(request.body.equals(model.body));
  else {
    const expected = new Map<string, string>();
    for (const { key, value = "", raw_value } of model.headers) {
      const text = raw_value?.toString("latin1") ?? value;
      const before = expected.get(key);
      expected.set(key, before === undefined ? text : `${before}, ${text}`);
    }
    assert.deepEqual([...request.headers.names()], [...expected.keys()]);
    for (const [name, value] of expected) assert.equal(request.headers.get(name), value);
  }
  for (const name of names) {
    assert.equal(request.attribute(name), model.attributes[extProc]?.[name] ?? undefined);
    for (const namespace of ["tollgate.plan", "envoy.lb"])
      assert.equal(request.metadata(namespace, name), model.metadata[namespace]?.[name] ?? undefined);
  }
}

/** Decodes with foreign bytes on both sides, as in a buffer read from a socket. */
export function decodeInPlace(bytes: Buffer): ProcessingRequest {
  const around = Buffer.alloc(bytes.length + 16, 0xff);
  bytes.copy(around, 8);
  return decodeProcessingRequest(around.subarray(8, 8 + bytes.length));
}

/** Decodes and reads all there is: what may be thrown is one class of error. */
export function decodeFully(bytes: Buffer): "read" | "refused" {
  try {
    const request = decodeInPlace(bytes);
    if ("body" in request) request.body.toString();
    else for (const name of request.headers.names()) request.headers.get(name);
    for (const name of names) request.attribute(name);
    request.metadata("tollgate.plan", "id");
    return "read";
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, "internal");
    return "refused";
  }
}

/** One to four of: a byte changed, bytes cut off, taken out, doubled or put in. */
export function spoil(bytes: Buffer, random: Random): Buffer {
  let spoilt: Buffer = Buffer.from(bytes);
  for (let i = random.below(4); i >= 0; i -= 1) {
    const at = random.below(spoilt.length + 1);
    const end = Math.min(spoilt.length, at + random.below(20));
    const [before, part, after] = [spoilt.subarray(0, at), spoilt.subarray(at, end), spoilt.subarray(end)];
    switch (random.below(5)) {
      case 0:
        if (at < spoilt.length) spoilt[at] = random.below(256);
        break;
      case 1:
        spoilt = before;
        break;
      case 2:
        spoilt = Buffer.concat([before, after]);
        break;
      case 3:
        spoilt = Buffer.concat([before, part, part, after]);
        break;
      default:
        spoilt = Buffer.concat([before, random.bytes(12), part, after]);
    }
  }
  return spoilt;
}
