import type { Target } from "../../plan/plan.ts";
import type { Exchange } from "./exchange.ts";

/** The Envoy cluster that a target's attempts go to. */
export function clusterOf(exchange: Exchange, target: Target): string {
  return exchange.snapshot.backends.get(target.backend)?.cluster ?? target.backend;
}
