import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { headerValue } from "../../../src/core/header-value.ts";

describe("headerValue()", () => {
  it("leaves plain names as they are", () =>
    assert.equal(
      headerValue("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
      "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ));

  it("percent-encodes what no header can carry", () => {
    assert.equal(headerValue("日本 50%"), "%E6%97%A5%E6%9C%AC 50%25");
    assert.equal(headerValue("a\r\nb"), "a%0D%0Ab");
  });

  it("makes printable ASCII of any text", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => assert.match(headerValue(text), /^[\x20-\x7e]*$/)),
    ));
});
