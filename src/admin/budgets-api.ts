import { z } from "zod";
import { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { AccountFilter, Balance } from "../ledger/ledger.ts";
import { formatWindow } from "../ledger/window.ts";
import type { DegradeStep } from "../policy/ladder.ts";
import type { AccountAudit } from "./audit-log.ts";

/** Services of the budgets API. */
export interface BudgetsSource {
  accounts(filter: AccountFilter): Promise<readonly Balance[]>;
  /** The account with this id, used or not. Undefined if neither the ledger nor the config knows it. */
  find(accountId: string): MaybePromise<Balance | undefined>;
  /** The accounts of a rule with this key, used or not; none: the rule keeps no such key. Throws `invalid_request` for an unknown rule. */
  named(name: string, key: string): MaybePromise<readonly Balance[]>;
  reset(accountId: string, by: string): Promise<void>;
  grant(accountId: string, amount: bigint, by: string): Promise<void>;
  /** The `degrade` steps of the budget with this name in the config in force. Undefined if it has none. */
  degradeOf(name: string): readonly DegradeStep[] | undefined;
  /** Writes down what is about to be done; what cannot be written down is not done. */
  audit(entry: Omit<AccountAudit, "time">): Promise<void>;
}

/** An account as the admin interface shows it. Amounts are decimal strings in the account's unit. */
export interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly unit: string;
  readonly window: string;
  readonly limit: string;
  readonly used: string;
  readonly held: string;
  readonly left: string;
  /** Whole percent of the limit that is used or held. */
  readonly percent: number;
  /** The step of the budget's `degrade` that this share has reached, e.g. `80%: use fast`; absent: none. */
  readonly degrade?: string;
  readonly resets_at: string;
}

/** Accounts in one answer at most. */
const rowsMax = 1_000;
const who = z.string().min(1).max(200);
const id = z.string().min(1).max(4_096);
const integer = z.string().regex(/^-?\d{1,18}$/, "must be a whole number, as text");

const actions = {
  reset: z.strictObject({ id, by: who }),
  grant: z.strictObject({ id, by: who, amount: integer }),
  raise: z.strictObject({ id, by: who, to: integer }),
};

/**
 * Accounts in use, with where they stand; `more` when there are others that the query also asks for. `rule` and `key` ask for the
 * accounts of one rule with exactly this key, in use or not.
 */
export async function listBudgets(
  source: BudgetsSource,
  query: URLSearchParams,
): Promise<{ readonly accounts: readonly AccountRow[]; readonly more: boolean }> {
  const ids = query.getAll("id");
  if (ids.length > 0) {
    const asked = await Promise.all(ids.slice(0, rowsMax).map((one) => source.find(one)));
    return { accounts: asked.flatMap((one) => rowsOf(source, one)), more: false };
  }
  const [rule, exactly] = [query.get("rule"), query.get("key") ?? ""];
  if (rule !== null) {
    const named = await source.named(rule, exactly);
    return { accounts: named.flatMap((one) => rowsOf(source, one)), more: false };
  }
  const filter = { name: query.get("name") ?? undefined, key: query.get("key") ?? undefined };
  const found = await source.accounts({ ...filter, max: rowsMax + 1 });
  return {
    accounts: found.slice(0, rowsMax).flatMap((one) => rowsOf(source, one)),
    more: found.length > rowsMax,
  };
}

/** Does what somebody asks to be done to an account, and answers how it stands then. Throws `invalid_request`. */
export async function changeAccount(
  source: BudgetsSource,
  action: string,
  body: unknown,
  from: string,
): Promise<AccountRow | undefined> {
  const asked = read(action, body);
  const before = await source.find(asked.id);
  if (before === undefined) throw new GatewayError("invalid_request", `no account "${asked.id}" is in use`);
  const entry = { action: asked.action, account: asked.id, by: asked.by, from };
  if (asked.action === "reset") {
    await audited(source, entry, () => source.reset(asked.id, asked.by));
  } else {
    const amount = asked.action === "raise" ? asked.amount - before.account.limit : asked.amount;
    if (asked.action === "raise" && amount <= 0n)
      throw new GatewayError("invalid_request", `the limit is ${before.account.limit} already`);
    await audited(source, { ...entry, amount: amount.toString() }, () =>
      source.grant(asked.id, amount, asked.by),
    );
  }
  return rowsOf(source, await source.find(asked.id))[0];
}

type Asked =
  | { readonly action: "reset"; readonly id: string; readonly by: string }
  | { readonly action: "grant" | "raise"; readonly id: string; readonly by: string; readonly amount: bigint };

function read(action: string, body: unknown): Asked {
  if (action === "reset") return { action, ...parse(actions.reset, body) };
  if (action === "grant") {
    const { amount, ...rest } = parse(actions.grant, body);
    return { action, ...rest, amount: BigInt(amount) };
  }
  if (action === "raise") {
    const { to, ...rest } = parse(actions.raise, body);
    return { action, ...rest, amount: BigInt(to) };
  }
  throw new GatewayError("unknown_path", "actions are reset, grant and raise");
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

async function audited(
  source: BudgetsSource,
  entry: Omit<AccountAudit, "time">,
  change: () => Promise<void>,
): Promise<void> {
  await source.audit(entry);
  try {
    await change();
  } catch (error) {
    await source.audit({ ...entry, failed: GatewayError.from(error).message });
    throw error;
  }
}

function rowsOf(source: BudgetsSource, balance: Balance | undefined): readonly AccountRow[] {
  if (balance === undefined) return [];
  const { account, used, held, left, resetsAtMs } = balance;
  const percent = percentOf(used + held, account.limit);
  const reached = source.degradeOf(account.name)?.findLast(({ atPercent }) => percent >= atPercent);
  return [
    {
      id: account.id,
      name: account.name,
      key: account.key,
      unit: account.unit,
      window: formatWindow(account.window),
      limit: account.limit.toString(),
      used: used.toString(),
      held: held.toString(),
      left: left.toString(),
      percent,
      ...(reached === undefined ? undefined : { degrade: formatStep(reached) }),
      resets_at: new Date(resetsAtMs).toISOString(),
    },
  ];
}

/** Rounded down; what is taken of nothing is all of it. */
function percentOf(taken: bigint, limit: bigint): number {
  return limit <= 0n ? 100 : Number((taken * 100n) / limit);
}

function formatStep({ atPercent, to }: DegradeStep): string {
  return `${atPercent}%: ${to.kind === "use" ? `use ${to.model}` : `clamp to at least ${to.atLeast}`}`;
}
