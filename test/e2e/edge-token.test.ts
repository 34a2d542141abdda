import assert from "node:assert/strict";
import { it } from "node:test";
import { grpcStatus } from "../../src/edge/edge.ts";
import { tokenKey } from "../../src/edge/require-token.ts";
import { roleKey } from "../../src/plan/metadata.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { BytesClient } from "../support/edge/grpc-client.ts";
import { bodyMessage, headersMessage } from "../support/envoy/envoy-player.ts";
import { protoMethod } from "../support/envoy/envoy-protos.ts";
import { useTestStack } from "../support/stack/stack.ts";

const token = "only-envoy-knows-this";
const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "127.0.0.1:0", token: "\${env:EDGE_TOKEN}" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 3, output: 4 } }
models:
  both: { targets: [alpha/model-a, beta/model-b] }
identity:
  - { type: api-key, file: ./keys.yaml }
`;
const question = JSON.stringify({
  model: "both",
  max_tokens: 9,
  messages: [{ role: "user", content: "hi" }],
});
const extProc = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const { requestSerialize } = protoMethod("envoy.service.ext_proc.v3.ExternalProcessor", "Process");
const accessLog = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

describeOnEveryEdge("a gateway that listens on TCP", (edge) => {
  const stack = useTestStack({ config, edge, env: { EDGE_TOKEN: token } });

  const ask = (): Promise<Response> =>
    fetch(`${stack().baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer key-acme", "content-type": "application/json" },
      body: question,
    });

  it("serves the Envoy that sends its token, attempts and access log included", async () => {
    stack().alpha.setFaults({ status: 503 });
    const record = await stack().recordOf(async () => {
      const answer = await ask();
      assert.equal(answer.status, 200);
      await answer.text();
    });
    const targets = (record.attempts as { target: string }[]).map(({ target }) => target);
    assert.deepEqual(targets, ["alpha/model-a", "beta/model-b"]);
    stack().alpha.setFaults({});
  });

  const tokens: readonly (readonly [what: string, metadata: Readonly<Record<string, string>>])[] = [
    ["no token", {}],
    ["another token", { [tokenKey]: "something-else-entirely" }],
    ["the beginning of the token", { [tokenKey]: token.slice(0, -1) }],
    ["an empty token", { [tokenKey]: "" }],
  ];
  for (const [what, metadata] of tokens)
    for (const path of [extProc, accessLog])
      it(`tells a stranger nothing who has a client's key and ${what} (${path.split("/").at(-1)})`, async () => {
        const client = new BytesClient(stack().stack.gateway.edgeAddress);
        try {
          const call = client.call(path, { [roleKey]: "downstream", ...metadata });
          const headers = {
            ":method": "POST",
            ":path": "/v1/chat/completions",
            authorization: "Bearer key-acme",
          };
          call.send(requestSerialize(headersMessage("request_headers", headers)));
          call.send(requestSerialize(bodyMessage("request_body", question, true)));
          const { code } = await call.status;
          assert.deepEqual([code, call.received.length], [grpcStatus.unauthenticated, 0]);
        } finally {
          client.close();
        }
      });

  it("tells everybody its health", async () => {
    const client = new BytesClient(stack().stack.gateway.edgeAddress);
    try {
      const call = client.call("/grpc.health.v1.Health/Check").send(Buffer.alloc(0)).end();
      assert.equal((await call.status).code, 0);
    } finally {
      client.close();
    }
  });
});
