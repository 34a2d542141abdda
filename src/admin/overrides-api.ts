import { z } from "zod";
import type { Snapshot } from "../config/snapshot.ts";
import { parseDurationMs } from "../core/duration.ts";
import { GatewayError } from "../core/errors.ts";
import type { Steering } from "../exchange/steering.ts";
import { parseTarget } from "../plan/plan.ts";
import {
  choosesTargets,
  type Override,
  overrideActions,
  type Scope,
  scopeFields,
} from "../route/override.ts";
import type { OverrideAudit } from "./audit-log.ts";

/** How long an override holds by default. */
export const overrideForDefault = "1h";
const forMinMs = 1_000;
const forMaxMs = 30 * 86_400_000;

/** Services of the overrides API. */
export interface OverridesSource {
  readonly steering: Pick<Steering, "list" | "draft" | "order" | "lift">;
  /** The running config, in which the subjects of overrides must exist. */
  snapshot(): Snapshot;
  /** Writes down what is about to be done; what cannot be written down is not done. */
  audit(entry: Omit<OverrideAudit, "time">): Promise<void>;
}

/** An override as the admin interface shows it. */
export interface OverrideRow {
  readonly id: string;
  readonly action: Override["action"];
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
  /** Null: until it is lifted. */
  readonly until: string | null;
}

const text = z.string().min(1).max(256);
const duration = z
  .string()
  .transform((written) => parseDurationMs(written) ?? Number.NaN)
  .refine((ms) => ms >= forMinMs && ms <= forMaxMs, "must be a duration from 1s to 30d, e.g. 15m");
const order = z.strictObject({
  action: z.enum(overrideActions),
  scope: z.partialRecord(z.enum(scopeFields), text),
  reason: z.string().min(1).max(500),
  by: z.string().min(1).max(200),
  for: duration.prefault(overrideForDefault),
  untilLifted: z.boolean().default(false),
});
const lifting = z.strictObject({ by: z.string().min(1).max(200) });

/** The overrides in force, oldest first. */
export function listOverrides({ steering }: OverridesSource): { readonly overrides: readonly OverrideRow[] } {
  return { overrides: steering.list().map(overrideRow) };
}

/** Puts an override in force; `cut` is how many exchanges under way it ended. Throws `invalid_request`, and `capacity` when there are too many. */
export async function orderOverride(
  source: OverridesSource,
  body: unknown,
  from: string,
): Promise<{ readonly override: OverrideRow; readonly cut: number }> {
  const { for: forMs, untilLifted, ...asked } = parse(order, body);
  const problem = problemOf(asked, source.snapshot());
  if (problem !== undefined) throw new GatewayError("invalid_request", problem);
  const override = source.steering.draft(asked, untilLifted ? undefined : forMs);
  const { id, action, scope, reason, by, untilMs } = override;
  const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() };
  const entry = { action, override: id, scope, reason, ...until, by, from };
  const cut = await audited(source, entry, () => source.steering.order(override));
  return { override: overrideRow(override), cut };
}

/** Takes an override back. Throws `invalid_request`. */
export async function liftOverride(
  source: OverridesSource,
  id: string,
  body: unknown,
  from: string,
): Promise<{ readonly lifted: OverrideRow }> {
  const { by } = parse(lifting, body);
  const override = source.steering.list().find((one) => one.id === id);
  if (override === undefined)
    throw new GatewayError("invalid_request", `no override "${id.slice(0, 100)}" is in force`);
  const entry = { action: "lift" as const, override: id, by, from };
  await audited(source, entry, () => source.steering.lift(id));
  return { lifted: overrideRow(override) };
}

function overrideRow({ sinceMs, untilMs, ...override }: Override): OverrideRow {
  return {
    ...override,
    since: new Date(sinceMs).toISOString(),
    until: untilMs === undefined ? null : new Date(untilMs).toISOString(),
  };
}

/** The problem with a new override. A stop of something that does not exist would be mistaken for one that works. */
function problemOf(
  { action, scope }: Pick<Override, "action" | "scope">,
  snapshot: Snapshot,
): string | undefined {
  if (Object.keys(scope).length === 0) return `say what is meant: one or more of ${scopeFields.join(", ")}`;
  if (action === "force" && !choosesTargets(scope)) return "only a backend or a target can be forced";
  const { backend, target, model } = scope;
  const backends = [...snapshot.backends.keys()];
  if (backend !== undefined && !backends.includes(backend))
    return `there is no backend "${backend}"; there are ${backends.join(", ")}`;
  if (target !== undefined && !backends.includes(parseTarget(target)?.backend ?? ""))
    return `"${target}" is no target: write backend/model with one of the backends ${backends.join(", ")}`;
  if (model !== undefined && snapshot.model(model) === undefined) return `there is no model "${model}"`;
  return undefined;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GatewayError(
    "invalid_request",
    `${issue?.path.join(".") || "body"}: ${issue?.message ?? "is wrong"}`,
  );
}

async function audited<T>(
  source: OverridesSource,
  entry: Omit<OverrideAudit, "time">,
  change: () => Promise<T>,
): Promise<T> {
  await source.audit(entry);
  try {
    return await change();
  } catch (error) {
    await source.audit({ ...entry, failed: GatewayError.from(error).message });
    throw error;
  }
}
