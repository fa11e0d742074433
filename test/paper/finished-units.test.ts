import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { FinishedUnits } from '../../src/paper/finished-units.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';

const unit = (key: string) => ({ key, title: `unit ${key}`, seconds: 2, result: { mean: 0.5 } });

describe('FinishedUnits', () => {
  let file: string;

  beforeEach(async () => {
    file = join(await folderWith({}), 'work', 'units.jsonl');
  });

  test('keep a unit for the next process as soon as it is added', async () => {
    const units = await FinishedUnits.open(file);
    await units.add(unit('a'));
    expect(units.get('a')).toEqual(unit('a'));
    expect((await FinishedUnits.open(file)).get('a')).toEqual(unit('a'));
    expect(units.get('b')).toBeUndefined();
  });

  test('lose no other unit if a process was killed while it wrote one, wherever that was', async () => {
    await (await FinishedUnits.open(file)).add(unit('a'));
    const complete = await readFile(file, 'utf8');
    for (let written = 1; written < complete.length; written++) {
      await writeFile(file, complete + complete.slice(0, written).replace(/\n$/, ''));
      const units = await FinishedUnits.open(file);
      expect(units.get('a')).toEqual(unit('a'));
      await units.add(unit('b'));
      expect(await readFile(file, 'utf8')).toBe(`${complete}${JSON.stringify(unit('b'))}\n`);
    }
  });

  test('forget all units when they are cleared', async () => {
    const units = await FinishedUnits.open(file);
    await units.add(unit('a'));
    await units.clear();
    expect(units.get('a')).toBeUndefined();
    expect((await FinishedUnits.open(file)).get('a')).toBeUndefined();
  });

  test('refuse a line that is no unit, and name it', async () => {
    await (await FinishedUnits.open(file)).add(unit('a'));
    await appendFile(file, '{"key":1}\n');
    await expect(FinishedUnits.open(file)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `${file}, line 2: expected a finished unit of work, got something else; delete the line, or start anew with --fresh`,
    });
  });

  test('do not read a file that is started anew', async () => {
    await (await FinishedUnits.open(file)).add(unit('a'));
    await appendFile(file, '{"key":1}\n');
    const units = await FinishedUnits.open(file, { fresh: true });
    expect(units.get('a')).toBeUndefined();
    await units.clear();
    await units.add(unit('b'));
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(unit('b'))}\n`);
  });

  test('refuse a file that cannot be written', async () => {
    await mkdir(file, { recursive: true });
    await expect(FinishedUnits.open(file)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining(`--work: expected a folder in which ${file} can be written`),
    });
  });
});
