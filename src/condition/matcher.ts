/** Compiles wanted values, one of which has to match: `text`, `start*`, or a comparison with a number (`>100`, `>=`, `<`, `<=`). */
export function matcherOf(wanted: readonly string[]): (value: string) => boolean {
  const exact = new Set<string>();
  const others: ((value: string) => boolean)[] = [];
  for (const text of wanted) {
    const comparison = comparisonOf(text);
    if (comparison !== undefined) others.push(comparison);
    else if (isPrefix(text)) others.push((value) => value.startsWith(text.slice(0, -1)));
    else exact.add(text);
  }
  return (value) => exact.has(value) || others.some((matches) => matches(value));
}

/** True if a wanted value is a prefix of others: `start*`. */
export function isPrefix(wanted: string): boolean {
  return wanted.endsWith("*");
}

/** The test that a comparison stands for; undefined if the text is no comparison. */
export function comparisonOf(wanted: string): ((value: string) => boolean) | undefined {
  const match = /^(>=|<=|>|<)\s*(\d+(?:\.\d+)?)$/.exec(wanted);
  if (match === null) return undefined;
  const bound = Number(match[2]);
  switch (match[1]) {
    case ">":
      return (value) => Number(value) > bound;
    case ">=":
      return (value) => Number(value) >= bound;
    case "<":
      return (value) => Number(value) < bound;
    default:
      return (value) => Number(value) <= bound;
  }
}
