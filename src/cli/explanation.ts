import type { GatewayError } from "../core/errors.ts";
import { formatUsd } from "../core/money.ts";
import { warningHeader, warningOf } from "../exchange/answer/warning.ts";
import type { Explanation, TriedClaim, TriedOffer } from "../exchange/explaining.ts";
import type { Checks } from "../exchange/state/checks.ts";
import type { Exchange } from "../exchange/state/exchange.ts";
import { formatWindow } from "../ledger/window.ts";
import { formatTarget } from "../plan/plan.ts";

/** The handling of a request, as plain data. Amounts are decimal strings in the account's unit. */
export interface ExplainedRequest {
  readonly principal: Readonly<Record<string, unknown>>;
  readonly contract: Readonly<Record<string, string>>;
  readonly dialect: string;
  readonly operation: string;
  readonly model: string | undefined;
  /** The rule that matched, e.g. `routes[0]`. */
  readonly rule: string | undefined;
  /** The bounds that matched. */
  readonly bounds: readonly string[];
  /** `field`: the one of the request that stands in the way, where it is one. */
  readonly left_out: readonly {
    readonly target: string;
    readonly reason: string;
    readonly field: string | undefined;
  }[];
  readonly offers: readonly ExplainedOffer[];
  /** False: no gateway was asked, and limits are shown as if nothing were used. */
  readonly live: boolean;
  readonly outcome: ExplainedOutcome;
}

type ExplainedOutcome =
  | { readonly kind: "forward"; readonly target: string }
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly code: string;
      readonly message: string;
      /** The request's field at fault, where it is one. */
      readonly field: string | undefined;
    };

interface ExplainedOffer {
  readonly ladder_of: string | undefined;
  /** The share of the budget, in percent, from which this step applies; 100 once the budget has no room at all. */
  readonly from_percent: number | undefined;
  readonly targets: readonly {
    readonly target: string;
    readonly input_tokens: number;
    readonly input_tokens_max: number;
    readonly price: string;
    readonly cost_max_nano_usd: string;
    /** The provider's format, and whether the request would be said anew in it. */
    readonly format: string;
    readonly translated: boolean;
    /** The changes to the request: words replaced or left out. */
    readonly changes: readonly string[];
  }[];
  /** The checks of the answer. Undefined if there are none. */
  readonly checks:
    | {
        readonly rules: readonly string[];
        /** Rules that would be skipped: what the request asks for cannot be read. */
        readonly unreadable: readonly string[];
        readonly stream: string;
        readonly on_fail: string;
      }
    | undefined;
  readonly output_cap: number;
  readonly hold_nano_usd: string;
  readonly claims: readonly ExplainedClaim[];
  readonly fits: boolean;
}

interface ExplainedClaim {
  readonly name: string;
  readonly key: string;
  readonly window: string;
  readonly unit: string;
  readonly amount: string;
  readonly left: string;
  readonly limit: string;
  /** The share of the limit that this offer may fill: from there on, less is offered. */
  readonly ceiling_percent: number | undefined;
  readonly observe: boolean;
  readonly fits: boolean;
}

/** An explanation as plain data. */
export function explanationOf(exchange: Exchange, explained: Explanation, live: boolean): ExplainedRequest {
  const { admitted, body, dialect, operation, principal } = exchange;
  const { bounds = [], contract, rule } = admitted ?? {};
  const last = explained.offers.at(-1)?.plan.targets[0];
  const { refusal } = explained;
  return {
    principal: {
      tenant_id: principal.tenantId,
      user_id: principal.userId,
      team: principal.team,
      app: principal.app,
      roles: principal.roles,
      key_name: principal.keyName,
    },
    contract: Object.fromEntries(contract?.values ?? []),
    dialect: dialect.name,
    operation: operation.name,
    model: body.facts?.model,
    rule: rule?.name,
    bounds: bounds.map(({ name }) => name),
    left_out: explained.rejected.map(({ target, reason, field }) => ({
      target: formatTarget(target),
      reason,
      field,
    })),
    offers: explained.offers.map(offerOf),
    live,
    outcome:
      refusal === undefined
        ? { kind: "forward", target: last === undefined ? "" : formatTarget(last.target) }
        : refusedOutcome(refusal),
  };
}

function refusedOutcome({ status, code, message, param }: GatewayError): ExplainedOutcome {
  return { kind: "refuse", status, code, message, field: param };
}

function offerOf({ degraded, plan, sayings, checks, claims, fits }: TriedOffer): ExplainedOffer {
  return {
    ladder_of: degraded?.by,
    from_percent: degraded?.atPercent,
    targets: plan.targets.map(({ target, inputTokens, inputTokensMax, rate, costMaxNanoUsd }, at) => ({
      target: formatTarget(target),
      input_tokens: inputTokens,
      input_tokens_max: inputTokensMax,
      price: rate.version,
      cost_max_nano_usd: costMaxNanoUsd.toString(),
      format: sayings[at]?.format ?? "",
      translated: sayings[at]?.translated ?? false,
      changes: sayings[at]?.changes ?? [],
    })),
    checks: checks === undefined ? undefined : checksOf(checks),
    output_cap: plan.outputCap,
    hold_nano_usd: plan.hold.costNanoUsd.toString(),
    claims: claims.map(claimOf),
    fits,
  };
}

function checksOf({ validation, bound }: Checks): NonNullable<ExplainedOffer["checks"]> {
  return {
    rules: bound.rules.map(({ name }) => name),
    unreadable: bound.unreadable,
    stream: validation.stream,
    on_fail: validation.onFail,
  };
}

function claimOf({ claim, balance, fits }: TriedClaim): ExplainedClaim {
  const { account, amount, observe = false } = claim;
  return {
    name: account.name,
    key: account.key,
    window: formatWindow(account.window),
    unit: account.unit,
    amount: amount.toString(),
    left: balance.left.toString(),
    limit: balance.account.limit.toString(),
    ceiling_percent: claim.ceilingPercent,
    observe,
    fits,
  };
}

/** The same for people. */
export function formatExplanation(explained: ExplainedRequest): string {
  const { outcome } = explained;
  return [
    `caller    ${pairs(explained.principal)}`,
    `contract  ${pairs(explained.contract) || "(nothing)"}`,
    `request   ${explained.operation} (${explained.dialect}), model ${explained.model || "(none)"}${explained.rule === undefined ? "" : `, by ${explained.rule}`}`,
    ...(explained.bounds.length === 0 ? [] : [`bounds    ${explained.bounds.join(", ")}`]),
    ...explained.left_out.map(({ target, reason }) => `left out  ${target}: ${reason}`),
    ...explained.offers.flatMap((offer, at) => offerLines(offer, at + 1)),
    ...(explained.live || explained.offers.length === 0
      ? []
      : ["note      no gateway was asked: limits are shown as unused"]),
    outcome.kind === "forward"
      ? `outcome   goes to ${outcome.target}`
      : `outcome   refused ${outcome.status} ${outcome.code}: ${outcome.message}`,
  ].join("\n");
}

function offerLines(offer: ExplainedOffer, number: number): readonly string[] {
  const from = offer.from_percent === 100 ? "" : ` from ${offer.from_percent}% on`;
  const why = offer.ladder_of === undefined ? "" : `, by the ladder of ${offer.ladder_of}${from}`;
  return [
    `offer ${number}   holds ${usd(offer.hold_nano_usd)}, answers up to ${offer.output_cap} tokens${why}: ${offer.fits ? "fits" : "does not fit"}`,
    ...offer.targets.flatMap((one, at) => [
      `  ${at + 1}. ${one.target}: ${one.input_tokens} input tokens (at most ${one.input_tokens_max}), at most ${usd(one.cost_max_nano_usd)} by ${one.price}`,
      ...(one.translated ? [`     ${translation(one.format, one.changes)}`] : []),
    ]),
    ...(offer.checks === undefined ? [] : [`  ${checked(offer.checks)}`]),
    ...offer.claims.map(
      (one) =>
        `  ${one.fits ? "ok" : one.observe ? "would refuse" : "REFUSES"}  ${one.name}${one.key === "" ? "" : ` (${one.key})`} ${one.window}: asks ${quantity(one, one.amount)}, has ${quantity(one, one.left)} of ${quantity(one, one.limit)} left${one.ceiling_percent === undefined ? "" : `, may fill ${one.ceiling_percent}%`}`,
    ),
  ];
}

function checked({ rules, unreadable, stream, on_fail }: NonNullable<ExplainedOffer["checks"]>): string {
  const asked = rules.length === 0 ? "by nothing that this request asks for" : `by ${rules.join(", ")}`;
  const skipped =
    unreadable.length === 0 ? "" : `, not by ${unreadable.join(", ")}: the schema cannot be read`;
  const next = on_fail === "reask" ? "the same target once more, then the next" : "the next target";
  return `answers are checked ${asked}${skipped} (streams: ${stream}; one that fails: ${next})`;
}

function translation(format: string, changes: readonly string[]): string {
  const lost = changes.length === 0 ? "nothing is lost" : `${warningHeader}: ${warningOf(changes)}`;
  return `translated to ${format}; ${lost}`;
}

function pairs(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" ");
}

function quantity({ unit }: ExplainedClaim, amount: string): string {
  return unit === "nano_usd" ? usd(amount) : `${amount} ${unit.replace("_", " ")}`;
}

function usd(nanoUsd: string): string {
  return `$${formatUsd(BigInt(nanoUsd))}`;
}
