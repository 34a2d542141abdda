import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { bedrockConverse } from "../../../src/dialect/bedrock-converse/bedrock-converse.ts";
import { bedrockInvoke } from "../../../src/dialect/bedrock-invoke/bedrock-invoke.ts";
import { bedrock } from "../../../src/provider/bedrock.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const provider = bedrock.create(
  bedrock.schema.parse({ region: "eu-west-1", apiKey: "k" }) as never,
  kindContext(),
);

describe("provider bedrock", () => {
  it("goes to its region's endpoint, unless told another", () => {
    assert.equal(provider.endpoint.href, "https://bedrock-runtime.eu-west-1.amazonaws.com/");
    assert.equal(bedrock.schema.safeParse({ apiKey: "k" }).success, false);
  });

  it("puts model and stream into the path, encoded once", () => {
    const model = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0";
    const encoded = "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x-v1%3A0";
    const path = (name: string, stream: boolean) => provider.prepare({ name, stream }, model).path;
    assert.equal(path("converse", false), `/model/${encoded}/converse`);
    assert.equal(path("converse", true), `/model/${encoded}/converse-stream`);
    assert.equal(path("invoke", false), `/model/${encoded}/invoke`);
    assert.equal(path("invoke", true), `/model/${encoded}/invoke-with-response-stream`);
  });

  it("reads such paths back", () => {
    assert.deepEqual(bedrockConverse.match("POST", "/model/a%3A0%2Fb/converse-stream"), {
      name: "converse",
      model: "a:0/b",
      stream: true,
    });
    assert.deepEqual(bedrockInvoke.match("POST", "/model/a:0/invoke?x"), {
      name: "invoke",
      model: "a:0",
      stream: false,
    });
    for (const path of [
      "/model//converse",
      "/model/%zz/converse",
      "/model/a/b/converse",
      "/model/a/converse/",
      "/model/a/invoke",
    ])
      assert.equal(bedrockConverse.match("POST", path), undefined, path);
  });

  const cases: readonly (readonly [number, string, string, string])[] = [
    [400, "ValidationException", "Input is too long for requested model.", "context_length"],
    [
      400,
      "ValidationException:http://internal.amazon.com/",
      "The provided model identifier is invalid.",
      "client_error",
    ],
    [400, "ServiceQuotaExceededException", "x", "auth_or_quota"],
    [403, "AccessDeniedException", "x", "model_unavailable"],
    [403, "UnrecognizedClientException", "x", "auth_or_quota"],
    [404, "ResourceNotFoundException", "x", "model_unavailable"],
    [408, "ModelTimeoutException", "x", "timeout"],
    [424, "ModelErrorException", "x", "overloaded"],
    [429, "ThrottlingException", "x", "rate_limited"],
    [429, "ModelNotReadyException", "x", "rate_limited"],
    [500, "InternalServerException", "x", "overloaded"],
    [503, "ServiceUnavailableException", "x", "overloaded"],
  ];
  for (const [status, type, message, expected] of cases)
    it(`takes ${status} ${type} "${message}" for ${expected}`, () => {
      const headers = headersOf({ "x-amzn-errortype": type });
      assert.equal(provider.classify(status, headers, Buffer.from(JSON.stringify({ message }))), expected);
    });
});
