import { type PriceSection, rateOfSection } from "../price/price-section.ts";
import type { Rate } from "../price/rate.ts";
import { providerKinds } from "../provider/index.ts";
import { type Compilation, contextOf, parseKind } from "./compilation.ts";
import { compileTls } from "./compile-tls.ts";
import type { Path } from "./problem.ts";
import { type BackendCommon, backendCommon } from "./schema.ts";
import type { Backend } from "./snapshot.ts";

/** The backends without problems, and the prices that some of them set themselves. */
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
    const provider = parsed.kind.create(parsed.section, contextOf(compilation, undefined));
    checkEndpoint(compilation, path, provider.endpoint, section);
    const rate = section.price === undefined ? undefined : priceOf(compilation, path, section.price);
    const tls =
      section.tls === undefined ? undefined : compileTls(compilation, [...path, "tls"], section.tls);
    // A backend whose price has problems is left out, since its models have no known price.
    if (rate === undefined && section.price !== undefined) continue;
    if (rate !== undefined) prices.set(name, rate);
    const { region, private: isPrivate, contextWindow, sensitivity } = section;
    const said = { region, private: isPrivate, contextWindow, sensitivity };
    backends.set(name, Object.freeze({ name, cluster: name, provider, ...said, tls }));
  }
  return { backends, prices };
}

function checkEndpoint({ file }: Compilation, path: Path, endpoint: URL, section: BackendCommon): void {
  if (endpoint.username !== "" || endpoint.password !== "")
    file.refuse([...path, "endpoint"], "must not contain a user or password: use the keys for credentials");
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
