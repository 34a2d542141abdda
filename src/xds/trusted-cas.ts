import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** Where systems keep the authorities they trust: Debian, Red Hat, Alpine and macOS. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** A PEM file of the authorities to trust: the system's, or, where it has none, the one that {@link writeTrustedCas} writes. */
export function trustedCaFile(folder: string): string {
  return bundles.find((file) => existsSync(file)) ?? writeTrustedCas(folder);
}

/** Writes Mozilla's authorities, as they come with Node, into `folder`: for an Envoy that sees other files than we do. Returns the file's path. */
export function writeTrustedCas(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "authorities.pem");
  writeFileSync(file, rootCertificates.join("\n"));
  return file;
}
