import type { Log } from "../core/log.ts";
import type { Gateway } from "../gateway.ts";
import type { EnvoyEvent } from "../xds/envoy-supervisor.ts";

/** The longest wait for the records of exchanges that a crash of Envoy cut. Settlement itself waits a second for Envoy's access log. */
const endingsWaitMs = 5_000;

/** Logs crashes and restarts of the Envoy of `up`, and what each crash cost. The gateway is not ready in between. */
export function tellEnvoyEvent(
  event: EnvoyEvent,
  { gateway, log }: { readonly gateway: Gateway; readonly log: Log },
): void {
  switch (event.kind) {
    case "died": {
      const { reason, deaths, restartInMs } = event;
      gateway.envoyDied("Envoy died and is being restarted");
      const fields = { reason, deaths_in_a_row: deaths, restart_in_ms: restartInMs };
      log.error({ ...fields, open_exchanges: gateway.openExchanges }, "Envoy died and is being restarted");
      if (gateway.openExchanges > 0) void tellCost(gateway, log);
      return;
    }
    case "restarted":
      gateway.envoyRestarted();
      log.warn({ pid: event.pid, away_ms: event.awayMs }, "Envoy serves again");
      return;
    case "given-up":
      log.error(
        { reason: event.reason, deaths_in_a_row: event.deaths },
        "Envoy died too often and will not be restarted",
      );
      return;
  }
}

async function tellCost(gateway: Gateway, log: Log): Promise<void> {
  const cost = await gateway.endingsOfOpen(endingsWaitMs);
  log.warn(cost, "exchanges cut by Envoy's crash, with their endings and charges");
}
