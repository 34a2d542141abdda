import { type Attribute, requestAttribute } from "../attribute.ts";
import { comparisonOf } from "../matcher.ts";

/** The size of the input. It is counted before the route is known where a condition of the config compares it. */
export const inputTokens: Attribute = {
  ...requestAttribute("inputTokens", (request) => request.inputTokens?.toString()),
  problem: (wanted) =>
    wanted.every((value) => comparisonOf(value) !== undefined)
      ? undefined
      : 'inputTokens is compared with a number, as in ">50000"',
};
