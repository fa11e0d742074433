import type { Results } from './results.ts';

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
    [drain?.badExits, 'servers that were stopped ended with another status than 0'],
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
    ...damaged.flatMap(problemsOfDamaged),
  ];
}

function problemsOfDamaged({ kind, promotable, running, ...afterStart }: Results['damaged'][number]): string[] {
  return [
    ...problemsOfServed(kind, 'running server', running.served),
    ...problemsOfServed(kind, 'started server', afterStart.served),
    ...(promotable ? [`promoteModel accepts a version with damage: ${kind}`] : []),
  ];
}

function problemsOfServed(kind: string, server: string, served: string): string[] {
  return ['before', 'popularity'].includes(served) ? [] : [`a ${server} with damage (${kind}) serves: ${served}`];
}
