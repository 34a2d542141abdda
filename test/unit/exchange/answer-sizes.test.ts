import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { GatewayError } from "../../../src/core/errors.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { Offload } from "../../../src/dialect/offload/offload.ts";
import { wholeAnswerBytesMax } from "../../../src/dialect/whole-response.ts";
import { Gate } from "../../../src/exchange/answer/gate.ts";
import { brokenReply, passBody } from "../../../src/exchange/answer/passing.ts";
import { respond } from "../../../src/exchange/answer/responding.ts";
import { attemptAt } from "../../../src/exchange/attempt/attempt-at.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import type { AnswerHead } from "../../../src/exchange/state/outcome.ts";
import type { Services } from "../../../src/exchange/state/services.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";
import { translationAnswers } from "../../fixtures/translation-answers.ts";
import { type AskedFormatName, askedFormats, messageOf } from "../../support/dialect/asked-formats.ts";
import { logAttempt } from "../../support/envoy/play-envoy.ts";
import { responseHead } from "../../support/envoy/response-head.ts";
import { ExchangeWorld } from "../../support/exchange/exchange-world.ts";

/** The provider that speaks each client's format, and one that speaks another. */
const providers = {
  "openai-chat": ["chat", "anthropic"],
  "openai-responses": ["chat", "anthropic"],
  "anthropic-messages": ["anthropic", "chat"],
  "gemini-generate": ["gemini", "chat"],
  "bedrock-converse": ["bedrock", "chat"],
} as const satisfies Readonly<Record<AskedFormatName, readonly [own: string, other: string]>>;
const formatOf = {
  chat: "openai-chat",
  anthropic: "anthropic-messages",
  gemini: "gemini-generate",
  bedrock: "bedrock-converse",
} as const;
type Backend = keyof typeof formatOf;
const backends = Object.keys(formatOf) as readonly Backend[];

/** What looks at an answer before its client does. */
const roles = ["pass", "translate", "keep", "check"] as const;
type Role = (typeof roles)[number];
const encodings = ["identity", "gzip"] as const;

const price = "price: { input: 1, output: 1 }";
const config = `
version: 1
server: { address: "unix:./t.sock" }
backends:
  chat: { provider: openai, endpoint: "http://127.0.0.1:9/v1", apiKey: "\${env:KEY}", ${price} }
  again: { provider: openai, endpoint: "http://127.0.0.1:9/v1", apiKey: "\${env:KEY}", ${price} }
  anthropic: { provider: anthropic, endpoint: "http://127.0.0.1:9", apiKey: "\${env:KEY}", ${price} }
  gemini: { provider: gemini, endpoint: "http://127.0.0.1:9", apiKey: "\${env:KEY}", ${price} }
  bedrock: { provider: bedrock, region: us-east-1, endpoint: "http://127.0.0.1:9", apiKey: "\${env:KEY}", ${price} }
models:
${backends
  .flatMap((name) => [
    `  ${name}-pass: { targets: [${name}/m] }`,
    `  ${name}-keep: { targets: [${name}/m, again/m], failover: content }`,
    `  ${name}-check: { targets: [${name}/m], validate: { complete: true } }`,
  ])
  .join("\n")}
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: month, per: [tenant_id], usd: 1000, window: month }]
`;

/** The last bodies made: each is asked for by several tests in turn. */
let latest: { readonly key: string; readonly body: Buffer } | undefined;

/** What OpenAI answers in its newer format, as https://developers.openai.com/api/reference/resources/responses has it. */
const openaiResponse = {
  id: "resp_1",
  object: "response",
  status: "completed",
  model: "m",
  output: [
    {
      id: "msg_1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "I am a model.", annotations: [] }],
    },
  ],
  usage: { input_tokens: 20, output_tokens: 9, total_tokens: 29 },
};

/** An answer of this format with so many bytes of JSON, of which most are white space. Not compressed, as a bomb is refused for what it is. */
function bodyOf(format: string, bytes: number, encoding: string): Buffer {
  const key = `${format} ${bytes} ${encoding}`;
  if (latest?.key === key) return latest.body;
  const plain = Buffer.alloc(bytes, " ");
  const answer = Buffer.from(
    JSON.stringify(format === "openai-responses" ? openaiResponse : translationAnswers[format]?.text.whole),
  );
  // Of what is too large to be read, the end is.
  answer.copy(plain, bytes > wholeAnswerBytesMax ? bytes - answer.length : 0);
  const body = encoding === "gzip" ? gzipSync(plain, { level: 0 }) : plain;
  latest = { key, body };
  return body;
}

/** What a client got, and what was recorded of it. */
interface Came {
  readonly status: number;
  readonly bytes: number;
  readonly message: string | undefined;
  readonly record: StoredRecord | undefined;
}

describe("a whole answer, by its size, whatever looks at it first", () => {
  // A deadline that a busy machine keeps, too: these answers are as large as they may be.
  const offload = new Offload({ orderMs: 120_000 });
  let world: ExchangeWorld;
  before(async () => {
    const services = (given: Services): Services => ({ ...given, offload });
    world = await ExchangeWorld.start({ config, startAt: "2026-03-01T00:00:00Z", services });
  });
  after(async () => {
    await offload.close();
    await world.close();
  });

  const answered = (format: AskedFormatName, role: Role, bytes: number, encoding: string): Promise<Came> =>
    answeredIn(world, format, role, bytes, encoding);

  for (const [format, role, encoding] of [
    ...roles.map((role) => ["openai-chat", role, "identity"] as const),
    ["openai-chat", "check", "gzip"],
    ["bedrock-converse", "pass", "identity"],
  ] as const)
    it(`up to the maximum comes and costs what its provider says: ${role}, ${format}, ${encoding}`, async () => {
      const bytes = wholeAnswerBytesMax;
      const { status, record, ...came } = await answered(format, role, bytes, encoding);
      assert.deepEqual([status, record?.usage_source], [200, "provider"]);
      if (role !== "translate") assert.equal(came.bytes, bytes);
    });

  // Every role in one format, and every other format in another role: a format differs in the shape of its error alone.
  for (const [format, role, encoding] of [
    ...roles.flatMap((role) => encodings.map((encoding) => ["openai-chat", role, encoding] as const)),
    ["openai-responses", "translate", "identity"],
    ["anthropic-messages", "check", "identity"],
    ["anthropic-messages", "translate", "gzip"],
    ["gemini-generate", "keep", "identity"],
    ["bedrock-converse", "translate", "identity"],
  ] as const) {
    const name = `${role}, ${format}, ${encoding}`;
    // Envoy keeps an answer as it came.
    const isTooLarge =
      role === "translate" || role === "check" || (role === "keep" && encoding === "identity");

    it(`above it ${isTooLarge ? "is an error, charged at its hold" : "passes, charged by the usage at its end"}: ${name}`, async () => {
      const bytes = wholeAnswerBytesMax + 1;
      const { status, message, record, ...came } = await answered(format, role, bytes, encoding);
      if (isTooLarge) {
        assert.deepEqual([status, record?.error_code], [502, "response_too_large"]);
        assert.match(message ?? "", /too large|larger than the 67108864 bytes/);
      } else assert.deepEqual([status, record?.error_code, came.bytes], [200, undefined, bytes]);
      assert.equal(record?.usage_source, isTooLarge ? "estimated" : "provider");
      assert.equal(record?.answer_unread, isTooLarge ? undefined : true);
      if (isTooLarge) assert.equal(record?.cost_nano_usd, record?.held_nano_usd);
      else assert.equal(record?.cost_max_nano_usd, "0");
      assert.deepEqual(world.exchanges.bugs, []);
    });
  }
});

describe("a whole answer that nobody has time to read", () => {
  let world: ExchangeWorld;
  before(async () => {
    const busy = new Offload();
    busy.do = () => Promise.reject(new GatewayError("capacity", "could not be read in time"));
    const services = (given: Services): Services => ({ ...given, offload: busy });
    world = await ExchangeWorld.start({ config, startAt: "2026-03-01T00:00:00Z", services });
  });
  after(() => world.close());

  for (const [role, status] of [
    ["pass", 200],
    ["keep", 200],
    ["check", 503],
    ["translate", 503],
  ] as const)
    it(`${status === 200 ? "passes" : "is refused, and no other target is asked"}: ${role}`, async () => {
      const came = await answeredIn(world, "openai-chat", role, 1_000_000, "identity");
      assert.equal(came.status, status);
      assert.equal(came.record?.error_code, status === 200 ? undefined : "capacity");
      assert.equal(came.record?.usage_source, "estimated");
      assert.equal(came.record.cost_nano_usd, came.record.held_nano_usd);
    });
});

/** Asks for an answer that has so many bytes when decoded, and takes it to its client through a role. */
async function answeredIn(
  world: ExchangeWorld,
  format: AskedFormatName,
  role: Role,
  bytes: number,
  encoding: string,
): Promise<Came> {
  const [own, other] = providers[format];
  const backend = role === "translate" ? other : own;
  const model = `${backend}-${role === "translate" ? "pass" : role}`;
  const { path, body } = askedFormats[format](model, "How much is the toll?");
  const { exchange, outcome } = await world.exchanges.ask(body, path);
  assert.equal(outcome.kind, "forward");
  const came = await play(
    exchange,
    role,
    bodyOf(role === "translate" ? formatOf[backend] : format, bytes, encoding),
    encoding,
  );
  exchange.closing.close();
  logAttempt(exchange, backend, 200, []);
  await world.idle();
  return {
    ...came,
    record: (await world.records()).find(({ exchange_id }) => exchange_id === exchange.id),
  };
}

/** Plays Envoy with an answer that its provider sent at once. */
async function play(
  exchange: Exchange,
  role: Role,
  body: Buffer,
  encoding: string,
): Promise<Omit<Came, "record">> {
  const headers = headersOf({
    ":status": "200",
    "content-type": "application/json",
    "content-encoding": encoding,
  });
  const head = { status: 200, headers, endOfStream: false, codeDetails: "via_upstream", attempt: 1 };
  if (role === "keep" || role === "check") {
    const gate = gateOf(exchange, head);
    if (body.length > wholeAnswerBytesMax && encoding === "identity")
      return replied(
        respond(exchange, responseHead({ ...head, status: 500, codeDetails: "response_payload_too_large" })),
      );
    const verdict = await gate.pushWhole(body);
    if (verdict.kind === "fail") {
      assert.equal(verdict.next, undefined, "another target would make as large an answer");
      return replied(respond(exchange, responseHead({ ...head, status: 503 })));
    }
  }
  const outcome = respond(exchange, responseHead(head));
  if (outcome.kind === "reply") return replied(outcome);
  const passed = await passBody(exchange, body, true);
  if (exchange.answer.end === "cut") return replied({ kind: "reply", reply: brokenReply(exchange) });
  return { status: 200, bytes: passed.length, message: undefined };
}

function gateOf({ forwarded }: Exchange, head: AnswerHead): Gate {
  assert.ok(forwarded !== undefined);
  return new Gate(forwarded, attemptAt(forwarded, 1), head, true);
}

function replied(outcome: ReturnType<typeof respond>): Omit<Came, "record"> {
  assert.ok(outcome.kind === "reply");
  const { status, body } = outcome.reply;
  const text = body.toString();
  return { status, bytes: text.length, message: messageOf(text) };
}
