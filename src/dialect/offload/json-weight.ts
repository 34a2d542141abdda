import { type ErrorCode, GatewayError } from "../../core/errors.ts";

/** Objects, lists and strings of a JSON text that is parsed whole, at most: about 300 MB of heap. Requests and answers of people have thousands. */
export const jsonValuesMax = 2_000_000;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const openBracket = 0x5b;

/** Throws when parsing a JSON text would take more memory than one request or answer may have. Numbers are not counted: they take no more than they are written with. */
export function checkWeight(json: Uint8Array, code: ErrorCode, what: string): void {
  let values = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
      values += 1;
    } else if (byte === openBrace || byte === openBracket) values += 1;
    if (values > jsonValuesMax)
      throw new GatewayError(code, `${what} has more than ${jsonValuesMax} strings, lists and objects`);
  }
}
