import { systemClock } from "../../../src/core/clock.ts";
import type { KindContext } from "../../../src/core/kind.ts";
import { silentLog } from "../../../src/core/log.ts";

/** What a provider, an identity, a policy, a rule or a sink is created with in a test. */
export function kindContext(): KindContext<undefined>;
export function kindContext<Inputs>(inputs: Inputs): KindContext<Inputs>;
export function kindContext<Inputs>(inputs?: Inputs): KindContext<Inputs | undefined> {
  return { inputs, clock: systemClock, log: silentLog };
}
