import { until } from "../core/until.ts";

/** What the admin interface says of a metric without labels. */
export async function readMetric(adminUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(name.length + 1));
}

/** Waits until no exchange and no hold is open. */
export function untilIdle(adminUrl: string): Promise<void> {
  return until("no exchange and no hold is open", async () => {
    const names = ["tollgate_open_exchanges", "tollgate_open_holds"];
    const open = await Promise.all(names.map((name) => readMetric(adminUrl, name)));
    return open.every((count) => count === 0);
  });
}
