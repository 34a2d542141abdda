import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type PriceSection, rateOfSection } from "../price/price-section.ts";
import type { Rate } from "../price/rate.ts";
import { providerKinds } from "../provider/index.ts";
import { type Compilation, parseKind } from "./compilation.ts";
import type { Path } from "./problem.ts";
import { systemCode } from "./read-file.ts";
import { type BackendCommon, backendCommon } from "./schema.ts";
import type { Backend, BackendTls } from "./snapshot.ts";

/** The backends without problems, and those of them that have prices of their own. */
export interface CompiledBackends {
  readonly backends: ReadonlyMap<string, Backend>;
  readonly prices: ReadonlyMap<string, Rate>;
}

/** Every provider's section with what all backends may say: one shape, so that a key is known or not once. A provider may ask more of a common key. */
export const backendKinds = providerKinds.map((kind) => ({
  ...kind,
  schema: backendCommon.extend(kind.schema.shape),
}));

/** Compiles the `backends` map. */
export function compileBackends(
  compilation: Compilation,
  entries: readonly (readonly [name: string, entry: unknown])[],
): CompiledBackends {
  const backends = new Map<string, Backend>();
  const prices = new Map<string, Rate>();
  for (const [name, entry] of entries) {
    const path = ["backends", name];
    const parsed = parseKind(compilation, path, entry, "provider", backendKinds);
    if (parsed === undefined) continue;
    const section: BackendCommon = parsed.section;
    const provider = parsed.kind.create(parsed.section);
    checkEndpoint(compilation, path, provider.endpoint, section);
    const rate = section.price === undefined ? undefined : priceOf(compilation, path, section.price);
    const tls = section.tls === undefined ? undefined : compileTls(compilation, path, section.tls);
    // Without the price it was to have, nothing can be said about its models.
    if (rate === undefined && section.price !== undefined) continue;
    if (rate !== undefined) prices.set(name, rate);
    const { region, private: isPrivate, contextWindow, sensitivity } = section;
    const said = { region, private: isPrivate, contextWindow, sensitivity };
    backends.set(name, Object.freeze({ name, provider, ...said, tls }));
  }
  return { backends, prices };
}

function checkEndpoint({ file }: Compilation, path: Path, endpoint: URL, section: BackendCommon): void {
  if (endpoint.username !== "" || endpoint.password !== "")
    file.refuse(
      [...path, "endpoint"],
      "must not carry a user or password: credentials have keys of their own",
    );
  if (endpoint.protocol === "http:" && section.tls !== undefined)
    file.refuse(
      [...path, "tls"],
      "the endpoint is http: this could never apply; write https, or leave tls out",
    );
}

function priceOf({ file }: Compilation, path: Path, price: PriceSection): Rate | undefined {
  try {
    return rateOfSection(price, "backend");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    file.refuse([...path, "price"], error.message);
    return undefined;
  }
}

function compileTls(
  { file, inputs }: Compilation,
  path: Path,
  tls: NonNullable<BackendCommon["tls"]>,
): BackendTls {
  if (tls.ca === undefined) return Object.freeze({ caFile: undefined, serverName: tls.serverName });
  const problem = caProblem(inputs.resolve(tls.ca));
  if (problem !== undefined) file.refuse([...path, "tls", "ca"], `${inputs.show(tls.ca)} ${problem}`);
  return Object.freeze({ caFile: inputs.resolve(tls.ca), serverName: tls.serverName });
}

function caProblem(path: string): string | undefined {
  try {
    new X509Certificate(readFileSync(path));
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    return code.startsWith("E") && !code.startsWith("ERR_")
      ? `cannot be read (${code})`
      : "must hold certificates in PEM";
  }
}
