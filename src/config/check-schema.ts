import { z } from "zod";
import { identityKinds } from "../identity/index.ts";
import { policyKinds } from "../policy/index.ts";
import { policySections } from "../policy/policy-kind.ts";
import { sinkKinds } from "../usage/sink/index.ts";
import { backendKinds } from "./compile-backends.ts";
import { ledgerSections } from "./compile-ledger.ts";
import { type SchemaNode, withDescriptions } from "./config-keys.ts";
import { backendName, boundSection, modelName, modelSection, routeSection, sections } from "./schema.ts";

/** The JSON Schema of the config as it is written, for editors; `tollgate check` knows more, e.g. whether names fit together. */
export function checkSchema(): Readonly<Record<string, unknown>> {
  const backend = z.union(
    backendKinds.map(({ type, schema }) => schema.extend({ provider: z.literal(type) })),
  );
  const policies = Object.fromEntries(
    policySections.map((name) => {
      const kinds = policyKinds.filter(({ section }) => section === name);
      return [name, z.array(z.union(kinds.map(({ schema }) => schema))).default([])];
    }),
  );
  const { version, listen, server, admin, contract, prices, retries, alerts, usage } = sections;
  const config = z.strictObject({
    version,
    listen,
    server,
    admin,
    backends: z.record(backendName, backend),
    models: z.record(modelName, modelSection),
    identity: z.array(z.union(identityKinds.map(({ schema }) => schema))).min(1),
    contract,
    routes: z.array(routeSection).default([]),
    bounds: z.array(boundSection).default([]),
    ...policies,
    prices,
    retries,
    ledger: z.union(ledgerSections.map(({ schema }) => schema.partial({ type: true }))).prefault({}),
    alerts,
    usage: usage
      .unwrap()
      .extend({ sinks: z.array(z.union(sinkKinds.map(({ schema }) => schema))).default([]) })
      .prefault({}),
  });
  const schema = z.toJSONSchema(config, { io: "input", reused: "ref", unrepresentable: "any" });
  return { ...withDescriptions(schema as SchemaNode), title: "tollgate.yaml" };
}
