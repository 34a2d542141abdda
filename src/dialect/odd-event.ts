/**
 * What was odd about an event of a stream that was passed over: it was `empty`, was `not_json`, had numbers that JSON has not (`not_finite`,
 * read as null), came `after_end`, or was of an `unknown_type`.
 */
export const oddEventKinds = ["empty", "not_json", "not_finite", "after_end", "unknown_type"] as const;

/** One of {@link oddEventKinds}. */
export type OddEventKind = (typeof oddEventKinds)[number];
