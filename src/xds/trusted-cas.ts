import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** Where systems keep the authorities they trust: Debian, Red Hat, Alpine and macOS. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** A PEM file of the authorities to trust: the system's, or, where it has none, Mozilla's as they come with Node, written into `folder`. */
export function trustedCaFile(folder: string): string {
  const system = bundles.find((file) => existsSync(file));
  if (system !== undefined) return system;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "authorities.pem");
  writeFileSync(file, rootCertificates.join("\n"));
  return file;
}
