import { resolve } from "node:path";
import { configuredModels } from "../config/configured-models.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { systemClock } from "../core/clock.ts";
import { ceilToNano, formatUsd } from "../core/money.ts";
import { formatTarget } from "../plan/plan.ts";
import type { Quote } from "../price/catalogue.ts";
import type { Rate } from "../price/rate.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import type { ConfigReport } from "./models.ts";
import { type Column, formatRows } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

/** `tollgate prices`: today's prices and their sources, for the config's targets or, with `all`, every price in force. */
export function prices(terminal: Terminal, options: ConfigReport & { readonly all: boolean }): void {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const nowMs = systemClock.nowMs();
  const rows = options.all
    ? snapshot.prices.inForce(nowMs).map((quote) => rowOf(entryName(quote) ?? "", quote))
    : targetRows(snapshot, nowMs);
  const columns: readonly Column<PriceRow>[] = [
    { title: "target", of: (row) => row.target },
    { title: "input", figures: true, of: (row) => row.input ?? "–" },
    { title: "cached", figures: true, of: (row) => row.cached_input ?? "–" },
    { title: "output", figures: true, of: (row) => row.output ?? "–" },
    { title: "source", of: because },
  ];
  terminal.out(formatRows(rows, columns, options.format));
  if (options.format === "table") terminal.out("\nUSD per 1M tokens");
}

/** Prices by class, decimal dollars per 1M tokens; absent: billed as `input`, or `output`. `per_call`: dollars a call, to the nano-dollar. */
interface ClassPrices {
  readonly cache_write?: string;
  readonly cache_write_1h?: string;
  readonly audio_input?: string;
  readonly image_input?: string;
  readonly reasoning?: string;
  readonly audio_output?: string;
  readonly image_output?: string;
  readonly per_call?: string;
}

/** The prices of one service tier; {@link PriceRow} has the standard one. */
interface ServicePrices extends ClassPrices {
  readonly input: string | null;
  readonly cached_input: string | null;
  readonly output: string | null;
  /** The whole request costs this where its input is longer. */
  readonly tiers?: readonly (ServicePrices & { readonly above_input_tokens: number })[];
}

/** A price and its source. Null prices are unknown, so requests for the model are refused. */
interface PriceRow extends ServicePrices {
  readonly target: string;
  /** Prices of `batch`, `flex` and `priority`, where they differ. */
  readonly services?: Readonly<Record<string, ServicePrices>>;
  /** The price file, or `backend` for a backend's own price. */
  readonly from: string | null;
  /** The matching entry of the file. Null for a backend's own price and for a ceiling of unknown models. */
  readonly entry: string | null;
  readonly line: number | null;
  /** The day it came into force. */
  readonly since: string | null;
  /** Where to check it. */
  readonly source: string | null;
}

function targetRows(snapshot: Snapshot, nowMs: number): readonly PriceRow[] {
  const rows = new Map<string, PriceRow>();
  for (const target of configuredModels(snapshot).flatMap((model) => model.targets)) {
    const provider = snapshot.backends.get(target.backend)?.provider.type ?? "";
    const name = formatTarget(target);
    rows.set(name, rowOf(name, snapshot.prices.quote(target.backend, provider, target.model, nowMs)));
  }
  return [...rows.values()];
}

function rowOf(target: string, quote: Quote | undefined): PriceRow {
  const { rate, entry } = quote ?? {};
  return {
    target,
    ...pricesOf(rate),
    ...(rate?.services === undefined
      ? {}
      : { services: Object.fromEntries([...rate.services].map(([name, own]) => [name, pricesOf(own)])) }),
    from: quote?.from ?? null,
    entry: quote === undefined ? null : entryName(quote),
    line: entry?.line ?? null,
    since: entry === undefined ? null : new Date(entry.fromMs).toISOString().slice(0, 10),
    source: entry?.source ?? null,
  };
}

function pricesOf(rate: Rate | undefined): ServicePrices {
  const classes = {
    cache_write: perMillion(rate?.cacheWrite),
    cache_write_1h: perMillion(rate?.cacheWrite1h),
    audio_input: perMillion(rate?.audioInput),
    image_input: perMillion(rate?.imageInput),
    reasoning: perMillion(rate?.reasoning),
    audio_output: perMillion(rate?.audioOutput),
    image_output: perMillion(rate?.imageOutput),
    per_call: rate?.perCall === undefined ? null : formatUsd(ceilToNano(rate.perCall)),
  };
  const tiers = (rate?.tiers ?? []).map((tier) => ({
    above_input_tokens: tier.aboveInputTokens,
    ...pricesOf(tier.rate),
  }));
  return {
    input: perMillion(rate?.input),
    cached_input: perMillion(rate?.cachedInput),
    output: perMillion(rate?.output),
    ...Object.fromEntries(Object.entries(classes).filter(([, price]) => price !== null)),
    ...(tiers.length === 0 ? {} : { tiers }),
  };
}

function entryName({ entry }: Quote): string | null {
  return entry === undefined ? null : `${entry.owner}/${entry.model}${entry.prefix ? "*" : ""}`;
}

/** Pico-dollars a token as dollars a million tokens. */
function perMillion(pico: bigint | undefined): string | null {
  return pico === undefined ? null : formatUsd(pico * 1_000n);
}

function because(row: PriceRow): string {
  if (row.from === null)
    return row.target.endsWith("*") ? "depends on the requested model" : "no price: refused";
  if (row.from === "backend") return "the backend's own price";
  if (row.entry === null) return `${row.from}: ceiling for unknown models`;
  const [tier] = row.tiers ?? [];
  const dearer = tier === undefined ? "" : `; higher above ${tier.above_input_tokens} input tokens`;
  return `${row.from}:${row.line} ${row.entry}, since ${row.since}${dearer}`;
}
