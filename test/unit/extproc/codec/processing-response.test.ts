import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type EdgeMessage, wholeMessage } from "../../../../src/edge/edge.ts";
import {
  continueReplies,
  encodeBodyReply,
  encodeHeadersReply,
  encodeImmediateReply,
  encodeTrailersReply,
} from "../../../../src/extproc/codec/processing-response.ts";
import { protoMethod } from "../../../support/envoy/envoy-protos.ts";

const { responseDeserialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
/** As a protobuf library reads it, with plain objects and without what is not there. */
const decode = (message: EdgeMessage): unknown =>
  JSON.parse(JSON.stringify(responseDeserialize(Buffer.from(wholeMessage(message)))));
const json = (bytes: string) => JSON.parse(JSON.stringify(Buffer.from(bytes)));

describe("continueReplies", () => {
  it("answers each kind of message with its own member and no change", () => {
    for (const [kind, bytes] of Object.entries(continueReplies)) {
      assert.deepEqual(decode(bytes), {
        [kind]: kind.endsWith("trailers") ? {} : { response: {} },
      });
    }
  });
});

describe("encodeHeadersReply()", () => {
  it("sets and removes headers, replaces the body, and says so with CONTINUE_AND_REPLACE", () => {
    const bytes = encodeHeadersReply({
      kind: "request_headers",
      edits: {
        set: [
          [":path", "/v1/messages"],
          ["x-key", "\u00e9"],
        ],
        remove: ["authorization", "cookie"],
      },
      replacementBody: Buffer.from("{}"),
      clearRouteCache: true,
    });
    assert.deepEqual(decode(bytes), {
      request_headers: {
        response: {
          status: "CONTINUE_AND_REPLACE",
          header_mutation: {
            set_headers: [
              {
                header: { key: ":path", raw_value: json("/v1/messages") },
                append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
              },
              {
                header: { key: "x-key", raw_value: { type: "Buffer", data: [0xe9] } },
                append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
              },
            ],
            remove_headers: ["authorization", "cookie"],
          },
          body_mutation: { body: json("{}") },
          clear_route_cache: true,
        },
      },
    });
  });

  it("overrides modes, NONE by leaving out", () => {
    const bytes = encodeHeadersReply({
      kind: "response_headers",
      modeOverride: { requestBody: "none", responseBody: "streamed", responseTrailers: "send" },
    });
    assert.deepEqual(decode(bytes), {
      response_headers: { response: {} },
      mode_override: { response_body_mode: "STREAMED", response_trailer_mode: "SEND" },
    });
    const none = encodeHeadersReply({
      kind: "response_headers",
      modeOverride: { requestBody: "none", responseBody: "none" },
    });
    assert.deepEqual((decode(none) as { mode_override: unknown }).mode_override, {});
  });

  it("writes dynamic metadata of any JSON shape", () => {
    const bytes = encodeHeadersReply({
      kind: "request_headers",
      dynamicMetadata: {
        "tollgate.plan": {
          id: "x",
          groups: [["a", "b"], []],
          n: 1.5,
          yes: true,
          no: false,
          none: null,
          "": {},
        },
      },
    });
    assert.deepEqual((decode(bytes) as { dynamic_metadata: unknown }).dynamic_metadata, {
      fields: {
        "tollgate.plan": {
          structValue: {
            fields: {
              id: { stringValue: "x" },
              groups: {
                listValue: {
                  values: [
                    {
                      listValue: {
                        values: [{ stringValue: "a" }, { stringValue: "b" }],
                      },
                    },
                    { listValue: {} },
                  ],
                },
              },
              n: { numberValue: 1.5 },
              yes: { boolValue: true },
              no: { boolValue: false },
              none: { nullValue: "NULL_VALUE" },
              "": { structValue: {} },
            },
          },
        },
      },
    });
  });

  for (const [what, name, value] of [
    ["a line break", "x", "a\r\nb"],
    ["a character above one byte", "x", "\u010a"],
    ["a NUL", "x", "\0"],
    ["an upper-case name", "X-Key", "a"],
    ["an empty name", "", "a"],
    ["a blank in a name", "x y", "a"],
  ] as const) {
    it(`refuses ${what} and encodes the next reply as if nothing had been`, () => {
      const edits = { set: [[name, value]] as const, remove: [] };
      assert.throws(() => encodeHeadersReply({ kind: "request_headers", edits }), {
        name: "GatewayError",
        code: "internal",
      });
      assert.deepEqual(encodeHeadersReply({ kind: "request_headers" }), continueReplies.request_headers);
    });
  }

  it("refuses a struct without bottom instead of following it", () => {
    let struct: { [name: string]: typeof struct } = {};
    for (let i = 0; i < 100; i += 1) struct = { a: struct };
    assert.throws(() => encodeHeadersReply({ kind: "request_headers", dynamicMetadata: struct }), /depth/);
  });
});

describe("encodeBodyReply()", () => {
  const body = (reply: Parameters<typeof encodeBodyReply>[0]) =>
    (decode(encodeBodyReply(reply)) as Record<string, { response: { body_mutation: unknown } }>)[reply.kind]!
      .response.body_mutation;

  it("replaces, clears, or streams a body, also with no bytes", () => {
    const kind = "response_body";
    const none = new Uint8Array(0);
    assert.deepEqual(body({ kind, body: { kind: "replace", bytes: Buffer.from("a") } }), {
      body: json("a"),
    });
    assert.deepEqual(body({ kind, body: { kind: "replace", bytes: none } }), {
      body: json(""),
    });
    assert.deepEqual(body({ kind, body: { kind: "clear" } }), { clear_body: true });
    assert.deepEqual(body({ kind, body: { kind: "streamed", bytes: Buffer.from("a"), endOfStream: true } }), {
      streamed_response: { body: json("a"), end_of_stream: true },
    });
  });

  it("carries a body of several megabytes", () => {
    const bytes = Buffer.alloc(5_000_000, "x");
    const edits = { set: [["content-length", "5000000"]] as const, remove: [] };
    const reply = encodeBodyReply({ kind: "request_body", edits, body: { kind: "replace", bytes } });
    const decoded = responseDeserialize(Buffer.from(wholeMessage(reply))) as {
      request_body: { response: { body_mutation: { body: Buffer } } };
    };
    assert.ok(decoded.request_body.response.body_mutation.body.equals(bytes));
    assert.ok(!(reply instanceof Uint8Array) && reply.includes(bytes), "it is not copied");
  });
});

describe("encodeTrailersReply()", () => {
  it("edits trailers", () => {
    const edits = { set: [["x", "y"]] as const, remove: ["z"] };
    assert.deepEqual(decode(encodeTrailersReply({ kind: "response_trailers", edits })), {
      response_trailers: {
        header_mutation: {
          set_headers: [
            { header: { key: "x", raw_value: json("y") }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" },
          ],
          remove_headers: ["z"],
        },
      },
    });
  });
});

describe("encodeImmediateReply()", () => {
  it("carries status, headers, body, details and metadata", () => {
    const bytes = encodeImmediateReply({
      status: 429,
      headers: [["retry-after", "3"]],
      body: Buffer.from("{}"),
      details: "tollgate_rate_limit",
      dynamicMetadata: { "tollgate.plan": { id: "x" } },
    });
    assert.deepEqual(decode(bytes), {
      immediate_response: {
        status: { code: 429 },
        headers: {
          set_headers: [
            {
              header: { key: "retry-after", raw_value: json("3") },
              append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
            },
          ],
        },
        body: json("{}"),
        details: "tollgate_rate_limit",
      },
      dynamic_metadata: {
        fields: {
          "tollgate.plan": {
            structValue: { fields: { id: { stringValue: "x" } } },
          },
        },
      },
    });
  });
});
