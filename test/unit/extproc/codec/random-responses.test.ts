import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HeaderEdits } from "../../../../src/core/headers.ts";
import { wholeMessage } from "../../../../src/edge/edge.ts";
import {
  type BodyEdit,
  type BodyReply,
  encodeBodyReply,
  encodeHeadersReply,
  encodeImmediateReply,
  encodeTrailersReply,
  type HeadersReply,
  type ImmediateReply,
  type TrailersReply,
} from "../../../../src/extproc/codec/processing-response.ts";
import type { StructObject, StructValue } from "../../../../src/extproc/codec/struct-value.ts";
import { Random } from "../../../support/core/random.ts";
import { type Plain, protoMethod } from "../../../support/envoy/envoy-protos.ts";
import { processingResponse } from "../../../support/envoy/ext-proc-schema.ts";
import { readWithGoogle } from "../../../support/envoy/google-protobuf.ts";

const { responseDeserialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");

/** A reply, encoded, and what a protobuf library is to make of it. */
interface Sample {
  readonly bytes: Uint8Array;
  readonly expected: Plain;
}

function randomSample(random: Random): Sample {
  switch (random.below(4)) {
    case 0:
      return headersSample(random);
    case 1:
      return bodySample(random);
    case 2:
      return trailersSample(random);
    default:
      return immediateSample(random);
  }
}

function headersSample(random: Random): Sample {
  const edits = maybe(random, () => randomEdits(random));
  const replacementBody = maybe(random, () => random.bytes(3000));
  const dynamicMetadata = maybe(random, () => randomStruct(random, 4));
  const modeOverride = maybe(random, () => ({
    requestBody: random.pick(["none", "streamed", "buffered", "buffered_partial"] as const),
    responseBody: random.pick(["none", "full_duplex_streamed"] as const),
    responseHeaders: random.pick(["default", "send", "skip"] as const),
    requestTrailers: random.pick(["default", "skip"] as const),
    responseTrailers: random.pick(["default", "send"] as const),
  }));
  const reply: HeadersReply = {
    kind: random.pick(["request_headers", "response_headers"] as const),
    clearRouteCache: random.once(2),
    ...present({ edits, replacementBody, dynamicMetadata, modeOverride }),
  };
  const response = present({
    status: replacementBody && "CONTINUE_AND_REPLACE",
    header_mutation: edits && mutation(edits),
    body_mutation: replacementBody && { body: replacementBody },
    clear_route_cache: reply.clearRouteCache || undefined,
  });
  const upper = (mode: string, unset: string) => (mode === unset ? undefined : mode.toUpperCase());
  const mode_override =
    modeOverride &&
    present({
      request_body_mode: upper(modeOverride.requestBody, "none"),
      response_body_mode: upper(modeOverride.responseBody, "none"),
      response_header_mode: upper(modeOverride.responseHeaders, "default"),
      request_trailer_mode: upper(modeOverride.requestTrailers, "default"),
      response_trailer_mode: upper(modeOverride.responseTrailers, "default"),
    });
  return {
    bytes: wholeMessage(encodeHeadersReply(reply)),
    expected: present({ [reply.kind]: { response }, dynamic_metadata: dynamicMetadata, mode_override }),
  };
}

function bodySample(random: Random): Sample {
  const edits = maybe(random, () => randomEdits(random));
  const body = maybe(random, () => randomBodyEdit(random));
  const dynamicMetadata = maybe(random, () => randomStruct(random, 3));
  const reply: BodyReply = {
    kind: random.pick(["request_body", "response_body"] as const),
    clearRouteCache: random.once(2),
    ...present({ edits, body, dynamicMetadata }),
  };
  const response = present({
    header_mutation: edits && mutation(edits),
    body_mutation: body && bodyMutation(body),
    clear_route_cache: reply.clearRouteCache || undefined,
  });
  return {
    bytes: wholeMessage(encodeBodyReply(reply)),
    expected: present({ [reply.kind]: { response }, dynamic_metadata: dynamicMetadata }),
  };
}

function trailersSample(random: Random): Sample {
  const edits = maybe(random, () => randomEdits(random));
  const dynamicMetadata = maybe(random, () => randomStruct(random, 2));
  const reply: TrailersReply = {
    kind: random.pick(["request_trailers", "response_trailers"] as const),
    ...present({ edits, dynamicMetadata }),
  };
  return {
    bytes: wholeMessage(encodeTrailersReply(reply)),
    expected: present({
      [reply.kind]: present({ header_mutation: edits && mutation(edits) }),
      dynamic_metadata: dynamicMetadata,
    }),
  };
}

function immediateSample(random: Random): Sample {
  const { set } = randomEdits(random);
  const reply: ImmediateReply = {
    status: 200 + random.below(400),
    headers: set,
    body: random.bytes(2000),
    details: random.text("tollgate_ä€😀", 40),
  };
  const headers = set.length > 0 ? mutation({ set, remove: [] }) : undefined;
  return {
    bytes: wholeMessage(encodeImmediateReply(reply)),
    expected: {
      immediate_response: present({
        status: { code: reply.status },
        headers,
        body: reply.body,
        details: reply.details,
      }),
    },
  };
}

function randomBodyEdit(random: Random): BodyEdit {
  const bytes = random.bytes(random.once(50) ? 300_000 : 2000);
  return random.pick<BodyEdit>([
    { kind: "replace", bytes },
    { kind: "clear" },
    { kind: "streamed", bytes, endOfStream: random.once(2) },
  ]);
}

/** With at least one edit: none writes nothing, which has its own test. */
function randomEdits(random: Random): HeaderEdits {
  const name = () => `x${random.text("abc-_09", 30)}`;
  return {
    set: [
      [name(), random.text("abc \t;ÿé~", 200)],
      ...random.list(6, () => [name(), random.text("0123456789", 20)] as const),
    ],
    remove: random.list(4, name),
  };
}

function randomStruct(random: Random, depth: number): StructObject {
  return Object.fromEntries(
    random.list(4, () => [random.text("abä.😀", 20), randomValue(random, depth)] as const),
  );
}

function randomValue(random: Random, depth: number): StructValue {
  const leaf = random.pick([
    null,
    true,
    false,
    random.below(1e9) - 5e8,
    random.below(1e6) / 7,
    random.text("xä€", 30),
  ]);
  if (depth === 0 || random.once(2)) return leaf;
  return random.once(2)
    ? randomStruct(random, depth - 1)
    : random.list(4, () => randomValue(random, depth - 1));
}

function mutation(edits: HeaderEdits): Plain {
  const set_headers = edits.set.map(([key, value]) => ({
    header: { key, raw_value: Buffer.from(value, "latin1") },
    append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
  }));
  return { set_headers, ...(edits.remove.length > 0 ? { remove_headers: edits.remove } : {}) };
}

function bodyMutation(edit: BodyEdit): Plain {
  if (edit.kind === "replace") return { body: edit.bytes };
  if (edit.kind === "clear") return { clear_body: true };
  return { streamed_response: { body: edit.bytes, ...(edit.endOfStream ? { end_of_stream: true } : {}) } };
}

function maybe<T>(random: Random, make: () => T): T | undefined {
  return random.once(2) ? make() : undefined;
}

/** Without what is undefined. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** proto-loader's Struct as the JSON it stands for. */
function plainStruct(struct: Plain): Plain {
  return Object.fromEntries(
    Object.entries((struct.fields ?? {}) as Plain).map(([name, value]) => [name, plainValue(value as Plain)]),
  );
}

function plainValue(value: Plain): unknown {
  if (value.structValue) return plainStruct(value.structValue as Plain);
  if (value.listValue) return (((value.listValue as Plain).values ?? []) as Plain[]).map(plainValue);
  return value.nullValue === undefined ? Object.values(value)[0] : null;
}

/** Plain objects all through: proto-loader's have prototypes of their own. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

describe("encode…Reply() on random replies", () => {
  it("is read by proto-loader as it was meant, 6,000 times", () => {
    const random = new Random(5);
    for (let i = 0; i < 6_000; i += 1) {
      const { bytes, expected } = randomSample(random);
      const message = responseDeserialize(Buffer.from(bytes));
      if (message.dynamic_metadata) message.dynamic_metadata = plainStruct(message.dynamic_metadata as Plain);
      assert.deepEqual(plain(message), expected);
    }
  });

  it("is read by google-protobuf as it was meant, 5,000 times", () => {
    const random = new Random(6);
    for (let i = 0; i < 5_000; i += 1) {
      const { bytes, expected } = randomSample(random);
      assert.deepEqual(readWithGoogle(processingResponse, bytes), expected);
    }
  });

  it("leaves earlier replies alone, whatever is encoded after them", () => {
    const random = new Random(7);
    const samples = Array.from({ length: 2000 }, () => {
      const { bytes } = randomSample(random);
      return { bytes, copy: Buffer.from(bytes) };
    });
    for (const { bytes, copy } of samples) assert.ok(copy.equals(bytes));
  });
});
