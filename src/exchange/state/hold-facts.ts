import { z } from "zod";
import { formatTarget, type Plan } from "../../plan/plan.ts";
import type { Exchange } from "./exchange.ts";

/** Longest value of a field: what an exchange adds to the journal is bounded. */
const charactersMax = 256;

const text = z.string().nullish();
const schema = z
  .object({
    trace_id: text,
    tenant_id: text,
    workflow: text,
    model_provider: text,
    model_route: text,
    user_id: z.string(),
    team: z.string(),
    app: z.string(),
    key_name: z.string(),
    sensitivity: z.string(),
    latency_class: z.string(),
    budget_class: z.string(),
    dialect: z.string(),
    operation: z.string(),
    requested_model: z.string(),
    client_request_id: z.string(),
    stream: z.boolean(),
    counted_input_tokens: z.number(),
    price_version: z.string(),
    held_nano_usd: z.string().regex(/^\d+$/),
    config_version: z.string(),
  })
  .partial();

/** The facts of an exchange when its request leaves: fields of its record, should it be lost. Never a prompt or a credential. */
export type HoldFacts = z.output<typeof schema>;

/** The facts of an exchange about to ask the first target of a plan, as one line of JSON for the ledger to keep beside the hold. */
export function holdFacts(exchange: Exchange, plan: Plan | undefined): string {
  const { principal, snapshot, admitted } = exchange;
  const contract = admitted?.contract;
  const { facts } = exchange.body;
  const [first] = plan?.targets ?? [];
  const field = (name: string) => contract?.field(name)?.slice(0, charactersMax);
  const known: HoldFacts = {
    trace_id: field("trace_id"),
    tenant_id: principal.tenantId,
    workflow: field("workflow"),
    model_provider: first && snapshot.backends.get(first.target.backend)?.provider.type,
    model_route: first && formatTarget(first.target),
    user_id: field("user_id") ?? principal.userId,
    team: principal.team,
    app: principal.app,
    key_name: principal.keyName,
    sensitivity: field("sensitivity"),
    latency_class: field("latency_class"),
    budget_class: field("budget_class"),
    dialect: exchange.dialect.name,
    operation: exchange.operation.name,
    requested_model: facts?.model.slice(0, charactersMax),
    client_request_id: exchange.head.headers.get("x-request-id")?.slice(0, charactersMax),
    stream: facts?.stream,
    counted_input_tokens: first?.inputTokens,
    price_version: first?.rate.version,
    held_nano_usd: plan?.hold.costNanoUsd.toString(),
    config_version: snapshot.version,
  };
  return JSON.stringify(known);
}

/** The facts that a ledger has kept; none where there are none, as an earlier version left it. */
export function readHoldFacts(about: string | undefined): HoldFacts {
  if (about === undefined) return {};
  try {
    return schema.parse(JSON.parse(about));
  } catch {
    return {};
  }
}
