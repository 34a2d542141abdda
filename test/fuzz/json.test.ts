import { it } from "node:test";
import { fuzzJson } from "./json.ts";

it("scans exactly the JSON that JSON.parse takes", () => {
  fuzzJson({ seed: 20_261_130, runs: 30_000 });
});
