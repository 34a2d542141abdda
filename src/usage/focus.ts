import { formatUsd } from "../core/money.ts";
import { csvLines } from "./csv.ts";
import type { Report, ReportRow } from "./groups.ts";

/** The fields that a FOCUS export groups by, in this order. */
export const focusDimensions = [
  "day",
  "tenant_id",
  "team",
  "app",
  "workflow",
  "model_provider",
  "model_route",
  "price_version",
] as const;

type Dimension = (typeof focusDimensions)[number];

/** A column and what it says of a row; `at` gives the row's value of a dimension, empty where it has none. */
type FocusColumn = readonly [
  name: string,
  of: (at: (name: Dimension) => string, row: ReportRow) => string | number,
];

const dayMs = 86_400_000;

/** FOCUS 1.2 (focus.finops.org): a line a day and group. Costs are list prices, so billed, effective, list and contracted cost are one. */
const columns: readonly FocusColumn[] = [
  ["BilledCost", (_, row) => formatUsd(row.costNanoUsd)],
  ["EffectiveCost", (_, row) => formatUsd(row.costNanoUsd)],
  ["ListCost", (_, row) => formatUsd(row.costNanoUsd)],
  ["ContractedCost", (_, row) => formatUsd(row.costNanoUsd)],
  ["BillingCurrency", () => "USD"],
  ["BillingPeriodStart", (at) => monthStart(at("day"), 0)],
  ["BillingPeriodEnd", (at) => monthStart(at("day"), 1)],
  ["ChargePeriodStart", (at) => dayStart(at("day"), 0)],
  ["ChargePeriodEnd", (at) => dayStart(at("day"), dayMs)],
  ["ChargeCategory", () => "Usage"],
  ["ChargeFrequency", () => "Usage-Based"],
  ["ChargeDescription", (at) => `Tokens of ${at("model_route") || "no model"}`],
  ["ConsumedQuantity", (_, row) => row.inputTokens + row.outputTokens],
  ["ConsumedUnit", () => "Tokens"],
  ["PricingQuantity", (_, row) => row.inputTokens + row.outputTokens],
  ["PricingUnit", () => "Tokens"],
  ["ProviderName", (at) => at("model_provider")],
  ["PublisherName", (at) => at("model_provider")],
  ["InvoiceIssuerName", (at) => at("model_provider")],
  ["ServiceCategory", () => "AI and Machine Learning"],
  ["ServiceName", (at) => at("model_provider")],
  ["ResourceId", (at) => at("model_route")],
  ["SkuId", (at) => at("model_route")],
  ["SkuPriceId", (at) => at("price_version")],
  ["SubAccountId", (at) => at("tenant_id")],
  ["Tags", (at) => JSON.stringify({ team: at("team"), app: at("app"), workflow: at("workflow") })],
  ["x_Exchanges", (_, row) => row.exchanges],
  ["x_InputTokens", (_, row) => row.inputTokens],
  ["x_OutputTokens", (_, row) => row.outputTokens],
  ["x_WastedCost", (_, row) => formatUsd(row.wastedNanoUsd)],
];

/** A report by {@link focusDimensions} as FOCUS lines in CSV. */
export function formatFocus(report: Report): string {
  const rows = report.rows.map((row) => {
    const at = (name: Dimension) => row.key[report.by.indexOf(name)] ?? "";
    return columns.map(([, of]) => of(at, row));
  });
  return csvLines([columns.map(([name]) => name), ...rows]);
}

function dayStart(day: string, afterMs: number): string {
  return day === "" ? "" : new Date(Date.parse(day) + afterMs).toISOString();
}

function monthStart(day: string, monthsAfter: number): string {
  const [year, month] = day.split("-").map(Number);
  if (year === undefined || month === undefined) return "";
  return new Date(Date.UTC(year, month - 1 + monthsAfter)).toISOString();
}
