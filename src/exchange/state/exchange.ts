import { type Attributes, attributesOf } from "../../condition/attributes-of.ts";
import type { Snapshot } from "../../config/snapshot.ts";
import type { Contract } from "../../contract/contract.ts";
import type { ContentDecoder } from "../../core/content-decoder.ts";
import { assert, type ErrorCode, type GatewayError } from "../../core/errors.ts";
import type { Headers } from "../../core/headers.ts";
import type { Dialect, Operation, OutputKind, RequestFacts } from "../../dialect/dialect.ts";
import type { MakeTextFilter } from "../../dialect/filter/text-filter.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Claim } from "../../ledger/ledger.ts";
import type { Plan, Target } from "../../plan/plan.ts";
import type { Bound } from "../../route/bounds.ts";
import type { Rejected } from "../../route/only.ts";
import type { RouteRule } from "../../route/routes.ts";
import type { StreamCounter } from "../../tokens/counters/counter.ts";
import type { InputCount } from "../../tokens/request/input-count.ts";
import type { Ending, FallbackReason } from "../../usage/record.ts";
import type {
  AnswerMask,
  AnswerReader,
  AnswerTimer,
  OnText,
  PassingCheck,
  PassingHold,
} from "./answer-parts.ts";
import type { Attempt } from "./attempt.ts";
import type { Checks } from "./checks.ts";
import { ClientAnswer } from "./client-answer.ts";
import { Closing, type ClosingExchange } from "./closing.ts";
import type { ExchangeServices } from "./exchange-services.ts";
import type { Interruptible } from "./interruption.ts";
import { RequestBody } from "./request-body.ts";
import { newStages, type Stages } from "./stages.ts";
import type { Transport } from "./transport.ts";

/** A request's first message. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  /** No body follows. */
  readonly endOfStream: boolean;
  /** The source of the request, address and port, as Envoy states it. Absent if it does not. */
  readonly source?: string;
}

/** Everything an exchange is opened with. */
export interface Opening {
  readonly id: string;
  readonly snapshot: Snapshot;
  readonly head: RequestHead;
  readonly dialect: Dialect;
  readonly operation: Operation;
  readonly principal: Principal;
  readonly openedMs: number;
}

/** The filter of the texts of one exchange's answer. Undefined: they pass as they are. */
export type FilterOf = (exchange: Exchange) => MakeTextFilter | undefined;

/** What is done for each exchange, by those who know more of the process. */
export interface ExchangeHooks {
  /** Ends an exchange whose barrier is passed; called once for each. */
  readonly settle: (exchange: Exchange) => void;
  /** Makes the filter of an answer's texts. Absent, or undefined for an exchange: they pass as they are. */
  readonly filterOf?: FilterOf | undefined;
}

/**
 * One request and its answer, from the first byte to settlement: opened, then {@link Admitted}, {@link Forwarded} and {@link Answering}. Each
 * phase holds the one before it, and a function asks for the phase it needs. Knows neither Envoy's messages nor a vendor.
 */
export class Exchange implements ClosingExchange {
  readonly id: string;
  /** The config this exchange is pinned to. */
  readonly snapshot: Snapshot;
  readonly services: ExchangeServices;
  readonly head: RequestHead;
  readonly dialect: Dialect;
  readonly operation: Operation;
  readonly principal: Principal;
  /** Wall time of the first byte. */
  readonly openedAtMs: number;
  /** Monotonic, as are all other marks. */
  readonly openedMs: number;
  readonly stages: Stages = newStages();
  readonly closing: Closing = new Closing(this);
  readonly body: RequestBody;
  readonly answer = new ClientAnswer();
  /** The caller's limits and what is left of them, as headers of every answer. */
  limitHeaders: readonly (readonly [name: string, value: string])[] = [];
  /** Sends messages to Envoy unasked. Undefined until Envoy's stream is there. */
  downstream: Interruptible | undefined;
  readonly #hooks: ExchangeHooks;
  #admitted: Admitted | undefined;
  #forwarded: Forwarded | undefined;
  #ending: Ending | undefined;
  #errorCode: ErrorCode | undefined;

  constructor(services: ExchangeServices, opening: Opening, hooks: ExchangeHooks) {
    this.services = services;
    this.id = opening.id;
    this.snapshot = opening.snapshot;
    this.head = opening.head;
    this.dialect = opening.dialect;
    this.operation = opening.operation;
    this.principal = opening.principal;
    this.openedMs = opening.openedMs;
    this.openedAtMs = services.clock.nowMs();
    this.body = new RequestBody(services.originals, opening.principal.tenantId);
    this.#hooks = hooks;
  }

  /** Undefined until the request has been read. */
  get admitted(): Admitted | undefined {
    return this.#admitted;
  }

  /** Undefined until the request's price is held. */
  get forwarded(): Forwarded | undefined {
    return this.#forwarded;
  }

  /** Undefined until an upstream's answer begins to pass. */
  get answering(): Answering | undefined {
    return this.#forwarded?.answering;
  }

  /** The reason why the exchange ended. Undefined until it is known. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The error that ended the exchange. Undefined if there was none. */
  get errorCode(): ErrorCode | undefined {
    return this.#errorCode;
  }

  /** The filter of the answer's texts. Undefined if they pass as they are. */
  makeFilter(): MakeTextFilter | undefined {
    return this.#hooks.filterOf?.(this);
  }

  /** The request has been read: what it asks for, and under which contract. */
  admit(facts: RequestFacts, contract: Contract): Admitted {
    assert(this.#admitted === undefined, "a request is read once");
    this.#admitted = new Admitted(this, facts, contract);
    return this.#admitted;
  }

  /** The price of an admitted request is held. */
  forward(plan: Plan, claims: readonly Claim[]): Forwarded {
    assert(this.#admitted !== undefined, "a request is read before its price is held");
    assert(this.#forwarded === undefined, "the price of a request is held once");
    this.#forwarded = new Forwarded(this.#admitted, plan, claims);
    return this.#forwarded;
  }

  /** Notes why the exchange ends; the first reason stands. */
  end(ending: Ending, errorCode?: ErrorCode): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#errorCode = errorCode;
  }

  /** For `closing`: gives up what only a waiting client needs. */
  downstreamClosed(isIdle: boolean): void {
    this.#forwarded?.deadlines?.stop();
    this.body.release();
    // The request has not left yet, so only the client can have ended this.
    if (this.#forwarded === undefined && isIdle) this.end("downstream_reset");
  }

  /** For `closing`. */
  get isConcluded(): boolean {
    return this.#ending !== undefined && this.#forwarded?.attempts.every(({ isKnown }) => isKnown) !== false;
  }

  /** For `closing`. */
  settle(): void {
    this.#hooks.settle(this);
  }
}

/** An exchange whose request has been read, and what routing and counting find out about it. */
export class Admitted {
  readonly exchange: Exchange;
  readonly facts: RequestFacts;
  readonly contract: Contract;
  /** Input tokens of the request for each target (`backend/model`) that was considered. */
  readonly inputCounts = new Map<string, InputCount>();
  /** The transport to each target that was considered; undefined for those that cannot answer this kind of request. */
  readonly transports = new Map<Target, Transport | undefined>();
  /** For each target (`backend/model`) that a large body was checked for: the reason why it cannot be translated. */
  readonly largeBodyChecks = new Map<string, { readonly refusal: GatewayError | undefined }>();
  /** Input tokens for rules of `routes` that compare them. */
  neutralTokens: number | undefined;
  /** The rule of `routes` that matched. Undefined if none did, or before routing. */
  rule: RouteRule | undefined;
  /** The bounds that matched. Empty before routing. */
  bounds: readonly Bound[] = [];
  /** The reason why the first choice was not asked at all. Undefined if it was, or will be. */
  passedOver: FallbackReason | undefined;
  /** Targets that were left out of the plan, and why. */
  rejected: readonly Rejected[] = [];
  /** The retry budget was used up when the plan was made, so that it has one target where there could be more. */
  retriesWithheld = false;

  #attributes: Attributes | undefined;

  constructor(exchange: Exchange, facts: RequestFacts, contract: Contract) {
    this.exchange = exchange;
    this.facts = facts;
    this.contract = contract;
  }

  /** The values that conditions compare. Made once, when the input has been counted where conditions compare it. */
  get attributes(): Attributes {
    this.#attributes ??= this.#makeAttributes();
    return this.#attributes;
  }

  #makeAttributes(): Attributes {
    const { dialect, head, principal } = this.exchange;
    const { contract, facts, neutralTokens: inputTokens } = this;
    const request = { facts, dialect: dialect.name, path: head.path, inputTokens };
    return attributesOf({ principal, contract, headers: head.headers, request });
  }
}

/** An exchange whose price is held: the plan it follows, and the attempts made so far. */
export class Forwarded {
  readonly admitted: Admitted;
  readonly exchange: Exchange;
  readonly attempts: Attempt[] = [];
  /** Request headers that attempts so far have set; later ones, which share them, must not send what is not theirs. */
  readonly sentHeaders = new Set<string>();
  /** Changes as attempts fail, and as a stream outgrows its hold. */
  plan: Plan;
  claims: readonly Claim[];
  /** The budget that had no room for the request as asked, and whose ladder reduced it. Undefined if it is served as asked. */
  degradedBy: string | undefined;
  /** The checks of the plan's answers. Undefined if there are none. */
  checks: Checks | undefined;
  /** Keep the plan's time. Undefined until the request leaves. */
  deadlines: AnswerTimer | undefined;
  /** The attempt whose response headers the client gets. Undefined until they come. */
  answeredBy: Attempt | undefined;
  /** Undefined until an upstream's answer begins to pass. */
  answering: Answering | undefined;

  constructor(admitted: Admitted, plan: Plan, claims: readonly Claim[]) {
    this.admitted = admitted;
    this.exchange = admitted.exchange;
    this.plan = plan;
    this.claims = claims;
  }

  /** True while the request is with its providers, and no answer has begun. */
  get isUnanswered(): boolean {
    return this.deadlines !== undefined && !this.exchange.answer.hasBegun;
  }
}

/** What an answer passes through on its way to the client. */
export interface AnswerPath {
  /** Takes off what the upstream encoded its answer in. Undefined if it did not. */
  readonly decoder: ContentDecoder | undefined;
  /** Checks a stream while the client gets it. */
  readonly check: PassingCheck | undefined;
  /** Keeps the hold of a streamed answer ahead of its output. */
  readonly holdWatch: PassingHold | undefined;
  /** Keeps the credentials of the attempt from its client. */
  readonly mask: AnswerMask;
  /** Counts the output. */
  readonly counter: StreamCounter;
}

/** An exchange whose answer is passing from an upstream to the client. */
export class Answering {
  readonly forwarded: Forwarded;
  readonly exchange: Exchange;
  readonly attempt: Attempt;
  readonly path: AnswerPath;
  readonly reader: AnswerReader;
  /** Counts the output; another one where a worker has counted a large answer. */
  outputCounter: StreamCounter;
  #firstContentMs: number | undefined;
  #lastContentMs: number | undefined;

  /** `readerOf` makes the reader, which tells of the text it reads. */
  constructor(
    forwarded: Forwarded,
    attempt: Attempt,
    path: AnswerPath,
    readerOf: (answering: Answering, onText: OnText) => AnswerReader,
  ) {
    this.forwarded = forwarded;
    this.exchange = forwarded.exchange;
    this.attempt = attempt;
    this.path = path;
    this.outputCounter = path.counter;
    this.reader = readerOf(this, (text, kind, choice) => this.#heard(text, kind, choice));
  }

  get firstContentMs(): number | undefined {
    return this.#firstContentMs;
  }

  get lastContentMs(): number | undefined {
    return this.#lastContentMs;
  }

  #heard(text: string, kind: OutputKind, choice: number): void {
    this.path.check?.push(text, kind, choice);
    const nowMs = this.exchange.services.clock.monotonicMs();
    this.#lastContentMs = nowMs;
    if (this.#firstContentMs === undefined) {
      this.#firstContentMs = nowMs;
      this.forwarded.deadlines?.begun();
      this.attempt.gaveContent();
    }
    this.outputCounter.push(text);
    this.path.holdWatch?.passed(text.length);
  }
}
