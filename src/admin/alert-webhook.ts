import { createHash, createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { failureCause } from "../core/failure-cause.ts";
import { type FaultHooks, FaultReporter } from "../core/fault-reporter.ts";
import type { Log } from "../core/log.ts";
import type { Alert } from "./alert.ts";

/** Where alerts are posted. */
export interface WebhookTarget {
  readonly url: string;
  /** Signs each message. Undefined to leave messages unsigned. */
  readonly secret: string | undefined;
}

/** How alerts are delivered. */
export interface AlertWebhookOptions {
  /** Asked for each alert: a reload may change it. Undefined: nowhere. */
  readonly target: () => WebhookTarget | undefined;
  /** Told of an alert that nobody will get: the queue was full, or the last try failed. Must not throw. */
  readonly onLost: (alert: Alert, reason: string) => void;
  /** Told of each try that failed and each that did not. */
  readonly tries: FaultHooks;
  /** Told of each alert that is lost and each that is delivered. */
  readonly losses: FaultHooks;
  /** The wait before the second try (1 s); it doubles up to five minutes. */
  readonly firstRetryMs?: number;
}

/** Logs a webhook that fails, and the alerts that nobody gets: a line when it begins, one a minute, one when it is over. */
export function webhookFaults(services: {
  readonly log: Log;
  readonly clock: Clock;
}): Pick<AlertWebhookOptions, "tries" | "losses"> {
  const tries = new FaultReporter(services, {
    what: "alert webhook",
    failing: "takes no alerts",
    recovered: "takes alerts again",
    effect: "each is tried for about half an hour",
  });
  const losses = new FaultReporter(services, {
    what: "alert webhook",
    failing: "did not get alerts",
    recovered: "gets alerts again",
    effect: "they are lost there; this log and the metrics have them",
  });
  return { tries: tries.hooks, losses: losses.hooks };
}

const waitingMax = 1_000;
/** With the waits in between, a receiver may be gone for about half an hour. */
const triesMax = 12;
const retryMaxMs = 300_000;
const answerMaxMs = 10_000;
const closeMaxMs = 2_000;

/** Posts alerts one after the other, each until it is taken. Nothing waits for it: what it cannot deliver it lets go of, and says so. */
export class AlertWebhook {
  readonly #options: AlertWebhookOptions;
  readonly #waiting: Alert[] = [];
  readonly #stop = new AbortController();
  #delivering: Promise<void> | undefined;

  constructor(options: AlertWebhookOptions) {
    this.#options = options;
  }

  /** Takes an alert, to be posted soon. */
  send(alert: Alert): void {
    if (this.#options.target() === undefined) return;
    if (this.#waiting.length >= waitingMax) {
      this.#lose(alert, "too many alerts wait");
      return;
    }
    this.#waiting.push(alert);
    this.#delivering ??= this.#deliverAll();
  }

  /** Tries what waits once more, at most two seconds in all; then lets go of it. */
  async close(): Promise<void> {
    this.#stop.abort();
    const late = new AbortController();
    await Promise.race([
      this.#delivering,
      sleep(closeMaxMs, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    for (const alert of this.#waiting.splice(0)) this.#lose(alert, "the gateway stops");
  }

  #lose(alert: Alert, reason: string): void {
    this.#options.losses.onFault(reason);
    this.#options.onLost(alert, reason);
  }

  async #deliverAll(): Promise<void> {
    for (let alert = this.#waiting[0]; alert !== undefined; alert = this.#waiting[0]) {
      const failure = await this.#deliver(alert);
      // Closing may have let go of it meanwhile.
      if (this.#waiting[0] !== alert) break;
      this.#waiting.shift();
      if (failure === undefined) this.#options.losses.onRecovered();
      else this.#lose(alert, failure);
    }
    this.#delivering = undefined;
  }

  /** The reason for a failed delivery. Undefined if the alert was delivered. */
  async #deliver(alert: Alert): Promise<string | undefined> {
    let waitMs = this.#options.firstRetryMs ?? 1_000;
    for (let tries = 1; ; tries++) {
      const target = this.#options.target();
      if (target === undefined) return "the config names no webhook any more";
      const outcome = await post(target, alert);
      if (outcome.kind === "taken") {
        this.#options.tries.onRecovered();
        return undefined;
      }
      this.#options.tries.onFault(outcome.reason);
      if (!outcome.retry || tries >= triesMax || this.#stop.signal.aborted) return outcome.reason;
      await sleep(waitMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, retryMaxMs);
    }
  }
}

type Posted =
  | { readonly kind: "taken" }
  | { readonly kind: "failed"; readonly retry: boolean; readonly reason: string };

async function post({ url, secret }: WebhookTarget, alert: Alert): Promise<Posted> {
  const body = JSON.stringify(alert);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...signature(alert.id, body, secret) },
      // Where to is the config's decision alone.
      redirect: "manual",
      signal: AbortSignal.timeout(answerMaxMs),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: "taken" };
    const retry = response.status >= 500 || response.status === 429 || response.status === 408;
    return { kind: "failed", retry, reason: `the webhook answered ${response.status}` };
  } catch (error) {
    return { kind: "failed", retry: true, reason: `the webhook gives no answer: ${failureCause(error)}` };
  }
}

/** As Standard Webhooks has it (https://www.standardwebhooks.com): HMAC-SHA-256 over id, seconds and body; `whsec_` secrets are base64. */
function signature(id: string, body: string, secret: string | undefined): Record<string, string> {
  const messageId = createHash("sha256").update(id).digest("hex").slice(0, 32);
  if (secret === undefined) return { "webhook-id": messageId };
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const seconds = Math.floor(Date.now() / 1000).toString();
  const signed = createHmac("sha256", key).update(`${messageId}.${seconds}.${body}`).digest("base64");
  return { "webhook-id": messageId, "webhook-timestamp": seconds, "webhook-signature": `v1,${signed}` };
}
