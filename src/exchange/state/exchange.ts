import type { Snapshot } from "../../config/snapshot.ts";
import type { Contract } from "../../contract/contract.ts";
import type { ContentDecoder } from "../../core/content-decoder.ts";
import { assert, type ErrorCode, type GatewayError } from "../../core/errors.ts";
import type { Headers } from "../../core/headers.ts";
import type { Asked } from "../../dialect/asked.ts";
import type { Dialect, Operation, RequestFacts } from "../../dialect/dialect.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Claim } from "../../ledger/ledger.ts";
import { formatTarget, type Plan } from "../../plan/plan.ts";
import type { Bound } from "../../route/bounds.ts";
import type { Rejected } from "../../route/only.ts";
import type { RouteRule } from "../../route/routes.ts";
import type { StreamCounter } from "../../tokens/counters/counter.ts";
import type { InputCount } from "../../tokens/request/input-count.ts";
import type { Ending, FallbackReason } from "../../usage/record.ts";
import type { Checks } from "../admit/checking.ts";
import type { AnswerReader } from "../answer/answer-reader.ts";
import type { Deadlines } from "../answer/deadlines.ts";
import type { HoldWatch } from "../answer/hold-watch.ts";
import type { Interruptible } from "../answer/interrupting.ts";
import type { SecretMask } from "../answer/masking.ts";
import type { StreamCheck } from "../answer/stream-check.ts";
import type { Attempt } from "./attempt.ts";
import { Closing } from "./closing.ts";
import type { Services } from "./services.ts";
import { newStages, type Stages } from "./stages.ts";

/** Where an exchange is. It only ever moves to the right. */
const phases = ["opened", "admitted", "forwarded", "responding", "ended"] as const;
/** One of the phases of an exchange's life. */
export type Phase = (typeof phases)[number];

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

/**
 * One downstream request and its response, from first byte to settlement. Holds what is known so far; what happens to it is in
 * admission, forwarding, responding and settlement. Knows neither Envoy's messages nor a vendor.
 */
export class Exchange {
  readonly id: string;
  /** The config this exchange is pinned to. */
  readonly snapshot: Snapshot;
  readonly services: Services;
  readonly head: RequestHead;
  readonly dialect: Dialect;
  readonly operation: Operation;
  readonly principal: Principal;
  /** Wall time of the first byte. */
  readonly openedAtMs: number;
  /** Monotonic, as are all other marks. */
  readonly openedMs: number;
  readonly stages: Stages = newStages();
  readonly attempts: Attempt[] = [];
  /** Numbers of the attempts whose end Envoy's access log has told. */
  readonly logged = new Set<number>();
  readonly closing = new Closing(this);

  /** For each target (`backend/model`) that a large body was checked for: what stands in the way of translating it. */
  readonly largeBodyChecks = new Map<string, { readonly refusal: GatewayError | undefined }>();

  /** Input tokens of the request for each target (`backend/model`) that was considered. */
  readonly inputCounts = new Map<string, InputCount>();

  facts: RequestFacts | undefined;
  contract: Contract | undefined;
  /** Input tokens for rules of `routes` that compare them. */
  neutralTokens: number | undefined;
  /** The rule of `routes` that matched. Undefined if none did, or before routing. */
  rule: RouteRule | undefined;
  /** The reason why the first choice was not asked at all. Undefined if it was, or will be. */
  passedOver: FallbackReason | undefined;
  /** The bounds that matched. Empty before routing. */
  bounds: readonly Bound[] = [];
  /** Targets that were left out of the plan, and why. */
  rejected: readonly Rejected[] = [];
  /** The retry budget was used up when the plan was made, so that it has one target where there could be more. */
  retriesWithheld = false;
  plan: Plan | undefined;
  claims: readonly Claim[] = [];
  /** The checks of the plan's answers. Undefined if there are none. */
  checks: Checks | undefined;
  /** Where the caller stands with its limits, for every answer. */
  limitHeaders: readonly (readonly [name: string, value: string])[] = [];
  /** The budget that had no room for the request as asked, and whose ladder reduced it. Undefined if it is served as asked. */
  degradedBy: string | undefined;
  /** The request body as the client sent it; released with the first response byte. */
  original: Buffer | undefined;
  /** Bytes of `original` that count against the bound on all originals. */
  originalHeldBytes = 0;
  bytesIn = 0;
  /** The request without its wire format, once somebody had to translate it; released with the original. */
  modelRequest: Asked | undefined;
  /** Request headers that attempts so far have set; later ones, which share them, must not send what is not theirs. */
  readonly sentHeaders = new Set<string>();

  transform: AnswerReader | undefined;
  /** Of an answer that came encoded; closed at settlement. */
  decoder: ContentDecoder | undefined;
  outputCounter: StreamCounter | undefined;
  /** Checks a stream while the client gets it. */
  streamCheck: StreamCheck | undefined;
  /** Keeps the hold of a streamed answer ahead of its output. */
  holdWatch: HoldWatch | undefined;
  /** Keeps the credentials of the attempt that answers from its client; undefined: nothing has passed yet. */
  secretMask: SecretMask | undefined;
  answeredBy: Attempt | undefined;
  responseStatus: number | undefined;
  firstContentMs: number | undefined;
  lastContentMs: number | undefined;
  /** Nothing of the answer has passed, not even its headers: they wait for its whole body, or for more of it than is held. */
  held = false;
  /** Response headers that only the whole body of an answer that is held told of. */
  lateHeaders: readonly (readonly [name: string, value: string])[] = [];
  /** The response was seen to its end. */
  responseEnded = false;
  /** The answer ends early. Its client is told so in the last bytes it gets, or, where nothing can say it, must be cut off. */
  broken: "told" | "cut" | undefined;
  /** There as soon as somebody speaks with Envoy for this exchange. */
  downstream: Interruptible | undefined;
  /** Keep the plan's time once the request has left. */
  deadlines: Deadlines | undefined;
  bytesOut = 0;

  ending: Ending | undefined;
  errorCode: ErrorCode | undefined;

  #phase: Phase = "opened";

  constructor(services: Services, opening: Opening) {
    this.services = services;
    this.id = opening.id;
    this.snapshot = opening.snapshot;
    this.head = opening.head;
    this.dialect = opening.dialect;
    this.operation = opening.operation;
    this.principal = opening.principal;
    this.openedMs = opening.openedMs;
    this.openedAtMs = services.clock.nowMs();
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Moves on to a later phase; going back is a bug. */
  advance(phase: Phase): void {
    assert(
      phases.indexOf(phase) > phases.indexOf(this.#phase),
      `an exchange cannot go from ${this.#phase} to ${phase}`,
    );
    this.#phase = phase;
  }

  /** Notes why the exchange ends; the first reason stands. */
  end(ending: Ending, errorCode?: ErrorCode): void {
    if (this.ending !== undefined) return;
    this.ending = ending;
    this.errorCode = errorCode;
  }

  /** Gives up the original body: no further attempt can be encoded. */
  releaseOriginal(): void {
    this.original = undefined;
    this.modelRequest = undefined;
    if (this.originalHeldBytes === 0) return;
    this.services.originals.release(this.principal.tenantId, this.originalHeldBytes);
    this.originalHeldBytes = 0;
  }

  /** `backend/model` of the attempt that answered or was made last. */
  get lastTarget(): string | undefined {
    const attempt = this.answeredBy ?? this.attempts.at(-1);
    return attempt === undefined ? undefined : formatTarget(attempt.target.target);
  }
}

/** The results of admission. Throws before they are known. */
export function admitted(exchange: Exchange): { readonly facts: RequestFacts; readonly contract: Contract } {
  const { facts, contract } = exchange;
  assert(facts !== undefined && contract !== undefined, "the exchange has not been admitted");
  return { facts, contract };
}

/** The plan of a forwarded exchange; asking before is a bug. */
export function planned(exchange: Exchange): Plan {
  assert(exchange.plan !== undefined, "the exchange has no plan");
  return exchange.plan;
}
