/** Pico-dollars (10^-12 USD) in one nano-dollar (10^-9 USD). */
const picoPerNano = 1_000n;
const decimalPattern = /^(\d+)(?:\.(\d+))?$/;

/**
 * Parses decimal US dollars ("0.075") into an integer count of 10^-`digits` dollars.
 * Throws a RangeError for anything else, and for more digits than the unit can hold: money is never rounded on the way in.
 */
export function parseUsd(text: string, digits: number): bigint {
  const match = decimalPattern.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not an amount in decimal US dollars`);
  const [, whole = "0", fraction = ""] = match;
  const kept = fraction.slice(0, digits);
  if (/[1-9]/.test(fraction.slice(digits)))
    throw new RangeError(`"${text}" has more than ${digits} decimal places`);
  return BigInt(whole) * 10n ** BigInt(digits) + BigInt(kept.padEnd(digits, "0") || "0");
}

/** Pico-dollars to nano-dollars, rounded up: a charge is never smaller than the price. */
export function ceilToNano(picoUsd: bigint): bigint {
  return (picoUsd + picoPerNano - 1n) / picoPerNano;
}

/** Nano-dollars as decimal dollars without trailing zeros, e.g. `0.021`. */
export function formatUsd(nanoUsd: bigint): string {
  const sign = nanoUsd < 0n ? "-" : "";
  const absolute = nanoUsd < 0n ? -nanoUsd : nanoUsd;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const whole = (absolute / 1_000_000_000n).toString();
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
