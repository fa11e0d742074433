import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { FinishedUnits } from '../../src/paper/finished-units.ts';
import { runUnits, type UnitProgress } from '../../src/paper/run-units.ts';
import type { Unit } from '../../src/paper/unit.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';

describe('runUnits', () => {
  let file: string;
  let ran: string[];

  beforeEach(async () => {
    file = join(await folderWith({}), 'units.jsonl');
    ran = [];
  });

  const unit = (key: string, run: () => Promise<unknown> = async () => key): Unit => ({
    key,
    title: `unit ${key}`,
    group: 'all',
    run() {
      ran.push(key);
      return run();
    },
  });
  const runAll = async (units: readonly Unit[], signal = new AbortController().signal) => {
    const progress: UnitProgress[] = [];
    const finished = await FinishedUnits.open(file);
    const failed = await runUnits(units, finished, { onProgress: (report) => progress.push(report), signal });
    return { failed, finished, progress };
  };

  test('runs each unit once, in any number of calls', async () => {
    await runAll([unit('a')]);
    const { failed, finished } = await runAll([unit('a'), unit('b')]);
    expect(ran).toEqual(['a', 'b']);
    expect(failed).toEqual([]);
    expect([finished.get('a')?.result, finished.get('b')?.result]).toEqual(['a', 'b']);
  });

  test('continues after an interruption with the unit that was interrupted', async () => {
    const abort = new AbortController();
    const interrupted = unit('b', async () => {
      abort.abort();
      throw new Error('ended');
    });
    await expect(runAll([unit('a'), interrupted, unit('c')], abort.signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: `interrupted with 1 of 3 units finished, which are kept in ${file}; run the same command to continue`,
    });
    await runAll([unit('a'), unit('b'), unit('c')]);
    expect(ran).toEqual(['a', 'b', 'b', 'c']);
  });

  test('runs the other units if one fails, and tries it again in the next call', async () => {
    const failing = unit('a', () => Promise.reject(new Error('the loss is NaN')));
    const { failed } = await runAll([failing, unit('b')]);
    expect(failed).toEqual([{ unit: failing, message: 'the loss is NaN' }]);
    await runAll([unit('a'), unit('b')]);
    expect(ran).toEqual(['a', 'b', 'a']);
  });

  test('reports how many units are finished, and the time that is left once one of them is', async () => {
    const { progress } = await runAll([unit('a'), unit('b'), unit('c')]);
    expect(progress.map(({ finished, unit }) => [finished, unit.key])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ]);
    expect(progress[0]?.secondsLeft).toBeUndefined();
    expect(progress[1]?.secondsLeft).toBeGreaterThan(0);
  });
});
