import type { OverrideRow } from "../../../src/admin/overrides-api.ts";

/** What an operator asks for; who and why are given where a test does not care. */
export interface Order {
  readonly action: "stop" | "drain" | "force";
  readonly scope: Readonly<Record<string, string>>;
  readonly for?: string;
  readonly untilLifted?: boolean;
}

/** Puts an override in force at the gateway with this admin interface. */
export async function orderOverride(
  adminUrl: string,
  order: Order,
): Promise<{ readonly override: OverrideRow; readonly cut: number }> {
  const body = { reason: "a test", by: "ann", ...order };
  return (await call(adminUrl, "POST", "/overrides", body)) as { override: OverrideRow; cut: number };
}

/** Takes back everything that is in force. */
export async function liftOverrides(adminUrl: string): Promise<void> {
  const { overrides } = (await call(adminUrl, "GET", "/overrides")) as { overrides: OverrideRow[] };
  for (const { id } of overrides) await call(adminUrl, "DELETE", `/overrides/${id}`, { by: "ann" });
}

async function call(adminUrl: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${adminUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
