import { describe, it } from "node:test";
import { assertWithstood, outageConfig, undergoOutage } from "../support/faults/outage.ts";
import { useTestStack } from "../support/stack/stack.ts";

/** A backend that is away is looked at again 1, 3, 7 and 15 s after its ejection: this one is back for the third look. */
const outageMs = 6_500;
const requestsPerSec = 70;

describe("a backend that goes away", () => {
  const stack = useTestStack({ config: outageConfig });

  it("is stood in for by the next: nearly all is answered, few attempts are lost on it, and it is asked again when it is back", async (test) => {
    const outage = await undergoOutage(stack(), requestsPerSec, outageMs);
    test.diagnostic(JSON.stringify(outage));
    assertWithstood(outage);
  });
});
