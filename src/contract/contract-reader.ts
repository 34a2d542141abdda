import { GatewayError } from "../core/errors.ts";
import type { Headers } from "../core/headers.ts";
import type { Principal } from "../identity/principal.ts";
import type { Contract, ContractReader, ContractSource } from "./contract.ts";
import { defaultContract, type FieldSection } from "./contract-section.ts";
import { checked, compileField, type Field, headerOf, valueProblem } from "./field.ts";
import { readTraceId } from "./trace-id.ts";

/** Identity comes from the credential alone; a contract may repeat it. */
const tenantId = compileField("tenant_id", {});
const userId = compileField("user_id", {});
const traceId = compileField("trace_id", {});
const principalFields: readonly string[] = ["team", "app"];
const headerPrefix = headerOf("");
/** Headers of that prefix that are no fields: a client's wish, and what an answer of ours may have brought it. */
const otherHeaders: readonly string[] = [
  "no-fallback",
  ...[
    "exchange-id",
    "model",
    "backend",
    "attempts",
    "input-tokens",
    "output-cap",
    "warning",
    "limit",
    "limit-left",
    "limit-resets-at",
  ],
].map(headerOf);

/** Makes the reader of a config's contract: the five configurable fields as built in or as the section says, then own fields. */
export function createContractReader(section: Readonly<Record<string, FieldSection>>): ContractReader {
  const builtIn = Object.entries(defaultContract).map(([name, field]) =>
    compileField(name, section[name] ?? field),
  );
  const own = Object.entries(section)
    .filter(([name]) => !Object.hasOwn(defaultContract, name))
    .map(([name, field]) => compileField(name, field));
  const fields = [...builtIn, ...own];
  const byName = new Map([tenantId, userId, ...fields, traceId].map((field) => [field.name, field]));
  const known = [...byName.keys()];
  const knownHeaders = new Set([...known.map(headerOf), ...otherHeaders]);
  return Object.freeze({
    headerNames: known.map(headerOf),
    fieldNames: new Set([...known, ...principalFields]),
    valueProblem(name: string, value: string) {
      const field = byName.get(name);
      return field === undefined ? undefined : valueProblem(field, value);
    },
    identityProblem(name: string, value: string) {
      const field = fields.find((candidate) => candidate.name === name);
      if (field === undefined)
        return `"${name}" is neither a key of a key's entry nor a field of the contract`;
      return field.sources.some(({ kind }) => kind === "identity")
        ? valueProblem(field, value)
        : `the contract does not take ${name} from the credential: add \`from: [identity]\` to contract.${name}`;
    },
    read(source: ContractSource): Contract {
      refuseUnknown(source.fields, byName);
      refuseUnknownHeaders(source.headers, knownHeaders);
      const values = new Map<string, string>();
      const { tenantId: tenant, userId: user } = source.principal;
      claimed(tenantId, tenant, source);
      values.set("tenant_id", tenant);
      const named = claimed(userId, user, source);
      if (user !== undefined) values.set("user_id", user);
      for (const field of builtIn) readField(field, source, values);
      const trace = readTraceId(sourceValue(traceId, source), source);
      if (trace !== undefined) values.set("trace_id", checked(traceId, trace));
      for (const field of own) readField(field, source, values);
      return new ReadContract(values, source.principal, user === undefined ? named : undefined);
    },
  });
}

class ReadContract implements Contract {
  readonly values: ReadonlyMap<string, string>;
  readonly clientUser: string | undefined;
  readonly #principal: Principal;

  constructor(values: ReadonlyMap<string, string>, principal: Principal, clientUser: string | undefined) {
    this.values = values;
    this.clientUser = clientUser;
    this.#principal = principal;
  }

  field(name: string): string | undefined {
    if (name === "team") return this.#principal.team;
    if (name === "app") return this.#principal.app;
    return this.values.get(name);
  }
}

function readField(field: Field, source: ContractSource, values: Map<string, string>): void {
  const sent = sourceValue(field, source);
  const value = sent === undefined ? field.default : checked(field, sent);
  if (value !== undefined) values.set(field.name, value);
}

/** The first source that has something; an empty text is nothing. */
function sourceValue(field: Field, { headers, fields, principal }: ContractSource): string | undefined {
  for (const source of field.sources) {
    const value =
      source.kind === "header"
        ? headers.get(source.name)
        : source.kind === "body"
          ? fields.get(source.path)
          : principal.fields.get(field.name);
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

/**
 * The tenant or user as the client itself names it. It may repeat the credential's value and name no other; every source must agree.
 * Where the credential has none, the value is a label, never an identity.
 */
function claimed(
  field: Field,
  own: string | undefined,
  { headers, fields }: ContractSource,
): string | undefined {
  let value = own;
  for (const source of field.sources) {
    const sent = source.kind === "header" ? headers.get(source.name) : fields.get(`contract.${field.name}`);
    if (sent === undefined || sent === "") continue;
    if (value === undefined) value = checked(field, sent);
    else if (sent !== value)
      throw new GatewayError("forbidden", `${field.name} does not match the credential: leave it out`, {
        param: field.name,
      });
  }
  return value;
}

/** A misspelt header must not be a field left out. */
function refuseUnknownHeaders(headers: Headers, known: ReadonlySet<string>): void {
  for (const name of headers.names()) {
    if (!name.startsWith(headerPrefix) || known.has(name)) continue;
    throw new GatewayError(
      "invalid_contract",
      `unknown header ${name.slice(0, 100)}; the contract's headers are ${[...known].filter((one) => !otherHeaders.includes(one)).join(", ")}`,
      { param: name.slice(0, 100) },
    );
  }
}

function refuseUnknown(fields: ReadonlyMap<string, string>, byName: ReadonlyMap<string, Field>): void {
  for (const path of fields.keys()) {
    if (path === "contract")
      throw new GatewayError("invalid_contract", "contract must be an object", { param: "contract" });
    if (!path.startsWith("contract.") || byName.has(path.slice("contract.".length))) continue;
    throw new GatewayError(
      "invalid_contract",
      `the contract has no field of that name; its fields are ${[...byName.keys()].join(", ")}`,
      { param: "contract" },
    );
  }
}
