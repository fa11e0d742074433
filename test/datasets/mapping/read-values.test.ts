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
