import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Target } from "../plan/plan.ts";
import type { Counter } from "../tokens/counter.ts";
import { admitted, type Exchange } from "./exchange.ts";

/** Counts the request's input once for each kind of counter its targets have; long ones in turns, so that nobody else waits. */
export function countInput(exchange: Exchange, targets: readonly Target[]): MaybePromise<void> {
  const missing = new Set<Counter>();
  for (const target of targets) {
    const counter = counterOfTarget(exchange, target);
    if (!exchange.inputTokens.has(counter)) missing.add(counter);
  }
  return countEach(exchange, [...missing], 0);
}

/** The counter of a target's model. */
export function counterOfTarget(exchange: Exchange, { backend, model }: Target): Counter {
  return exchange.services.counterOf(exchange.snapshot.backends.get(backend)?.provider.type ?? "", model);
}

function countEach(exchange: Exchange, counters: readonly Counter[], index: number): MaybePromise<void> {
  const counter = counters[index];
  const { original } = exchange;
  if (counter === undefined || original === undefined) return;
  const { facts } = admitted(exchange);
  const counted = counter.countSpansPaced(original, facts.text, { signal: exchange.closing.signal });
  return chain(counted, (tokens) => {
    // Aborted: nobody waits for this request any more.
    if (tokens === undefined) return;
    exchange.inputTokens.set(counter, tokens + facts.overheadTokens);
    return countEach(exchange, counters, index + 1);
  });
}
