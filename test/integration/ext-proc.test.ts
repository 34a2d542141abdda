import assert from "node:assert/strict";
import { beforeEach, describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { GatewayError } from "../../src/core/errors.ts";
import { grpcStatus } from "../../src/edge/edge.ts";
import { interrupt } from "../../src/exchange/answer/interrupting.ts";
import { noteLoggedOutcome } from "../../src/exchange/attempt/logged-outcome.ts";
import { extProcMethod } from "../../src/extproc/server.ts";
import { MemoryLedger } from "../../src/ledger/memory.ts";
import { manualClock } from "../support/core/manual-clock.ts";
import { Random } from "../support/core/random.ts";
import { bodyMessage, headersMessage, PlayedStream } from "../support/envoy/envoy-player.ts";
import type { Plain } from "../support/envoy/envoy-protos.ts";
import { logEntry } from "../support/envoy/log-entry.ts";
import { kindOf, pieceOf, planIdOf } from "../support/envoy/played-replies.ts";
import { type Exchanges, exchangesOn, snapshotOf } from "../support/exchange/exchanges.ts";

const snapshot = snapshotOf(`
version: 1
backends:
  alpha: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/a", price: { input: 1, output: 1 } }
  beta: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/b", price: { input: 1, output: 1 } }
models:
  both: { targets: [alpha/gpt-4.1-mini, beta/gpt-4.1], timeouts: { attempt: 1s }, failover: status }
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: day, usd: 10, window: day }]
`);
const request = JSON.stringify({
  model: "both",
  stream: true,
  max_tokens: 20,
  messages: [{ role: "user", content: "How does a tollgate work?" }],
});
const requestHead = headersMessage("request_headers", {
  ":method": "POST",
  ":path": "/v1/chat/completions",
  "content-type": "application/json",
});

describe("the ext_proc server, Envoy played by the test", () => {
  let exchanges: Exchanges;
  let ledger: MemoryLedger;
  let method: ReturnType<typeof extProcMethod>;
  const unknown: boolean[] = [];

  beforeEach((context) => {
    // Waits for Envoy's other streams and for its access log end when a test says so.
    (context as TestContext).mock.timers.enable({ apis: ["setTimeout"] });
    const clock = manualClock("2026-08-03T12:00:00Z");
    ledger = new MemoryLedger({ clock });
    exchanges = exchangesOn(snapshot, ledger, clock);
    unknown.length = 0;
    const observer = {
      ...exchanges.services.observer,
      unknownExchange: (late: boolean) => unknown.push(late),
    };
    method = extProcMethod({ ...exchanges.services, observer }, () => snapshot);
  });

  /** A request that has been forwarded: its downstream stream, and the id of its plan. */
  async function forwarded(): Promise<{ readonly stream: PlayedStream; readonly id: string }> {
    const stream = new PlayedStream(method, "downstream");
    stream.send(requestHead);
    stream.send(bodyMessage("request_body", request, true));
    await turn();
    return { stream, id: planIdOf(stream.last) };
  }

  function attempt(id: string, number = 2, cluster = "beta"): PlayedStream {
    const stream = new PlayedStream(method, "attempt");
    const attributes = { "upstream.request_attempt_count": number, "xds.cluster_name": cluster };
    stream.send(headersMessage("request_headers", { ":method": "POST" }, { planId: id, attributes }));
    return stream;
  }

  function logged(
    id: string,
    kind: "request" | "attempt",
    flags: readonly string[],
    cluster = "alpha",
  ): void {
    const entry = logEntry({ kind, requestId: id, cluster, flags, status: undefined });
    noteLoggedOutcome(exchanges.services.registry, entry);
  }

  /** Nothing is open, kept or held, and every account stands where the records say. */
  async function assertClean(records: number): Promise<void> {
    await turn();
    assert.deepEqual(exchanges.bugs, []);
    assert.equal(exchanges.records.length, records);
    assert.equal(new Set(exchanges.records.map(({ exchange_id }) => exchange_id)).size, records);
    assert.equal(exchanges.services.registry.size, 0);
    assert.equal(exchanges.services.originals.heldBytes, 0);
    assert.equal(ledger.openHolds(), 0);
    const [day] = await ledger.accounts({ name: "day" });
    const recorded = exchanges.records.reduce((sum, one) => sum + BigInt(one.cost_nano_usd ?? 0), 0n);
    assert.equal(day?.used ?? 0n, recorded);
    assert.equal(day?.held ?? 0n, 0n);
  }

  it("answers in order, each piece of the answer that the client gets once, and passes a whole exchange", async () => {
    const { stream, id } = await forwarded();
    stream.send(responseHead(1));
    for (const event of events) stream.send(bodyMessage("response_body", event, false));
    stream.send(bodyMessage("response_body", "", true));
    const [head, body, answerHead, ...pieces] = stream.replies;
    assert.deepEqual(
      [head, body, answerHead].map((reply) => kindOf(reply ?? {})),
      ["request_headers", "request_body", "response_headers"],
    );
    // The usage was not asked for: that event is our own.
    const passed = events.filter((event) => !event.includes('"usage"'));
    assert.deepEqual(
      pieces.map(pieceOf),
      [...passed, ""].map((text, at) => ({ text, end: at === passed.length })),
    );
    stream.close();
    await assertClean(1);
    const [record] = exchanges.records;
    assert.equal(record?.exchange_id, id);
    assert.equal(record?.ending, "completed");
    assert.equal(record?.cost_nano_usd, "13000");
  });

  it("ends a stream whose messages are out of order, and leaves nothing open of it", async (context) => {
    const body = bodyMessage("request_body", request, true);
    const trailers = { request_trailers: { trailers: { headers: [] } } };
    const piece = bodyMessage("response_body", events[0] ?? "", false);
    const last = bodyMessage("response_body", "", true);
    const wrong: readonly (readonly Plain[])[] = [
      [requestHead, requestHead],
      [requestHead, body, requestHead],
      [requestHead, body, body],
      [requestHead, body, trailers],
      [requestHead, body, piece],
      [requestHead, body, responseHead(1), responseHead(1)],
      [requestHead, body, responseHead(1), requestHead],
      [requestHead, body, responseHead(1), piece, body],
      [requestHead, body, responseHead(1), last, piece],
      [requestHead, body, responseHead(1), last, { response_trailers: { trailers: { headers: [] } } }],
      [body],
      [piece],
      [responseHead(1), requestHead],
    ];
    for (const [at, messages] of wrong.entries()) {
      const stream = new PlayedStream(method, "downstream");
      for (const message of messages) {
        stream.send(message);
        await turn();
      }
      assert.equal(stream.status, grpcStatus.invalidArgument, `sequence ${at}`);
      stream.close();
      context.mock.timers.tick(1_000);
      await turn();
      assert.equal(exchanges.services.registry.size, 0, `sequence ${at}`);
      assert.equal(ledger.openHolds(), 0, `sequence ${at}`);
    }
    assert.deepEqual(exchanges.bugs, []);
    for (const role of ["attempt", "guarded", "validated"]) {
      const stream = new PlayedStream(method, role);
      stream.send(responseHead(2));
      assert.equal(stream.status, grpcStatus.invalidArgument, role);
    }
  });

  it("passes what Envoy answers to a request that nobody has seen, and keeps no record", async () => {
    const stream = new PlayedStream(method, "downstream");
    stream.send(headersMessage("response_headers", { ":status": "400" }));
    assert.equal(kindOf(stream.last), "response_headers");
    stream.send(bodyMessage("response_body", "refused", true));
    assert.deepEqual(pieceOf(stream.last), { text: "refused", end: true });
    stream.close();
    await assertClean(0);
  });

  it("takes trailers for the end, and says before them that an answer is not whole", async () => {
    for (const whole of [true, false]) {
      const { stream } = await forwarded();
      stream.send(responseHead(1));
      for (const event of whole ? events : events.slice(0, 2))
        stream.send(bodyMessage("response_body", event, false));
      stream.send({ response_trailers: { trailers: { headers: [] } } });
      const { text, end } = pieceOf(stream.last);
      assert.equal(end, true);
      assert.equal(text.includes('"error"'), !whole);
      stream.close();
      await turn();
      assert.equal(exchanges.records.at(-1)?.ending, whole ? "completed" : "upstream_error");
    }
    await assertClean(2);
  });

  it("ends what is under way at any time, in one last reply that nobody asked for", async () => {
    const why = new GatewayError("stopped", "enough");
    for (const pieces of [undefined, 0, 2]) {
      const { stream, id } = await forwarded();
      if (pieces !== undefined) stream.send(responseHead(1));
      for (const event of events.slice(0, pieces ?? 0))
        stream.send(bodyMessage("response_body", event, false));
      const exchange = exchanges.services.registry.get(id)?.forwarded;
      assert.ok(exchange !== undefined && interrupt(exchange, why, "cut_by_policy"));
      assert.equal(stream.status, grpcStatus.ok);
      if (pieces === undefined) assert.equal(kindOf(stream.last), "immediate_response");
      else {
        const { text, end } = pieceOf(stream.last);
        assert.ok(end && text.startsWith('data: {"error":{"message":"enough"'), text);
      }
      assert.equal(interrupt(exchange, why, "cut_by_policy"), false);
      stream.close();
    }
    await assertClean(3);
    assert.ok(exchanges.records.every(({ ending }) => ending === "cut_by_policy"));
  });

  it("encodes a later attempt for its own target, and settles by the one that answered", async () => {
    const { stream, id } = await forwarded();
    const second = attempt(id);
    await turn();
    const { response } = second.last.request_headers as { response: Plain };
    assert.equal(response.status, "CONTINUE_AND_REPLACE");
    assert.match(JSON.stringify(response.body_mutation), /body/);
    second.close();
    stream.send(responseHead(2));
    stream.send(bodyMessage("response_body", events.join(""), true));
    stream.close();
    logged(id, "attempt", ["UF"]);
    await assertClean(1);
    assert.equal(exchanges.records[0]?.model_route, "beta/gpt-4.1");
    assert.equal(exchanges.records[0]?.fallback_used, true);
  });

  it("turns an attempt away that comes after its client has left, and counts nothing for it", async () => {
    const { stream, id } = await forwarded();
    stream.close();
    const late = attempt(id);
    await turn();
    assert.equal(kindOf(late.last), "immediate_response");
    late.close();
    logged(id, "request", ["DC"]);
    await assertClean(1);
    assert.equal(exchanges.records[0]?.ending, "downstream_reset");
    assert.equal(exchanges.records[0]?.attempts?.length, 1);
  });

  it("turns an attempt away that comes after Envoy has given up", async (context) => {
    const { stream, id } = await forwarded();
    stream.send(responseHead(1, { details: "response_timeout", status: 504 }));
    const late = attempt(id);
    await turn();
    assert.equal(kindOf(late.last), "immediate_response");
    stream.close();
    late.close();
    context.mock.timers.tick(1_000);
    await assertClean(1);
    assert.equal(exchanges.records[0]?.ending, "timeout");
  });

  it("does not settle while an attempt's stream is open, and waits for it no longer than a quarter of a second", async (context) => {
    const { stream, id } = await forwarded();
    const second = attempt(id);
    stream.close();
    logged(id, "request", ["DC"]);
    logged(id, "attempt", ["UF"]);
    context.mock.timers.tick(249);
    await turn();
    assert.equal(exchanges.records.length, 0);
    context.mock.timers.tick(1);
    await turn();
    assert.equal(exchanges.records.length, 1);
    second.close();
    await assertClean(1);
  });

  it("waits for the reason of an end no longer than a second, and heeds no entry that comes later", async (context) => {
    const { stream, id } = await forwarded();
    stream.send(responseHead(1));
    stream.close();
    context.mock.timers.tick(999);
    await turn();
    assert.equal(exchanges.records.length, 0);
    context.mock.timers.tick(1);
    await turn();
    logged(id, "request", ["UC"]);
    await assertClean(1);
    assert.equal(exchanges.records[0]?.ending, "downstream_reset");
  });

  it("answers an attempt of an exchange it does not know, or no longer, with 503", async () => {
    const { stream, id } = await forwarded();
    stream.send(responseHead(1));
    stream.send(bodyMessage("response_body", events.join(""), true));
    stream.close();
    await turn();
    for (const one of [id, "01a1fe18-0000-7000-8000-000000000000"]) {
      const stray = attempt(one);
      const { status } = stray.last.immediate_response as { status: { code: string | number } };
      assert.ok([503, "ServiceUnavailable"].includes(status.code), String(status.code));
      stray.close();
    }
    assert.deepEqual(unknown, [true, false]);
    await assertClean(1);
  });

  it("refuses to talk to an Envoy that is configured for other replies", async () => {
    for (const response_body_mode of ["FULL_DUPLEX_STREAMED", "STREAMED"]) {
      const stream = new PlayedStream(method, "downstream");
      stream.send({ ...requestHead, protocol_config: { request_body_mode: "BUFFERED", response_body_mode } });
      const fits = response_body_mode === "FULL_DUPLEX_STREAMED";
      assert.equal(kindOf(stream.last), fits ? "request_headers" : "immediate_response");
      stream.close();
    }
    assert.match(String(exchanges.bugs.splice(0)), /response_body_mode streamed[^\n]*tollgate envoy/);
    await assertClean(1);
  });

  it("refuses a stream that says no role, or one that there is not", () => {
    for (const role of [undefined, "", "other"])
      assert.equal(new PlayedStream(method, role).status, grpcStatus.invalidArgument);
  });

  it("fails a stream closed that it cannot read, and no other", async (context) => {
    const { stream: other } = await forwarded();
    const { stream } = await forwarded();
    stream.sendBytes(Buffer.from([0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]));
    assert.equal(kindOf(stream.last), "immediate_response");
    assert.equal(stream.isOpen, false);
    stream.close();
    other.send(responseHead(1));
    other.send(bodyMessage("response_body", events.join(""), true));
    other.close();
    context.mock.timers.tick(1_000);
    await assertClean(2);
    assert.deepEqual(exchanges.records.map(({ ending }) => ending).sort(), ["completed", "internal"]);
  });

  it("ends clean whatever order streams open, speak and close in, and wherever they break off", async (context) => {
    const random = new Random(3);
    const plays = 8;
    for (let run = 0; run < 60; run += 1) {
      const running = Array.from({ length: plays }, () => play(random));
      while (running.length > 0) {
        const index = random.below(running.length);
        const step = await running[index]?.next();
        if (step?.done === true) running.splice(index, 1);
        if (random.once(3)) await turn();
      }
      context.mock.timers.tick(1_000);
      await assertClean((run + 1) * plays);
    }
    const endings = new Set(exchanges.records.map(({ ending }) => ending));
    for (const ending of ["completed", "downstream_reset", "upstream_error", "timeout"] as const)
      assert.ok(endings.has(ending), `no ${ending} among ${[...endings].join()}`);
  });

  /** One exchange, step by step; it may break off at each. */
  async function* play(random: Random): AsyncGenerator<undefined> {
    const stream = new PlayedStream(method, "downstream");
    const attempts: PlayedStream[] = [];
    let id = "";
    try {
      stream.send(requestHead);
      yield undefined;
      if (random.once(10)) return;
      stream.send(bodyMessage("request_body", request, true));
      if (random.once(10)) return;
      await turn();
      id = planIdOf(stream.last);
      const fails = random.once(2);
      if (fails) {
        attempts.push(attempt(id));
        yield undefined;
        if (random.once(2)) logged(id, "attempt", random.pick([["UF"], ["UT"], []]));
        if (random.once(10)) return;
      }
      const answering = fails ? 2 : 1;
      const local = random.once(6);
      stream.send(
        local
          ? responseHead(
              answering,
              random.pick([
                { details: "response_timeout", status: 504 },
                { details: "upstream_reset_before_response_started{connection_failure}", status: 503 },
              ]),
            )
          : responseHead(answering, { status: random.once(6) ? 500 : 200 }),
      );
      yield undefined;
      for (const event of events) {
        if (random.once(12)) return;
        for (const piece of piecesOf(event, random)) stream.send(bodyMessage("response_body", piece, false));
        yield undefined;
      }
      stream.send(bodyMessage("response_body", "", true));
      yield undefined;
    } finally {
      for (const one of random.shuffled([stream, ...attempts])) {
        one.close();
        if (random.once(2)) await turn();
      }
      if (id !== "" && random.once(2)) logged(id, "request", random.pick([["DC"], ["UC"], ["UT"]]));
      assert.ok(stream.replies.length <= stream.sent + 1);
    }
  }
});

const chunk = { id: "c", object: "chat.completion.chunk", created: 0, model: "m" };
/** A provider's stream: 10 tokens in, 3 out. */
const events = [
  { choices: [{ index: 0, delta: { role: "assistant", content: "One" }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: " at a" }, finish_reason: null }] },
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 } },
]
  .map((event) => `data: ${JSON.stringify({ ...chunk, ...event })}\n\n`)
  .concat("data: [DONE]\n\n");

function piecesOf(text: string, random: Random): readonly string[] {
  const at = random.below(text.length + 1);
  return [text.slice(0, at), text.slice(at)];
}

function responseHead(
  attempt: number,
  { details = "via_upstream", status = 200 }: { readonly details?: string; readonly status?: number } = {},
): Plain {
  return headersMessage(
    "response_headers",
    { ":status": String(status), "content-type": status === 200 ? "text/event-stream" : "text/plain" },
    { attributes: { "response.code_details": details, "upstream.request_attempt_count": attempt } },
  );
}
