import type { FakeProvider } from "../../../src/fake/fake-provider.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";

/** What a token costs where a test's price is $1 a million tokens, of input and output alike. */
const nanoUsdPerToken = 1_000n;

/** The head of a config whose backends `alpha` and `beta` cost that; `models` and the rest follow. */
export const dollarBackends = `version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 1 } }
  beta: { provider: openai-compatible, endpoint: "{{beta}}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 1 } }
`;

/** What providers bill, told from their own journals, for each exchange by its id; absent: they have not heard of it. */
export function billsOf(...providers: readonly FakeProvider[]): ReadonlyMap<string, bigint> {
  const bills = new Map<string, bigint>();
  for (const { headers, billed } of providers.flatMap((provider) => provider.received())) {
    const id = headers["x-request-id"] ?? "none";
    const tokens = (billed?.inputTokens ?? 0) + (billed?.outputTokens ?? 0);
    bills.set(id, (bills.get(id) ?? 0n) + BigInt(tokens) * nanoUsdPerToken);
  }
  return bills;
}

/** All bills together. */
export function totalBilled(...providers: readonly FakeProvider[]): bigint {
  return [...billsOf(...providers).values()].reduce((sum, bill) => sum + bill, 0n);
}

/** What the records together say was spent. */
export function totalRecorded(records: readonly StoredRecord[]): bigint {
  return records.reduce((sum, { cost_nano_usd }) => sum + BigInt(String(cost_nano_usd)), 0n);
}

/** The records that differ from the bills by more than they say they may, with the bill; of a right gateway there are none. */
export function misjudged(
  records: readonly StoredRecord[],
  bills: ReadonlyMap<string, bigint>,
): readonly string[] {
  return records.flatMap((record) => {
    const bill = bills.get(String(record.exchange_id)) ?? 0n;
    const difference = BigInt(String(record.cost_nano_usd)) - bill;
    const most = BigInt(String(record.cost_max_nano_usd ?? 0));
    return difference <= most && -difference <= most ? [] : [`billed ${bill}: ${JSON.stringify(record)}`];
  });
}
