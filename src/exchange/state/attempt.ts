import { assert, type GatewayError } from "../../core/errors.ts";
import { formatTarget, type PlannedTarget } from "../../plan/plan.ts";
import type { FailureClass } from "../../provider/provider.ts";
import type { Usage } from "../../usage/usage.ts";
import type { CheckResult } from "../../validation/answer-check.ts";
import type { ExchangeServices } from "./exchange-services.ts";
import { signalOf } from "./health-signal.ts";
import type { Transport } from "./transport.ts";

/** How one upstream try ended, as far as it is known. */
export type AttemptOutcome =
  | { readonly kind: "open" }
  | { readonly kind: "answered"; readonly status: number; readonly flags: readonly string[] }
  | {
      readonly kind: "failed";
      /** Undefined: no response headers came. */
      readonly status: number | undefined;
      /** Words of the proxy's log for how it ended, e.g. `UF`; kept for the record alone. */
      readonly flags: readonly string[];
      readonly class: FailureClass;
      /** True if it broke off without any answer after its provider may have begun to work. */
      readonly brokeOff: boolean;
    };

/** The reason for not passing an answer on. */
export interface Judgement {
  readonly class: FailureClass;
  readonly error: GatewayError;
  /** As the provider answered. */
  readonly status: number;
  /** The usage that the provider stated, which it will bill. */
  readonly usage: Usage | undefined;
  /** The model that the answer named. */
  readonly model: string | undefined;
  /**
   * Output that was made all the same and will be billed, though its usage is not stated: all of a whole answer, or at least the input of a stream.
   * Undefined if there is none.
   */
  readonly made: "hold" | "input" | undefined;
}

/** How a try ended, as the proxy's log tells. */
export interface LoggedEnd {
  /** Undefined: no response headers came. */
  readonly status: number | undefined;
  readonly flags: readonly string[];
  /** The class of a failure that nothing else is known of. */
  readonly class: FailureClass;
  readonly brokeOff: boolean;
  /** The reason for a missing answer. Undefined if there was an answer, or the log does not say. */
  readonly reason: string | undefined;
  /** The wait that the provider asked for, in milliseconds. */
  readonly waitMs: number | undefined;
}

type AttemptServices = Pick<ExchangeServices, "clock" | "health" | "retryBudget" | "observer">;

/** Longest reason kept; Envoy puts a whole chain of TLS errors in one. */
const reasonCharsMax = 200;
/** A try that lasted for this share of its deadline, by our clock, has run out of time. */
const timedOutShare = 0.9;
const open: AttemptOutcome = { kind: "open" };

/** One upstream try within an exchange: it begins, is answered or fails, and is settled. Only its methods change its outcome. */
export class Attempt {
  /** From 1. */
  readonly number: number;
  readonly target: PlannedTarget;
  readonly transport: Transport;
  readonly #services: AttemptServices;
  readonly #beganMs: number;
  #startedMs: number;
  #endedMs: number | undefined;
  #outcome: AttemptOutcome = open;
  #judged: Judgement | undefined;
  #refusedAs: FailureClass | undefined;
  #reason: string | undefined;
  #isLogged = false;
  /** The target's health has been told how it went. */
  #isTold = false;
  /** The provider's own id of the call, once it has answered. */
  requestId: string | undefined;
  /** Its credentials, which an answer may repeat and no client may see. */
  secrets: readonly Buffer[] = [];
  /** Changes to the request that its target's format requires: fields reworded or left out. The client is told. */
  changes: readonly string[] = [];
  /** A good status of an answer that is read before the client sees any of it. Undefined otherwise. */
  begun: "whole" | "stream" | undefined;
  /** The result of its answer's checks. Undefined if there were none. */
  checked: CheckResult | undefined;
  /** Of its time, what was spent on checks. */
  checkedMs = 0;

  /** Begins the try now. */
  constructor(number: number, target: PlannedTarget, transport: Transport, services: AttemptServices) {
    this.number = number;
    this.target = target;
    this.transport = transport;
    this.#services = services;
    this.#beganMs = services.clock.monotonicMs();
    this.#startedMs = this.#beganMs;
    services.health.began(target.target, this.#startedMs);
    services.retryBudget.began(number, this.#startedMs);
  }

  /** When its request was ready to leave. */
  get startedMs(): number {
    return this.#startedMs;
  }

  /** When the last of it came. Undefined until then. */
  get endedMs(): number | undefined {
    return this.#endedMs;
  }

  get outcome(): AttemptOutcome {
    return this.#outcome;
  }

  /** The failure found in its answer before the client saw any of it. Undefined if there was none, or the answer was not read. */
  get judged(): Judgement | undefined {
    return this.#judged;
  }

  /** The class of its refusal by status and body, where both were read. */
  get refusedAs(): FailureClass | undefined {
    return this.#refusedAs;
  }

  /** The reason for a missing answer, e.g. `TLS_error:…:CERTIFICATE_VERIFY_FAILED`. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The proxy's log has told of its end. */
  get isLogged(): boolean {
    return this.#isLogged;
  }

  /** False while the log may still say more of a failure. */
  get isKnown(): boolean {
    return this.#outcome.kind !== "failed" || this.#isLogged;
  }

  /** `backend/model`. */
  get name(): string {
    return formatTarget(this.target.target);
  }

  /** Its request is ready to leave. */
  sent(nowMs: number): void {
    this.#startedMs = nowMs;
  }

  /** The last of its answer has come. */
  ended(nowMs: number): void {
    this.#endedMs = nowMs;
  }

  /** It answers with a good status. */
  answered(status: number): void {
    this.#outcome = { kind: "answered", status, flags: [] };
  }

  /** It answers with an error status. `waitMs`: the wait that its target asks for. */
  refused(status: number, failure: FailureClass, waitMs: number | undefined): void {
    this.#fail(status, failure);
    this.tellFailure(failure, waitMs);
  }

  /** The class of its refusal, read while the client waits. The outcome stands open: the refusal may be passed on. */
  classify(failure: FailureClass, waitMs: number | undefined): void {
    this.#refusedAs = failure;
    this.tellFailure(failure, waitMs);
  }

  /** Its answer is not passed on. */
  judge(judged: Judgement): void {
    assert(this.#judged === undefined, "an answer is judged once");
    this.#judged = judged;
    this.#fail(judged.status, judged.class);
    this.tellFailure(judged.class);
  }

  /** It gave no answer, and the proxy will not try again. The log tells the target's health, but for what is not the target's fault. */
  unanswered(failure: FailureClass, reason: string): void {
    this.#endedMs = this.#services.clock.monotonicMs();
    this.#fail(undefined, failure);
    if (failure === "client_error") this.tellFailure(failure);
    this.explain(reason);
  }

  /** The next try has begun, so this one failed: how is told by the log, but a deadline shows in the time it took. */
  superseded(timeoutMs: number | undefined): void {
    const nowMs = this.#services.clock.monotonicMs();
    this.#endedMs ??= nowMs;
    if (this.#outcome.kind !== "open") return;
    // The proxy's timer starts before the try reaches us.
    const timedOut = timeoutMs !== undefined && nowMs - this.#beganMs >= timeoutMs * timedOutShare;
    this.#fail(undefined, timedOut ? "timeout" : "overloaded");
  }

  /** The exchange's own deadline ended it without an answer; what the log says of it later is known already. */
  timedOut(): void {
    if (this.#outcome.kind !== "open") return;
    this.#endedMs = this.#services.clock.monotonicMs();
    this.#fail(undefined, "timeout");
    this.#isLogged = true;
    this.tellFailure("timeout");
  }

  /** Its request does not leave. That says nothing about its target. */
  withdrawn(): void {
    this.#fail(undefined, "overloaded");
    this.#isTold = true;
    this.#isLogged = true;
  }

  /** The log will say nothing of it: the proxy never sent it. */
  unsent(): void {
    this.#isLogged = true;
  }

  /** The log tells of its end. `isBroken`: we have broken the exchange off, which says nothing about the target. */
  logged(end: LoggedEnd, isBroken: boolean): void {
    this.#isLogged = true;
    this.#endedMs ??= this.#services.clock.monotonicMs();
    // What it began is still to be paid.
    if (isBroken && this.#outcome.kind === "open") return;
    if (this.#outcome.kind === "answered") {
      // Broken off after it had begun to answer: what came is still to be paid.
      this.#outcome = { ...this.#outcome, flags: end.flags };
      return;
    }
    const failure = this.#knownClass ?? end.class;
    this.explain(end.reason);
    const status = this.#judged?.status ?? end.status;
    const brokeOff = end.brokeOff && status === undefined;
    this.#outcome = { kind: "failed", status, flags: end.flags, class: failure, brokeOff };
    this.tellFailure(failure, end.waitMs);
  }

  /** Tells the target's health that it gave its first content, or its whole answer. */
  gaveContent(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { clock, health } = this.#services;
    const nowMs = clock.monotonicMs();
    health.note(this.target.target, { kind: "answered" }, nowMs);
    health.firstToken(this.target.target, nowMs - this.#startedMs);
  }

  /** Tells the target's health of a failure, and how long the target asks to be left alone. The client's own fault says nothing about the target. */
  tellFailure(failure: FailureClass, waitMs?: number): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const signal = signalOf(failure, waitMs);
    if (signal === undefined) return;
    this.#services.health.note(this.target.target, signal, this.#services.clock.monotonicMs());
  }

  /** Tells the target's health that an answer which had begun well fell silent. */
  stalled(): void {
    const { clock, health } = this.#services;
    health.note(this.target.target, { kind: "failed" }, clock.monotonicMs());
  }

  /** Notes why it had no answer, in words fit for a log line: addresses and errors of transport, nothing of the request's. */
  explain(reason: string | undefined): void {
    if (reason === undefined || this.#reason !== undefined) return;
    this.#reason = reason.replace(/[^\x20-\x7e]/g, "?").slice(0, reasonCharsMax);
    this.#services.observer.unanswered(this.target.target.backend, this.#reason);
  }

  /** The exchange is over. */
  settled(): void {
    this.#services.health.ended(this.target.target);
  }

  /** The class of its failure where it is known better than by the log. */
  get #knownClass(): FailureClass | undefined {
    const read = this.#judged?.class ?? this.#refusedAs;
    if (read !== undefined || this.#outcome.kind !== "failed") return read;
    const known = this.#outcome.class;
    return known === "timeout" || known === "client_error" ? known : undefined;
  }

  #fail(status: number | undefined, failure: FailureClass): void {
    this.#outcome = { kind: "failed", status, flags: [], class: failure, brokeOff: false };
  }
}
