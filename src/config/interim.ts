import { isDeepStrictEqual } from "node:util";
import { GatewayError } from "../core/errors.ts";
import { chain } from "../core/maybe-promise.ts";
import { identify } from "../identity/identify.ts";
import type { Identity, Recognition } from "../identity/identity.ts";
import type { ExceededStep } from "../policy/ladder.ts";
import { joinPolicies } from "../policy/policies.ts";
import type { Policy } from "../policy/policy.ts";
import type { PriceCatalogue } from "../price/catalogue.ts";
import type { Snapshot } from "./snapshot.ts";

const unrecognised: Recognition = Object.freeze({ kind: "unrecognised" });

/**
 * The part of `next` that can be in force before Envoy has its clusters, or a restart has brought the rest. That is callers, limits, budgets, prices,
 * access, caps and the secrets of our own. Backends, models and routes stay those of `running`, and so do all rules if the contracts differ, since rules are only valid under their own contract; a caller must then be known to both.
 */
export function interimSnapshot(running: Snapshot, next: Snapshot): Snapshot {
  const { admin, server, retries, alertWebhook, usageLog } = next;
  const own = {
    admin: { ...running.admin, token: admin.token },
    server: { ...running.server, drainMs: server.drainMs },
    usageLog: { ...running.usageLog, sinks: usageLog.sinks },
    ...{ retries, alertWebhook },
    closables: [...new Set([...running.closables, ...next.closables])],
  };
  const version = `${next.version}-in-part`;
  if (!isDeepStrictEqual(sectionOf(running, "contract"), sectionOf(next, "contract")))
    return Object.freeze({ ...running, ...own, version, identities: knownToBoth(running, next) });
  const { identities, contract } = next;
  const prices = pricesOf(running, next);
  const policies = policiesOf(running, next);
  const compareInputTokens = running.compareInputTokens || next.compareInputTokens;
  const parts = { identities, contract, prices, policies, compareInputTokens, ...joinPolicies(policies) };
  return Object.freeze({ ...running, ...own, version, ...parts });
}

/** The next policies; limits and budgets only if every model that they fall back to exists already. */
function policiesOf(running: Snapshot, next: Snapshot): readonly Policy[] {
  if (next.policies.every((policy) => canApply(policy, running))) return next.policies;
  return [...next.policies.filter((policy) => !judges(policy)), ...running.policies.filter(judges)];
}

function judges({ judge }: Policy): boolean {
  return judge !== undefined;
}

function sectionOf(snapshot: Snapshot, name: string): unknown {
  return new Map(Object.entries(Object(snapshot.redacted()))).get(name);
}

/** Recognises whom `running` does, as it does, unless `next` would not any more. */
function knownToBoth(running: Snapshot, next: Snapshot): readonly Identity[] {
  return running.identities.map((identity) => ({
    ...identity,
    identify(credential, nowMs) {
      return chain(identity.identify(credential, nowMs), (recognition) => {
        if (recognition.kind !== "principal") return recognition;
        return chain(identify(next.identities, credential, nowMs), (known) =>
          known instanceof GatewayError ? unrecognised : recognition,
        );
      });
    },
  }));
}

/** The next prices; a model that only the running config has keeps its price. */
function pricesOf(running: Snapshot, next: Snapshot): PriceCatalogue {
  return {
    quote: (...model) => next.prices.quote(...model) ?? running.prices.quote(...model),
    rateOf: (...model) => next.prices.rateOf(...model) ?? running.prices.rateOf(...model),
    inForce: (atMs) => next.prices.inForce(atMs),
  };
}

/** True if every model that a policy falls back to exists. */
function canApply({ degrade = [], exceeded = [] }: Policy, running: Snapshot): boolean {
  const steps: readonly ExceededStep[] = [...degrade.map(({ to }) => to), ...exceeded];
  return steps.every((step) => step.kind !== "use" || running.model(step.model) !== undefined);
}
