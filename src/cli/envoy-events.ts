import type { Log } from "../core/log.ts";
import type { Gateway } from "../gateway.ts";
import type { EnvoyEvent } from "../xds/envoy-supervisor.ts";

/** Longest wait for the records of what a death of Envoy cut; settlement itself waits a second for Envoy's last word. */
const endingsWaitMs = 5_000;

/** Logs what happens to the Envoy of `up`, and what a death has cost; the gateway is not ready meanwhile. */
export function tellEnvoyEvent(
  event: EnvoyEvent,
  { gateway, log }: { readonly gateway: Gateway; readonly log: Log },
): void {
  switch (event.kind) {
    case "died": {
      const { reason, deaths, restartInMs } = event;
      gateway.setEnvoyAway("Envoy died and is being restarted");
      const fields = { reason, deaths_in_a_row: deaths, restart_in_ms: restartInMs };
      log.error({ ...fields, open_exchanges: gateway.openExchanges }, "Envoy died: it is restarted");
      if (gateway.openExchanges > 0) void tellCost(gateway, log);
      return;
    }
    case "restarted":
      gateway.setEnvoyAway(undefined);
      log.warn({ pid: event.pid, away_ms: event.awayMs }, "Envoy serves again");
      return;
    case "given-up":
      log.error({ reason: event.reason, deaths_in_a_row: event.deaths }, "Envoy is not restarted again");
      return;
  }
}

async function tellCost(gateway: Gateway, log: Log): Promise<void> {
  const cost = await gateway.endingsOfOpen(endingsWaitMs);
  log.warn(cost, "what Envoy's death cut: how those exchanges ended, and what they were charged");
}
