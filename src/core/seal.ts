import { crc32 } from "node:zlib";
import { assert } from "./errors.ts";

/** The end of a sealed line: a last key that readers of JSON may ignore. */
const sealPattern = /,"crc":"(.{8})"\}$/s;
const sealLength = ',"crc":"00000000"}'.length;

/** JSON text that is not what was written. */
export class DamagedError extends Error {
  override readonly name = "DamagedError";
}

/** One line of JSON (an object with at least one key) with the CRC-32 of everything before it as its last key, `crc`, eight hex digits. */
export function seal(json: string): string {
  assert(json.length > 2 && json.endsWith("}"), "only an object with a key is sealed");
  const body = json.slice(0, -1);
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, "0")}"}`;
}

/** The line as it was before it was sealed. Unchanged if it has no seal (older versions wrote none); undefined if it is damaged. */
export function unseal(line: string): string | undefined {
  const found = sealPattern.exec(line.slice(-sealLength));
  if (found === null) return line;
  const body = line.slice(0, -sealLength);
  return crc32(body) === Number.parseInt(found[1] ?? "", 16) ? `${body}}` : undefined;
}

/** True if a line has a seal and matches it. */
export function isSealed(line: string): boolean {
  const unsealed = unseal(line);
  return unsealed !== undefined && unsealed.length < line.length;
}

/** The value of a text that {@link seal} or an older version made. Throws {@link DamagedError}. */
export function parseSealed(text: string): unknown {
  const json = unseal(text);
  if (json === undefined) throw new DamagedError("its checksum does not match what it says");
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new DamagedError("it is no JSON", { cause });
  }
}
