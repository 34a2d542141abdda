/** Appends every item. `list.push(...items)` makes an argument of each, and ends in a RangeError at some 100,000. */
export function appendAll<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
