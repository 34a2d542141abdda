const distanceMax = 2;
/** As many letters that begin a known word are that word cut short. */
const minPrefix = 4;

/** ` (did you mean "X"?)` for the nearest of the known words, or nothing when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let nearest: string | undefined;
  let nearestDistance = distanceMax + 1;
  for (const candidate of known) {
    if (word.length >= minPrefix && candidate.startsWith(word)) return ` (did you mean "${candidate}"?)`;
    if (Math.abs(candidate.length - word.length) > distanceMax) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // Half the word wrong is another word, not a slip.
    if (distance < nearestDistance && distance * 2 < candidate.length) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
