import { WarmstartError } from '../common/errors.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import type { FinishedUnit, FinishedUnits } from './finished-units.ts';
import { secondsLeft, type UnitTime } from './seconds-left.ts';
import type { Unit } from './unit.ts';

export interface UnitProgress {
  /** The number of units that are finished. */
  readonly finished: number;
  /** The unit that is running. */
  readonly unit: Unit;
  /** What its training reports. Absent before the first report. */
  readonly training?: TrainingProgress;
  /** An estimate of the time that all remaining units take. Absent before the first unit is finished. */
  readonly secondsLeft: number | undefined;
}

export interface FailedUnit {
  readonly unit: Unit;
  readonly message: string;
}

/**
 * Runs the units that are not finished, one after the other, and adds each to the finished ones. A unit that fails does
 * not keep the others from running. Returns the failed units. Throws INTERRUPTED when the signal aborts; the next call
 * with the same units continues then.
 */
export async function runUnits(
  units: readonly Unit[],
  finished: FinishedUnits,
  { onProgress, signal }: { readonly onProgress: (progress: UnitProgress) => void; readonly signal: AbortSignal },
): Promise<FailedUnit[]> {
  const failed: FailedUnit[] = [];
  const done = () => units.filter(({ key }) => finished.get(key));
  const pending = units.filter(({ key }) => !finished.get(key));
  for (const [index, unit] of pending.entries()) {
    const start = performance.now();
    const elapsed = () => (performance.now() - start) / 1000;
    const report = (training?: TrainingProgress) =>
      onProgress({
        finished: done().length,
        unit,
        ...(training && { training }),
        secondsLeft: secondsLeft(pending.slice(index), timesOf(done(), finished), elapsed()),
      });
    try {
      signal.throwIfAborted();
      report();
      const result = await unit.run(report, signal);
      await finished.add({ key: unit.key, title: unit.title, seconds: elapsed(), result });
    } catch (error) {
      if (signal.aborted) throw interrupted(done().length, units.length, finished.file);
      failed.push({ unit, message: (error as Error).message });
    }
  }
  return failed;
}

function timesOf(units: readonly Unit[], finished: FinishedUnits): UnitTime[] {
  return units.map(({ key, group }) => ({ group, seconds: (finished.get(key) as FinishedUnit).seconds }));
}

function interrupted(done: number, total: number, file: string): WarmstartError {
  return new WarmstartError(
    'INTERRUPTED',
    `interrupted with ${done} of ${total} units finished, which are kept in ${file}; run the same command to continue`,
  );
}
