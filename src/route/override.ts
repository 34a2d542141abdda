import { covers } from "../core/pattern.ts";
import { formatTarget, type Target } from "../plan/plan.ts";

/**
 * What an operator may order by hand. `stop`: nothing new is taken, and what runs is cut. `drain`: nothing new is taken, and what runs
 * may finish. `force`: targets are asked although they rest.
 */
export const overrideActions = ["stop", "drain", "force"] as const;
/** One of {@link overrideActions}. */
export type OverrideAction = (typeof overrideActions)[number];

/** What the words of a scope may be about; `backend` and `target` choose targets, all others requests. */
export const scopeFields = ["backend", "target", "model", "tenant", "user", "key", "workflow"] as const;
/** One of {@link scopeFields}. */
export type ScopeField = (typeof scopeFields)[number];

/** What an override is about: everything that is named has to apply. `target` is `backend/model`; `model` is a name of the config's `models`, a pattern as it stands there. */
export type Scope = { readonly [field in ScopeField]?: string | undefined };

/** What an operator has ordered by hand, over what config and health say. */
export interface Override {
  readonly id: string;
  readonly action: OverrideAction;
  readonly scope: Scope;
  /** For other operators; clients are not told. */
  readonly reason: string;
  /** Who ordered it, by their own word. */
  readonly by: string;
  /** Wall time. */
  readonly sinceMs: number;
  /** Wall time; undefined: until it is lifted. */
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

/** Whether a scope chooses among targets, rather than requests as a whole. */
export function choosesTargets({ backend, target }: Scope): boolean {
  return backend !== undefined || target !== undefined;
}

/** Whether a scope is about who calls, or for what. */
export function choosesCallers({ tenant, user, key, workflow }: Scope): boolean {
  return tenant !== undefined || user !== undefined || key !== undefined || workflow !== undefined;
}

/** Whether what a scope says of requests applies to this one; what it says of targets is not asked. */
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

/** Whether what a scope says of targets applies to this one. */
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
