import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { headersOf } from "../../../src/core/headers.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { Offload } from "../../../src/dialect/offload/offload.ts";
import { admit } from "../../../src/exchange/admission.ts";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { respond } from "../../../src/exchange/answer/responding.ts";
import { open } from "../../../src/exchange/open/opening.ts";
import { settle } from "../../../src/exchange/settle/settlement.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { Intake } from "../../../src/exchange/state/intake.ts";
import { Originals } from "../../../src/exchange/state/originals.ts";
import type { Outcome } from "../../../src/exchange/state/outcome.ts";
import { Registry } from "../../../src/exchange/state/registry.ts";
import type { Services } from "../../../src/exchange/state/services.ts";
import { CredentialFailures } from "../../../src/identity/credential-failures.ts";
import type { Account, Ledger } from "../../../src/ledger/ledger.ts";
import { Health } from "../../../src/route/health.ts";
import { Overrides } from "../../../src/route/overrides.ts";
import { Quality } from "../../../src/route/quality.ts";
import { RetryBudget } from "../../../src/route/retry-budget.ts";
import { Calibration } from "../../../src/tokens/calibration/calibration.ts";
import { calibratedCounterOf } from "../../../src/tokens/models/families.ts";
import type { UsageRecord } from "../../../src/usage/record.ts";
import { until } from "../core/until.ts";

/** A snapshot of a config's text, without files beside it. Throws its problems. */
export function snapshotOf(config: string, environment: Readonly<Record<string, string>> = {}): Snapshot {
  const folder = mkdtempSync(join(tmpdir(), "tg-config-"));
  try {
    writeFileSync(join(folder, "tollgate.yaml"), config);
    const loaded = loadConfig(join(folder, "tollgate.yaml"), environment);
    if (loaded.kind === "problems") throw new Error(loaded.problems.map(formatProblem).join("\n"));
    return loaded.snapshot;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Exchanges in this process: everything is real but Envoy and the provider, whom the test plays by calling the exchange's phases. */
export interface Exchanges {
  readonly services: Services;
  /** What exchanges that open from now on pin. */
  snapshot: Snapshot;
  readonly records: UsageRecord[];
  /** Accounts that refused, in order. */
  readonly limited: Account[];
  /** Accounts that would have refused, in order. */
  readonly observed: Account[];
  readonly bugs: unknown[];
  /** A request's headers and body as Envoy would send them, and what becomes of it; without a path it is a chat, without credentials of tenant `local`. */
  ask(
    body: object,
    path?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly exchange: Exchange; readonly outcome: Outcome }>;
  /** Ends the downstream stream, and waits for the settlement. */
  close(exchange: Exchange): Promise<void>;
}

/** What may differ between tests' exchanges. */
export interface ExchangesOptions {
  /** Does more with a record than keep it. */
  readonly record?: Services["record"];
  /** Changes what exchanges work with. */
  readonly services?: ((services: Services) => Services) | undefined;
}

/** Exchanges over a ledger. */
export function exchangesOn(
  snapshot: Snapshot,
  ledger: Ledger,
  clock: Clock,
  options: ExchangesOptions = {},
): Exchanges {
  const records: UsageRecord[] = [];
  const [limited, observed]: [Account[], Account[]] = [[], []];
  const bugs: unknown[] = [];
  const calibration = new Calibration();
  const all: Services = {
    clock,
    ledger,
    dialects,
    counterOf: calibratedCounterOf(calibration),
    calibration,
    registry: new Registry(),
    originals: new Originals(200_000_000),
    offload: new Offload(),
    intake: new Intake(8_000_000_000),
    health: new Health(),
    quality: new Quality(),
    overrides: new Overrides(),
    retryBudget: new RetryBudget(),
    random: () => 0,
    record: async (record, ownFields) => {
      await options.record?.(record, ownFields);
      records.push(record);
    },
    credentialFailures: new CredentialFailures(),
    observer: {
      turnedAway: () => {},
      guessing: () => {},
      ended: () => {},
      limited: (account) => limited.push(account),
      observed: (accounts) => observed.push(...accounts),
      retriesWithheld: () => {},
      settled: () => {},
      checked: () => {},
      unanswered: () => {},
      oddEvents: () => {},
      unknownExchange: () => {},
      bug: (error) => bugs.push(error),
    },
    settle: (exchange) => void settle(exchange, all.registry),
    isReady: () => true,
  };
  const services = options.services?.(all) ?? all;
  return {
    services,
    snapshot,
    records,
    limited,
    observed,
    bugs,
    async ask(body, path = "/v1/chat/completions", more = {}) {
      const headers = headersOf({ "content-type": "application/json", ...more });
      const head = { method: "POST", path, headers, endOfStream: false };
      const opened = await open(services, this.snapshot, head);
      if (opened.kind === "reply") throw new Error(opened.reply.body.toString());
      const { exchange } = opened;
      return { exchange, outcome: await admit(exchange, Buffer.from(JSON.stringify(body))) };
    },
    async close(exchange) {
      exchange.closing.close();
      await until("the exchange is settled", () => services.registry.get(exchange.id) === undefined);
    },
  };
}

/** Begins the provider's answer to the first attempt. */
export function beginAnswer(exchange: Exchange, contentType: string, encoding?: string): void {
  const encoded = encoding === undefined ? {} : { "content-encoding": encoding };
  respond(exchange, {
    status: 200,
    headers: headersOf({ "content-type": contentType, ...encoded }),
    endOfStream: false,
    source: { kind: "upstream" },
    attempt: 1,
  });
}

/** Passes one piece of a streamed answer's text; returns what the client gets. */
export function passText(exchange: Exchange, text: string): string {
  const delta = { id: "c", object: "chat.completion.chunk", created: 0, model: "m" };
  const event = { ...delta, choices: [{ index: 0, delta: { content: text }, finish_reason: null }] };
  return passBody(exchange, Buffer.from(`data: ${JSON.stringify(event)}\n\n`), false).toString();
}

/** Ends a streamed answer as providers do, with its usage. */
export function endAnswer(
  exchange: Exchange,
  usage: { readonly input: number; readonly output: number },
): string {
  const head = { id: "c", object: "chat.completion.chunk", created: 0, model: "m" };
  const stop = { ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  const counted = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  };
  const last = { ...head, choices: [], usage: counted };
  const text = `data: ${JSON.stringify(stop)}\n\ndata: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`;
  return passBody(exchange, Buffer.from(text), true).toString();
}
