/** How training runs ended. */
export interface RunCounts {
  readonly runs: number;
  /** Runs that have ended, and did so once: with a version if they succeeded, and without one otherwise. */
  readonly endedOnce: number;
  /** Versions beside the one of each run that succeeded. */
  readonly doubleVersions: number;
}

export interface StoredRun {
  readonly status: string;
  readonly hasVersion: boolean;
  /** How many ends its log has. */
  readonly ends: number;
}

const unfinished = ['QUEUED', 'RUNNING'];

/** Counts runs, and the versions that were stored while they ran. */
export function countRuns(runs: readonly StoredRun[], versions: number): RunCounts {
  const endedOnce = runs.filter(
    ({ status, hasVersion, ends }) =>
      !unfinished.includes(status) && ends === 1 && hasVersion === (status === 'SUCCEEDED'),
  );
  return {
    runs: runs.length,
    endedOnce: endedOnce.length,
    doubleVersions: versions - runs.filter(({ hasVersion }) => hasVersion).length,
  };
}
