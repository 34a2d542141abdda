const closeBracket = 0x5d;
const comma = 0x2c;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const space = 0x20;
/** Lower case of both letters that begin an exponent. */
const exponent = 0x65;

/**
 * Passes a JSON array of numbers whose bracket is at `start`. Returns their count and the offset after the array, or undefined for any other array. A
 * separate loop, since vectors have thousands of them.
 */
export function passNumbers(
  body: Buffer,
  start: number,
): { readonly count: number; readonly end: number } | undefined {
  let at = afterSpace(body, start + 1);
  if (body[at] === closeBracket) return { count: 0, end: at + 1 };
  for (let count = 1; ; count += 1) {
    at = afterNumber(body, at);
    if (at < 0) return undefined;
    let byte = body[at] ?? 0;
    if (byte <= space) {
      at = afterSpace(body, at);
      byte = body[at] ?? 0;
    }
    if (byte === closeBracket) return { count, end: at + 1 };
    if (byte !== comma) return undefined;
    at += 1;
    if ((body[at] ?? 0) <= space) at = afterSpace(body, at);
  }
}

/** The offset after the number at `at`; -1 where none stands there. */
function afterNumber(body: Buffer, start: number): number {
  let at = body[start] === minus ? start + 1 : start;
  const whole = at;
  while (isDigit(body, at)) at += 1;
  if (at === whole || (body[whole] === zero && at > whole + 1)) return -1;
  if (body[at] === point) {
    const fraction = at + 1;
    at = fraction;
    while (isDigit(body, at)) at += 1;
    if (at === fraction) return -1;
  }
  if (((body[at] ?? 0) | space) !== exponent) return at;
  at += 1;
  if (body[at] === plus || body[at] === minus) at += 1;
  const digits = at;
  while (isDigit(body, at)) at += 1;
  return at === digits ? -1 : at;
}

function isDigit(body: Buffer, at: number): boolean {
  const byte = body[at] ?? 0;
  return byte >= zero && byte <= nine;
}

function afterSpace(body: Buffer, start: number): number {
  let at = start;
  while (body[at] === space || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += 1;
  return at;
}
