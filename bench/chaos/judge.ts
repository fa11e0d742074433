import type { Results } from './results.ts';
import type { ServedLists } from './served-lists.ts';

/** Returns what the results break of what the platform promises, in words. docs/reliability.md says what it promises. */
export function brokenPromises(results: Partial<Results>): string[] {
  const { ledger, kills, overload, drain, damaged = [], diskFull, fuzz, soak } = results;
  const worker = kills?.worker;
  const counts: [number | undefined, string][] = [
    [ledger?.lost, 'acknowledged interactions were lost'],
    [ledger?.doubled, 'interactions were stored more than once'],
    [worker && worker.runs - worker.endedOnce, 'training runs did not end exactly once'],
    [worker?.doubleVersions, 'model versions were published twice'],
    [overload && overload.resets + overload.failures, 'requests in the overload were neither answered nor refused'],
    [drain?.resets, 'requests in flight got no answer from a server that stopped'],
    [drain?.badExits, 'servers that were stopped ended with a nonzero status'],
    [fuzz && fuzz.internalErrors + fuzz.unanswered, 'operations failed inside the server'],
    [soak?.failures, 'requests, trainings or promotions failed in the soak'],
  ];
  if (diskFull && !('skipped' in diskFull)) {
    counts.push(
      [diskFull.refused.INTERNAL_SERVER_ERROR, 'writes to a full disk were answered INTERNAL_SERVER_ERROR'],
      [diskFull.readsFailed, 'reads failed while the disk was full'],
      [diskFull.lost, 'acknowledged interactions were lost on the full disk'],
      [diskFull.wroteAgain ? 0 : 1, 'platforms did not write again when the disk had space'],
    );
  }
  return [
    ...counts.filter(([count]) => count !== undefined && count > 0).map(([count, what]) => `${count} ${what}`),
    ...measuredBounds(results)
      .filter(([value, bound]) => value !== undefined && value > bound)
      .map(describeBound),
    ...damaged.flatMap(problemsOfDamaged),
  ];
}

type Bound = readonly [value: number | undefined, bound: number, what: string];

/** Memory that is not freed grows with each training and promotion, to many times what it was. */
const flatGrowth = 1.5;

function measuredBounds({ kills, drain, soak }: Partial<Results>): Bound[] {
  return [
    [kills?.server.maxSecondsToReady, 10, 'seconds until a server was ready after a kill'],
    [kills?.postgres.maxSecondsToReady, 10, 'seconds until a server was ready after a kill of PostgreSQL'],
    [drain?.maxSecondsToEnd, 20, 'seconds until a stopped server ended'],
    [soak && soak.rssEndMiB / soak.rssStartMiB, flatGrowth, 'times the memory of the server at the end of the soak'],
    [
      soak && soak.workerRssEndMiB / soak.workerRssStartMiB,
      flatGrowth,
      'times the memory of the worker at the end of the soak',
    ],
  ];
}

function describeBound([value, bound, what]: Bound): string {
  return `${(value as number).toFixed(1)} ${what}, more than ${bound}`;
}

function problemsOfDamaged({ kind, promotable, running, ...afterStart }: Results['damaged'][number]): string[] {
  return [
    ...problemsOfServed(kind, 'running server', running),
    ...problemsOfServed(kind, 'started server', afterStart),
    ...(promotable ? [`promoteModel accepts a version with damage: ${kind}`] : []),
  ];
}

function problemsOfServed(kind: string, server: string, { served, degraded }: ServedLists): string[] {
  if (!['before', 'popularity'].includes(served)) return [`a ${server} with damage (${kind}) serves: ${served}`];
  return degraded ? [] : [`lists of a ${server} with damage (${kind}) are not degraded`];
}
