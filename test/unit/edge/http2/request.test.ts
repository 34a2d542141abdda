import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headerKind } from "../../../../src/edge/http2/header-kind.ts";
import { parseContentLength, parseGrpcTimeout, RequestHeaders } from "../../../../src/edge/http2/request.ts";

const pseudo: [string, string][] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/a/b"],
];

function headers(fields: readonly (readonly [string, string])[], maxBytes = 10_000): RequestHeaders {
  const list = new RequestHeaders(maxBytes);
  for (const [name, value] of fields) list.add({ name, value, kind: headerKind(name, value) });
  return list;
}

describe("RequestHeaders", () => {
  it("takes a well-formed request and gives its fields by name, the first of each", () => {
    const list = headers([
      ...pseudo,
      ["te", "trailers"],
      ["x-a", "1"],
      ["x-a", "2"],
      ["content-type", "application/grpc"],
    ]);
    assert.ok(list.isValidRequest());
    assert.deepEqual([list.method, list.path, list.contentType], ["POST", "/a/b", "application/grpc"]);
    assert.deepEqual(
      [list.get("x-a"), list.get("content-type"), list.get("x-b")],
      ["1", "application/grpc", undefined],
    );
  });

  const malformed: [string, [string, string][]][] = [
    ["no path", pseudo.slice(0, 2)],
    ["an empty path", [...pseudo.slice(0, 2), [":path", ""]]],
    ["a path twice", [...pseudo, [":path", "/a/b"]]],
    ["a pseudo-header after an ordinary one", [["x-a", "1"], ...pseudo]],
    ["an unknown pseudo-header", [...pseudo, [":status", "200"]]],
    ["a capital letter in a name", [...pseudo, ["X-a", "1"]]],
    ["an empty name", [...pseudo, ["", "1"]]],
    ["a space in a name", [...pseudo, ["x a", "1"]]],
    ["a connection header", [...pseudo, ["connection", "close"]]],
    ["te other than trailers", [...pseudo, ["te", "gzip"]]],
    ["a line break in a value", [...pseudo, ["x-a", "1\r\nx-b: 2"]]],
    ["a NUL in a value", [...pseudo, ["x-a", "\0"]]],
  ];
  for (const [what, fields] of malformed)
    it(`refuses ${what}`, () => assert.equal(headers(fields).isValidRequest(), false));

  it("takes ordinary fields alone as trailers, and nothing else", () => {
    assert.ok(headers([["x-checksum", "1"]]).isValidTrailer());
    assert.equal(headers(pseudo).isValidTrailer(), false);
    assert.equal(headers([["connection", "close"]]).isValidTrailer(), false);
  });

  it("keeps nothing beyond the limit of its list", () => {
    const list = headers([...pseudo, ["x-a", "a".repeat(100)], ["x-b", "1"]], 200);
    assert.ok(list.tooLarge);
    assert.equal(list.get("x-b"), undefined);
  });
});

describe("parseGrpcTimeout()", () => {
  for (const [text, ms] of [
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3_000],
    ["50m", 50],
    ["1500u", 2],
    ["1n", 1],
    ["0S", 0],
    ["99999999H", 0x7fff_ffff],
  ] as const)
    it(`reads ${text}`, () => assert.equal(parseGrpcTimeout(text), ms));
  for (const text of ["", "5", "S", "-1S", "1.5S", "123456789S", "1s", "1S "])
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseGrpcTimeout(text), undefined));
});

describe("parseContentLength()", () => {
  it("tells absent, number and nonsense apart", () => {
    assert.deepEqual(["0", "17", undefined, "", "-1", "1e3"].map(parseContentLength), [
      0,
      17,
      -1,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
