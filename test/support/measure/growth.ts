/**
 * How many times the CPU time that `small` takes `times` times it takes to do `large`, which is `times` as much work: 1 if time grows in proportion,
 * `times` if by the square. Rounds of both follow each other until one says at most `enough`, 20 at most: what others do to caches and
 * cores spoils some rounds, while work that truly grows too fast is slow in all of them.
 */
export function growth(large: () => void, small: () => void, times: number, enough: number): number {
  const asManySmall = () => {
    for (let i = 0; i < times; i += 1) small();
  };
  small();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20 && least > enough; round += 1)
    least = Math.min(least, cpuMicros(large) / Math.max(1, cpuMicros(asManySmall)));
  return least;
}

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
