import { describe, expect, test } from '@jest/globals';
import type { MappingInput } from '../../../src/datasets/mapping/mapping.ts';
import { csv, mapped, readAll, reasons, stars } from './table-in-memory.ts';

type InteractionsInput = NonNullable<MappingInput['files'][number]['interactions']>;
type ValueInput = NonNullable<InteractionsInput['value']>;

const mappingOf = (type: InteractionsInput['type'], value: ValueInput): MappingInput => ({
  name: 'music',
  files: [{ file: 'log.csv', interactions: { user: 'u', item: 'i', type, value } }],
});

async function read(mapping: MappingInput, rows: readonly string[]) {
  const { interactions, rejects } = await readAll(await mapped(mapping, [csv('log.csv', rows.join('\n'))], stars));
  return { values: interactions.map(({ value }) => value), rejects: reasons(rejects) };
}

describe('a value that is divided', () => {
  const divided = mappingOf('PLAY', { column: 'ms_played', dividedBy: 'duration_ms' });

  test('is the quotient, and a row whose whole is missing, 0 or no number is rejected with the reason', async () => {
    const rows = ['a,x,50000,200000', 'a,x,200000,200000', 'a,x,,', 'a,x,1,', 'a,x,1,0', 'a,x,1,long', 'a,x,1,-2'];
    expect(await read(divided, ['u,i,ms_played,duration_ms', ...rows])).toEqual({
      values: [0.25, 1, null],
      rejects: [
        'log.csv:5 duration_ms: expected a number to divide by such as 12.5, got none',
        'log.csv:6 duration_ms: expected a number above 0 to divide by, got "0"',
        'log.csv:7 duration_ms: expected a number to divide by such as 12.5, got "long"',
        'log.csv:8 duration_ms: expected a number above 0 to divide by, got "-2"',
      ],
    });
  });

  test('has the column of the whole in the error about columns that a file lacks', async () => {
    await expect(mapped(divided, [csv('log.csv', 'u,i,ms_played\na,x,1')])).rejects.toThrow(
      'expected the column "duration_ms" in log.csv',
    );
  });

  test('is refused if its quotient is larger than what can be stored', async () => {
    const mapping = mappingOf('CLICK', { column: 'n', dividedBy: 'of' });
    expect(await read(mapping, ['u,i,n,of', 'a,x,1e12,0.001', 'a,x,1,0.5'])).toEqual({
      values: [2],
      rejects: ['log.csv:2 of: expected a number whose quotient is at most 1000000000000, got 0.001'],
    });
  });
});

describe('the share that was played', () => {
  const header = 'u,i,e,share,whole';
  const rows = ['a,x,p,0,4', 'a,x,p,1,1', 'a,x,p,-0.5,1', 'a,x,p,50,10', 'a,x,p,,', 'a,x,v,50,10'];
  const type = { column: 'e', values: { p: 'PLAY', v: 'VIEW' } };

  test('is refused outside 0 to 1, and the reason proposes a unit and a whole', async () => {
    const advice =
      'state "unit": "percent" if it is from 0 to 100, or the column of the whole as "dividedBy" if it is a part of that';
    expect(await read(mappingOf(type, { column: 'share' }), [header, ...rows])).toEqual({
      values: [0, 1, null, 50],
      rejects: [
        `log.csv:4 share: expected the share that was played from 0 to 1 for PLAY, got -0.5; ${advice}`,
        `log.csv:5 share: expected the share that was played from 0 to 1 for PLAY, got 50; ${advice}`,
      ],
    });
  });

  test('is refused outside 0 to 100 in percent', async () => {
    const percent = mappingOf(type, { column: 'share', unit: 'percent' });
    expect(await read(percent, [header, 'a,x,p,50,1', 'a,x,p,100,1', 'a,x,p,101,1', 'a,x,v,300,1'])).toEqual({
      values: [0.5, 1, 3],
      rejects: ['log.csv:4 share: expected a percentage from 0 to 100 for PLAY, got 101'],
    });
  });

  test('is refused if it is larger than the whole by more than a player may count too much', async () => {
    const divided = mappingOf(type, { column: 'share', dividedBy: 'whole' });
    expect(await read(divided, [header, 'a,x,p,5,10', 'a,x,p,10.4,10', 'a,x,p,11,10', 'a,x,v,11,10'])).toEqual({
      values: [0.5, 1, 1.1],
      rejects: ['log.csv:4 share: expected a part of "whole" for PLAY, from 0 to 1 of it, got 1.1; check their units'],
    });
  });

  test('can be missing if the mapping declares what PLAY means, and must be a share if it is there', async () => {
    const interactionTypes = [{ name: 'PLAY', weight: 2 }];
    const withValue = { ...mappingOf(type, { column: 'share' }), interactionTypes };
    expect((await read(withValue, [header, 'a,x,p,50,1', 'a,x,p,0.5,1'])).values).toEqual([0.5]);
    const { value: _, ...interactions } = withValue.files[0]!.interactions!;
    const without = { ...withValue, files: [{ ...withValue.files[0]!, interactions }] };
    expect(await read(without, [header, 'a,x,p,50,1'])).toEqual({ values: [null], rejects: [] });
  });
});
