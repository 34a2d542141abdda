/** Wall-clock time in a zone, as milliseconds since 1970 of a clock that shows the same digits in UTC. */
type LocalMs = number;

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The local time of an IANA zone at an instant. Throws a RangeError for an unknown zone. */
export function localMs(timeZone: string, atMs: number): LocalMs {
  const seconds = Math.floor(atMs / 1000) * 1000;
  let [year, month, day, hour, minute, second] = [0, 1, 1, 0, 0, 0];
  for (const { type, value } of formatOf(timeZone).formatToParts(seconds)) {
    if (type === "year") year = Number(value);
    else if (type === "month") month = Number(value);
    else if (type === "day") day = Number(value);
    else if (type === "hour") hour = Number(value);
    else if (type === "minute") minute = Number(value);
    else if (type === "second") second = Number(value);
  }
  return Date.UTC(year, month - 1, day, hour, minute, second) + (atMs - seconds);
}

/**
 * The first instant at which the clocks of a zone show `local` or later: the earlier of two when they are set back over it,
 * and the moment of the change when they are set forward past it.
 */
export function instantOf(timeZone: string, local: LocalMs): number {
  // No zone is further than 14 h from UTC, and none changes its offset twice in two days.
  const before = local - dayMs;
  const after = local + dayMs;
  for (const probe of [before, after]) {
    const candidate = local - (localMs(timeZone, probe) - probe);
    if (localMs(timeZone, candidate) === local) return candidate;
  }
  return offsetChange(timeZone, before, after);
}

/** The first instant after `fromMs` at which a zone's clocks are as far from UTC as at `toMs`. */
export function offsetChange(timeZone: string, fromMs: number, toMs: number): number {
  const offset = localMs(timeZone, toMs) - toMs;
  let before = fromMs;
  let after = toMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localMs(timeZone, middle) - middle === offset) after = middle;
    else before = middle;
  }
  return after;
}

/** True if the runtime knows an IANA time zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timeZone, format);
  return format;
}
