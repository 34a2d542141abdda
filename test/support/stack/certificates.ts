import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import type { TlsFiles } from "../../../src/fake/listener.ts";

/** An authority made for one test: what it signs is trusted by whoever is given its certificate, and by nobody else. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly cert: string;
  /** A key and certificate for these DNS names and IPv4 addresses. */
  issue(names: readonly string[], validity?: Validity): TlsFiles;
}

/** When a certificate is good. */
export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

const day = 86_400_000;

/** Makes an authority of a new key; nothing of it is written anywhere. */
export function createAuthority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certify = (subject: string, key: KeyObject, validity: Validity, extension: Buffer): string => {
    const tbs = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ecdsaWithSha256,
      nameOf(name),
      sequence(time(validity.from), time(validity.until)),
      nameOf(subject),
      key.export({ type: "spki", format: "der" }),
      tagged(0xa3, sequence(extension)),
    );
    return pem(sequence(tbs, ecdsaWithSha256, bits(sign("sha256", tbs, privateKey))));
  };
  const now = Date.now();
  const good: Validity = { from: new Date(now - day), until: new Date(now + day) };
  return {
    cert: certify(name, publicKey, good, isAuthority),
    issue(names, validity = good) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return {
        key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        cert: certify(names[0] ?? "none", pair.publicKey, validity, alternativeNames(names)),
      };
    },
  };
}

// What follows is as much DER (X.690) as a certificate (RFC 5280) needs.

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** Big-endian; its first byte is from 1 to 127. */
function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function bits(value: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), value);
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid("550403"), tagged(0x0c, Buffer.from(commonName)))));
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIPv4(name) ? tagged(0x87, Buffer.from(name.split(".").map(Number))) : tagged(0x82, Buffer.from(name)),
  );
  return sequence(oid("551d11"), tagged(0x04, sequence(...entries)));
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
/** Critical basic constraints: may sign others. */
const isAuthority = sequence(
  oid("551d13"),
  tagged(0x01, Buffer.from([0xff])),
  tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
);
