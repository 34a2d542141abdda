import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Compilation } from "./compilation.ts";
import type { Path } from "./problem.ts";
import type { BackendCommon } from "./schema.ts";
import type { BackendTls, ClientCertificate } from "./snapshot.ts";

/** A whole system's authorities take about a quarter of this. */
const pemLengthMax = 1_048_576;
const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

type TlsSection = NonNullable<BackendCommon["tls"]>;

/** Compiles a backend's `tls`, with the contents of the files that it names: a changed file is another config. */
export function compileTls(compilation: Compilation, path: Path, tls: TlsSection): BackendTls {
  const { ca, cert, key, serverName } = tls;
  return Object.freeze({
    caPem: ca === undefined ? undefined : certificatesIn(compilation, [...path, "ca"], ca),
    client: cert === undefined || key === undefined ? undefined : clientOf(compilation, path, cert, key),
    serverName,
  });
}

/** The text of a file of certificates; empty, with a problem, where it is none. */
function certificatesIn({ file, inputs }: Compilation, path: Path, name: string): string {
  const read = inputs.readText(name);
  const problem = "text" in read ? certificateProblem(read.text) : read.problem;
  if (problem === undefined && "text" in read) return read.text;
  file.refuse(path, "text" in read ? `${inputs.show(name)} ${problem}` : read.problem);
  return "";
}

/** The problem with a file of certificates. Undefined if each of them can be read. */
function certificateProblem(pem: string): string | undefined {
  if (pem.length > pemLengthMax)
    return `is too large for a file of certificates (${pemLengthMax} bytes at most)`;
  const certificates = pem.match(certificatePattern) ?? [];
  if (certificates.length === 0) return "must hold certificates in PEM";
  const bad = certificates.findIndex((certificate) => certificateOf(certificate) === undefined);
  return bad < 0
    ? undefined
    : `holds ${certificates.length} certificates, and number ${bad + 1} cannot be read`;
}

/** The certificate to show a provider and its key, where they belong together. */
function clientOf(
  compilation: Compilation,
  path: Path,
  cert: string,
  key: string,
): ClientCertificate | undefined {
  const { file, inputs } = compilation;
  const certPem = certificatesIn(compilation, [...path, "cert"], cert);
  // The first is the client's own; those behind it lead to its authority.
  const certificate = certificateOf(certPem.match(certificatePattern)?.[0] ?? "");
  const read = inputs.readText(key);
  if ("problem" in read) file.refuse([...path, "key"], read.problem);
  if ("problem" in read || certificate === undefined) return undefined;
  const keyObject = keyOf(read.text);
  if (keyObject === undefined)
    file.refuse([...path, "key"], `${inputs.show(key)} must hold a private key in PEM, without a passphrase`);
  else if (!certificate.checkPrivateKey(keyObject))
    file.refuse(
      [...path, "key"],
      `${inputs.show(key)} is not the key of the first certificate in ${inputs.show(cert)}; replace both files, then send SIGHUP or wait a second`,
    );
  else return Object.freeze({ certPem, keyPem: read.text });
  return undefined;
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return pem.length > pemLengthMax ? undefined : createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
