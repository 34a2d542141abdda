const durationUnitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const sizeUnitsBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** Parses "250ms", "30s", "5m", "24h", "30d" to milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  return parseWithUnit(text, durationUnitsMs);
}

/** Parses "64KiB", "32MiB", "1MB" to bytes; undefined for anything else. */
export function parseSizeBytes(text: string): number | undefined {
  return parseWithUnit(text, sizeUnitsBytes);
}

function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12})([A-Za-z]{1,3})$/.exec(text);
  const unit = match === null || !Object.hasOwn(units, match[2] ?? "") ? undefined : units[match[2] ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
