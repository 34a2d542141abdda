/**
 * Request or response headers as one exchange sees them: names in lower case, the pseudo-headers `:method`, `:path`,
 * `:status` included. `get` joins repeated headers with ", " (RFC 9110 §5.3).
 */
export interface Headers {
  get(name: string): string | undefined;
  /** Every name that occurs, once, in order of first occurrence. */
  names(): Iterable<string>;
}

/** Headers over a plain record; for tests and for places that have one already. */
export function headersOf(record: Readonly<Record<string, string>>): Headers {
  const map = new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]));
  return { get: (name) => map.get(name), names: () => map.keys() };
}

/** A change to a message's headers: first `remove`, then `set` (which replaces). Names in lower case. */
export interface HeaderEdits {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}
