import { covers } from "../core/pattern.ts";
import { formatTarget, type Target } from "../plan/plan.ts";

/**
 * The overrides that an operator may set. `stop`: takes nothing new and cuts what is running. `drain`: takes nothing new and lets what is running
 * finish. `force`: asks targets although they are ejected.
 */
export const overrideActions = ["stop", "drain", "force"] as const;
/** One of {@link overrideActions}. */
export type OverrideAction = (typeof overrideActions)[number];

/** The fields of a scope. `backend` and `target` choose targets, all others choose requests. */
export const scopeFields = ["backend", "target", "model", "tenant", "user", "key", "workflow"] as const;
/** One of {@link scopeFields}. */
export type ScopeField = (typeof scopeFields)[number];

/**
 * The subject of an override; all fields given must match. `target` is `backend/model`. `model` is a name of the config's `models`, or a pattern as
 * it stands there.
 */
export type Scope = { readonly [field in ScopeField]?: string | undefined };

/** An operator's exception to what config and health say. */
export interface Override {
  readonly id: string;
  readonly action: OverrideAction;
  readonly scope: Scope;
  /** For other operators; clients are not told. */
  readonly reason: string;
  /** The operator, by their own word. */
  readonly by: string;
  /** Wall time. */
  readonly sinceMs: number;
  /** Wall time in milliseconds. Undefined if it holds until it is lifted. */
  readonly untilMs: number | undefined;
}

/** A request, as far as scopes ask. */
export interface Scoped {
  /** The names it goes by: the client's, and that of the route it takes. */
  readonly models: readonly string[];
  readonly tenant: string;
  readonly user: string | undefined;
  /** The name of the key it came with. */
  readonly key: string | undefined;
  readonly workflow: string | undefined;
}

/** True if a scope chooses among targets rather than whole requests. */
export function choosesTargets({ backend, target }: Scope): boolean {
  return backend !== undefined || target !== undefined;
}

/** True if a scope names a caller or a workflow. */
export function choosesCallers({ tenant, user, key, workflow }: Scope): boolean {
  return tenant !== undefined || user !== undefined || key !== undefined || workflow !== undefined;
}

/** True if the request fields of a scope match this request; its target fields are not compared. */
export function coversRequest(scope: Scope, request: Scoped): boolean {
  const { model, tenant, user, key, workflow } = scope;
  return (
    (tenant === undefined || tenant === request.tenant) &&
    (user === undefined || user === request.user) &&
    (key === undefined || key === request.key) &&
    (workflow === undefined || workflow === request.workflow) &&
    (model === undefined || request.models.some((name) => covers(model, name)))
  );
}

/** True if the target fields of a scope match this target. */
export function coversTarget({ backend, target }: Scope, one: Target): boolean {
  return (
    (backend === undefined || backend === one.backend) &&
    (target === undefined || covers(target, formatTarget(one)))
  );
}

/** A scope in words, e.g. `tenant acme, workflow summarize`. */
export function formatScope(scope: Scope): string {
  const named = scopeFields.filter((field) => scope[field] !== undefined);
  return named.map((field) => `${field} ${scope[field]}`).join(", ");
}
