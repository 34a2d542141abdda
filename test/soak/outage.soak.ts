import { describe, it } from "node:test";
import { assertWithstood, outageConfig, undergoOutage } from "../support/faults/outage.ts";
import { useTestStack } from "../support/stack/stack.ts";

describe("a backend that is away for a minute", () => {
  const stack = useTestStack({ config: outageConfig });

  it("is stood in for by the next, and asked again when it is back", async (test) => {
    const outage = await undergoOutage(stack(), 60, 60_000);
    const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
    test.diagnostic(`requests: ${outage.requests}`);
    test.diagnostic(`answered: ${percent(outage.answered)}`);
    test.diagnostic(`requests before it was ejected: ${outage.untilEjected}`);
    test.diagnostic(`attempts a request from then on: ${outage.attempts.toFixed(3)}`);
    test.diagnostic(`requests that asked it nevertheless: ${percent(outage.probes)}`);
    test.diagnostic(`answers again ${(outage.returnMs / 1_000).toFixed(1)} s after its return`);
    assertWithstood(outage);
  });
});
