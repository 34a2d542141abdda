/** `MEDIAN (BEST)`: the middle of what a noisy machine gave, and what it can do. */
export function medianAndBest(
  values: readonly number[],
  best: (...values: number[]) => number,
  digits = 0,
): string {
  const median = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return `${median.toFixed(digits)} (${best(...values).toFixed(digits)})`;
}
