import { changeAccount, listBudgets } from "../budgets-api.ts";
import { type Endpoint, jsonReply } from "./endpoint.ts";

/** Accounts of limits and budgets. */
export const budgets: Endpoint = {
  method: "GET",
  path: "/budgets",
  audience: "operator",
  purpose: "Accounts of limits and budgets in use. With `rule`, those with exactly this key, used or not.",
  input: "query `name`, `key`, `id` (may repeat), `rule`",
  answer: async (source, { query }) => jsonReply(await listBudgets(source.budgets, query)),
};

/** Sets an account's use to zero. */
export const resetBudget = change("reset", "Sets what an account has used to zero.", "body `id`, `by`");

/** Adds to an account's limit for this window. */
export const grantBudget = change(
  "grant",
  "Adds an amount to an account's limit until its window ends.",
  "body `id`, `by`, `amount`",
);

/** Raises an account's limit to an amount for this window. */
export const raiseBudget = change(
  "raise",
  "Raises an account's limit to an amount until its window ends.",
  "body `id`, `by`, `to`",
);

function change(action: "reset" | "grant" | "raise", purpose: string, input: string): Endpoint {
  return {
    method: "POST",
    path: `/budgets/${action}`,
    audience: "operator",
    purpose: `${purpose} Audited.`,
    input,
    answer: async (source, request) =>
      jsonReply({
        account: await changeAccount(source.budgets, action, await request.json(), request.from),
      }),
  };
}
