import type { PriceEntry, PriceFile } from "./price-file.ts";
import type { Catalogue, Rate } from "./rate.ts";

/** A price and why it is the one: what `prices` and `explain` show. */
export interface Quote {
  readonly rate: Rate;
  /** The file's name, or `backend` for a backend's own price. */
  readonly from: string;
  /** Undefined for a backend's own price and for the ceiling of unknown models. */
  readonly entry: PriceEntry | undefined;
}

/** A {@link Catalogue} that can also say why, and list what counts. */
export interface PriceCatalogue extends Catalogue {
  quote(backend: string, provider: string, model: string, atMs: number): Quote | undefined;
  /** Of every owner and model name the newest price at that time in the last file that has one, in the files' order. */
  inForce(atMs: number): readonly Quote[];
}

/**
 * Joins price files, later ones first in rank, and backends' own prices above them all. Within a file: the backend's name before the
 * provider type, the exact model before `*` and a longer prefix before a shorter, and of its dates the newest that has come.
 */
export function createCatalogue(
  files: readonly PriceFile[],
  backendPrices: ReadonlyMap<string, Rate>,
): PriceCatalogue {
  const ranked = files.map(indexFile).reverse();
  const unknown = files.findLast((file) => file.unknownModel !== undefined);
  const ceiling: Quote | undefined =
    unknown?.unknownModel?.kind === "ceiling"
      ? { rate: unknown.unknownModel.rate, from: unknown.name, entry: undefined }
      : undefined;

  function quote(backend: string, provider: string, model: string, atMs: number): Quote | undefined {
    const own = backendPrices.get(backend);
    if (own !== undefined) return { rate: own, from: "backend", entry: undefined };
    for (const file of ranked) {
      const entry =
        entryOf(file.owners.get(backend), model, atMs) ?? entryOf(file.owners.get(provider), model, atMs);
      if (entry !== undefined) return { rate: entry.rate, from: file.name, entry };
    }
    return ceiling;
  }

  return {
    quote,
    rateOf: (backend, provider, model, atMs) => quote(backend, provider, model, atMs)?.rate,
    inForce: (atMs) => inForce(files, atMs),
  };
}

/** The entries of one owner, each list newest date first. */
interface OwnerPrices {
  readonly exact: ReadonlyMap<string, readonly PriceEntry[]>;
  /** Longest prefix first. */
  readonly prefixes: readonly (readonly [prefix: string, entries: readonly PriceEntry[]])[];
}

interface IndexedFile {
  readonly name: string;
  readonly owners: ReadonlyMap<string, OwnerPrices>;
}

function indexFile(file: PriceFile): IndexedFile {
  const newestFirst = file.entries.toSorted((left, right) => right.fromMs - left.fromMs);
  const owners = new Map<string, OwnerPrices>();
  for (const [owner, entries] of grouped(newestFirst, (entry) => entry.owner)) {
    const exact = entries.filter((entry) => !entry.prefix);
    const prefixes = entries.filter((entry) => entry.prefix);
    owners.set(owner, {
      exact: grouped(exact, (entry) => entry.model),
      prefixes: [...grouped(prefixes, (entry) => entry.model)].sort(
        ([left], [right]) => right.length - left.length,
      ),
    });
  }
  return { name: file.name, owners };
}

function grouped(
  entries: readonly PriceEntry[],
  keyOf: (entry: PriceEntry) => string,
): ReadonlyMap<string, readonly PriceEntry[]> {
  const groups = new Map<string, PriceEntry[]>();
  for (const entry of entries) {
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}

function entryOf(prices: OwnerPrices | undefined, model: string, atMs: number): PriceEntry | undefined {
  if (prices === undefined) return undefined;
  const exact = newest(prices.exact.get(model), atMs);
  if (exact !== undefined) return exact;
  for (const [prefix, entries] of prices.prefixes) {
    const entry = model.startsWith(prefix) ? newest(entries, atMs) : undefined;
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function newest(entries: readonly PriceEntry[] | undefined, atMs: number): PriceEntry | undefined {
  return entries?.find((entry) => entry.fromMs <= atMs);
}

function inForce(files: readonly PriceFile[], atMs: number): readonly Quote[] {
  const found = new Map<string, Quote>();
  for (const file of files)
    for (const entry of file.entries) {
      const name = `${entry.owner}/${entry.model}${entry.prefix ? "*" : ""}`;
      const known = found.get(name);
      const older = known?.from === file.name && (known.entry?.fromMs ?? 0) > entry.fromMs;
      if (entry.fromMs <= atMs && !older) found.set(name, { rate: entry.rate, from: file.name, entry });
    }
  return [...found.values()];
}
