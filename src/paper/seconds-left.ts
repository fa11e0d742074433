/** A unit that is finished. */
export interface UnitTime {
  readonly group: string;
  readonly seconds: number;
}

/**
 * Estimates the seconds that the remaining units take. The first of them is running and has taken `elapsed`. A unit
 * takes as long as the finished units of its group, on average, or as all finished units if its group has none. Returns
 * `undefined` if no unit is finished.
 */
export function secondsLeft(
  remaining: readonly { readonly group: string }[],
  finished: readonly UnitTime[],
  elapsed: number,
): number | undefined {
  if (finished.length === 0) return undefined;
  const expected = (group: string) => {
    const own = finished.filter((time) => time.group === group);
    return meanSeconds(own.length > 0 ? own : finished);
  };
  const [running, ...waiting] = remaining.map(({ group }) => expected(group));
  return waiting.reduce((sum, seconds) => sum + seconds, Math.max((running ?? 0) - elapsed, 0));
}

function meanSeconds(times: readonly UnitTime[]): number {
  return times.reduce((sum, { seconds }) => sum + seconds, 0) / times.length;
}
