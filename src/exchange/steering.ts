import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import { choosesTargets, coversRequest, coversTarget, type Override } from "../route/override.ts";
import { type Overrides, overridesMax } from "../route/overrides.ts";
import { writeOverrides } from "../route/overrides-file.ts";
import { scopedOf, stopError } from "./admit/stopping.ts";
import { interrupt } from "./answer/interrupting.ts";
import type { Exchange, Forwarded } from "./state/exchange.ts";
import type { Registry } from "./state/registry.ts";

/** Exchanges looked at before others have their turn. */
const cutsInRow = 256;

/** Services for overrides. */
export interface SteeringServices {
  readonly clock: Clock;
  readonly overrides: Overrides;
  readonly registry: Registry;
  /** Where overrides outlive the process. */
  readonly path: string;
}

/** How operators steer a running gateway: what they order is kept on disk and then in force at once, for exchanges under way too. */
export class Steering {
  readonly #services: SteeringServices;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(services: SteeringServices) {
    this.#services = services;
  }

  /** The overrides in force, oldest first. */
  list(): readonly Override[] {
    return this.#services.overrides.list(this.#services.clock.nowMs());
  }

  /** A new override that is not in force yet. Without `forMs` it holds until it is lifted. */
  draft(asked: Omit<Override, "id" | "sinceMs" | "untilMs">, forMs: number | undefined): Override {
    const sinceMs = this.#services.clock.nowMs();
    const id = randomBytes(4).toString("hex");
    return { ...asked, id, sinceMs, untilMs: forMs === undefined ? undefined : sinceMs + forMs };
  }

  /** Puts an override in force; resolves with how many exchanges under way it cut. Rejects with `capacity` when there are too many. */
  order(override: Override): Promise<number> {
    return this.#change(
      (all) => {
        if (all.length >= overridesMax)
          throw new GatewayError("capacity", `${overridesMax} overrides are in force: lift some of them`);
        return [...all, override];
      },
      () => (override.action === "stop" ? this.#cut(override) : 0),
    );
  }

  /** Takes an override back. Rejects with `invalid_request` when there is none with this id. */
  async lift(id: string): Promise<void> {
    await this.#change(
      (all) => {
        const others = all.filter((one) => one.id !== id);
        if (others.length === all.length)
          throw new GatewayError("invalid_request", `no override "${id}" is in force`);
        return others;
      },
      () => 0,
    );
  }

  /** One change at a time: on disk first, so that a restart cannot forget what was in force. */
  #change(
    next: (all: readonly Override[]) => readonly Override[],
    then: () => MaybePromise<number>,
  ): Promise<number> {
    const changed = this.#writing.then(async () => {
      const all = next(this.list());
      await writeOverrides(this.#services.path, all);
      this.#services.overrides.replace(all);
      return then();
    });
    this.#writing = changed.catch(() => undefined);
    return changed;
  }

  /** Only running exchanges: a request that comes meanwhile finds the override in force. */
  async #cut(override: Override): Promise<number> {
    let count = 0;
    const running = [...this.#services.registry.exchanges()];
    for (const [at, exchange] of running.entries()) {
      if (cut(exchange, override)) count += 1;
      if (at % cutsInRow === cutsInRow - 1) await setImmediate();
    }
    return count;
  }
}

/** Ends an exchange at once whose request has left, if the override is about it. Returns whether it was. */
function cut({ ending, forwarded, services }: Exchange, override: Override): boolean {
  if (forwarded === undefined || ending !== undefined || !isAbout(forwarded, override)) return false;
  return interrupt(forwarded, stopError(override, services.clock.nowMs()), "cut_by_policy");
}

function isAbout({ admitted, attempts, plan }: Forwarded, { scope }: Override): boolean {
  const target = attempts.at(-1)?.target.target;
  if (target === undefined) return false;
  if (choosesTargets(scope) && !coversTarget(scope, target)) return false;
  return coversRequest(scope, scopedOf(admitted, plan.model));
}
