import { X509Certificate } from "node:crypto";
import { type PriceSection, rateOfSection } from "../price/price-section.ts";
import type { Rate } from "../price/rate.ts";
import { providerKinds } from "../provider/index.ts";
import { type Compilation, contextOf, parseKind } from "./compilation.ts";
import type { Path } from "./problem.ts";
import { type BackendCommon, backendCommon } from "./schema.ts";
import type { Backend, BackendTls } from "./snapshot.ts";

/** A whole system's authorities take about a quarter of this. */
const caLengthMax = 1_048_576;
const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

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
    const tls = section.tls === undefined ? undefined : compileTls(compilation, path, section.tls);
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
  if (tls.ca === undefined) return Object.freeze({ caPem: undefined, serverName: tls.serverName });
  const read = inputs.readText(tls.ca);
  const caPem = "text" in read ? read.text : "";
  const problem = "text" in read ? caProblem(caPem) : read.problem;
  if (problem !== undefined)
    file.refuse([...path, "tls", "ca"], `${"text" in read ? `${inputs.show(tls.ca)} ` : ""}${problem}`);
  return Object.freeze({ caPem, serverName: tls.serverName });
}

/** The problem with a file of authorities, or undefined if each of its certificates can be read. */
function caProblem(pem: string): string | undefined {
  if (pem.length > caLengthMax) return `is too large for a file of CAs (${caLengthMax} bytes at most)`;
  const certificates = pem.match(certificatePattern) ?? [];
  if (certificates.length === 0) return "must hold certificates in PEM";
  const bad = certificates.findIndex((certificate) => !isCertificate(certificate));
  return bad < 0
    ? undefined
    : `holds ${certificates.length} certificates, and number ${bad + 1} cannot be read`;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
