import type { Audience } from "../../../src/admin/endpoint/endpoint.ts";
import { endpoints } from "../../../src/admin/endpoint/index.ts";
import { code, markdownTable } from "./generated-part.ts";

const audiences: Readonly<Record<Audience, string>> = {
  anyone: "anyone",
  local: "any user of this machine; with `admin.token`, callers that send it",
  operator: "callers with the token; without `admin.token`, also the user that runs the gateway",
};

/** The reference of the admin interface: one row for each endpoint. */
export function adminApiReference(): string {
  const rows = endpoints.map(({ method, path, purpose, input = "", audience }) => [
    code(`${method} ${path}`),
    purpose,
    input,
    audiences[audience],
  ]);
  return markdownTable(["endpoint", "answer", "input", "served to"], rows);
}
