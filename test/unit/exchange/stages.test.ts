import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import type { Dialect } from "../../../src/dialect/dialect.ts";
import { retry } from "../../../src/exchange/attempt/retrying.ts";
import type { Services } from "../../../src/exchange/state/services.ts";
import type { TokenCounter } from "../../../src/tokens/counters/counter.ts";
import type { ManualClock } from "../../support/core/manual-clock.ts";
import { answerWhole, endStream, logAttempt, streamPieces } from "../../support/envoy/play-envoy.ts";
import { ExchangeWorld } from "../../support/exchange/exchange-world.ts";

const config = `
version: 1
server: { address: "unix:./t.sock" }
backends:
  first: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 2 } }
  second: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 2 } }
models:
  both: { targets: [first/gpt-4.1-mini, second/gpt-4.1-mini] }
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: month, per: [tenant_id], usd: 1000, window: month }]
`;
const delayMs = 50;
const usage = { input: 10, output: 5, cached: 0 };

/** The stages this version has, each with how often the exchange below enters it. */
const stages = {
  identify: 1,
  route: 1,
  count: 1,
  reserve: 1,
  assemble: 2,
  fallback: 1,
  forward: 1,
  respond: 3,
} as const;
type Stage = keyof typeof stages;

describe("the stage times of an exchange", () => {
  it("are of the stages that were entered", async () => {
    assert.deepEqual(await stagesOfFallback(undefined), timesOf(undefined));
  });

  for (const stage of Object.keys(stages) as Stage[]) {
    it(`move by the delay of ${stage} alone where that is slow`, async () => {
      assert.deepEqual(await stagesOfFallback(stage), timesOf(stage));
    });
  }

  it("leave out what did not happen", async () => {
    const world = await ExchangeWorld.start({ config, startAt: "2026-03-01T00:00:00Z" });
    try {
      const { exchange } = await world.exchanges.ask(body);
      world.clock.advance(delayMs);
      answerWhole(exchange, 1, usage);
      await world.idle();
      const [record] = await world.records();
      const { fallback: _, ...times } = timesOf("forward");
      assert.deepEqual(record?.stage_ms, times);
      assert.equal(record?.inference_latency_ms, delayMs);
    } finally {
      await world.close();
    }
  });
});

const body = {
  model: "both",
  max_tokens: 20,
  messages: [{ role: "user", content: "How long does it take?" }],
};

function timesOf(slow: Stage | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(stages).map(([stage, times]) => [stage, stage === slow ? delayMs * times : 0]),
  );
}

/** One stream whose first target fails and whose second answers, one stage of it slow. */
async function stagesOfFallback(slow: Stage | undefined): Promise<unknown> {
  let clock: ManualClock | undefined;
  const spend = (stage: Stage): void => {
    if (stage === slow) clock?.advance(delayMs);
  };
  const world = await ExchangeWorld.start({
    config,
    startAt: "2026-03-01T00:00:00Z",
    services: (services) => slowServices(services, spend),
    snapshot: (snapshot) => slowIdentity(snapshot, spend),
  });
  clock = world.clock;
  try {
    const stream = { ...body, stream: true };
    const { exchange } = await world.exchanges.ask(stream);
    spend("fallback");
    await retry(exchange, 2, "second");
    logAttempt(exchange, "first", 503, []);
    spend("forward");
    // A piece, the finish, and the end.
    streamPieces(exchange, 2, ["soon"]);
    endStream(exchange, undefined);
    await world.idle();
    const [record] = await world.records();
    return record?.stage_ms;
  } finally {
    await world.close();
  }
}

function slowServices(services: Services, spend: (stage: Stage) => void): Services {
  const { counterOf, dialects, ledger } = services;
  const vocabularies = new Map<TokenCounter, TokenCounter>();
  return {
    ...services,
    dialects: dialects.map((dialect) => slowDialect(dialect, spend)),
    counterOf: (...args) => {
      const counter = counterOf(...args);
      const known = vocabularies.get(counter.vocabulary) ?? slowCounter(counter.vocabulary, spend);
      vocabularies.set(counter.vocabulary, known);
      return overridden(counter, () => ({ vocabulary: known }));
    },
    ledger: overridden(ledger, () => ({
      reserve: (...args) => {
        spend("reserve");
        return ledger.reserve(...args);
      },
    })),
  };
}

function slowCounter(counter: TokenCounter, spend: (stage: Stage) => void): TokenCounter {
  return overridden(counter, () => ({
    countSpansPaced: (...args) => {
      spend("count");
      return counter.countSpansPaced(...args);
    },
  }));
}

function slowDialect(dialect: Dialect, spend: (stage: Stage) => void): Dialect {
  return overridden(dialect, () => ({
    inspect: (...args) => {
      spend("route");
      return dialect.inspect(...args);
    },
    passResponse: (...args) => {
      const transform = dialect.passResponse(...args);
      return overridden(transform, () => ({
        push: (...pushed) => {
          spend("respond");
          return transform.push(...pushed);
        },
      }));
    },
    splice: (...args) => {
      spend("assemble");
      return dialect.splice(...args);
    },
  }));
}

function slowIdentity(snapshot: Snapshot, spend: (stage: Stage) => void): Snapshot {
  return {
    ...snapshot,
    identities: snapshot.identities.map((identity) => ({
      ...identity,
      identify: (credential, nowMs) => {
        spend("identify");
        return identity.identify(credential, nowMs);
      },
    })),
  };
}

/** The same object with some of its methods replaced; its own still see it as it was. */
function overridden<T extends object>(target: T, methods: (target: T) => Partial<T>): T {
  const own = methods(target);
  return new Proxy(target, {
    get: (_, name) => {
      const value = Reflect.get(Object.hasOwn(own, name) ? own : target, name, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
