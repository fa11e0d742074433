import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KnownInteraction } from '../../src/interactions/known-interactions.ts';
import { SortedInteractions, type SortingOptions } from '../../src/interactions/sorted-interactions.ts';

async function sorted(rows: readonly KnownInteraction[], options?: SortingOptions): Promise<KnownInteraction[]> {
  const interactions = new SortedInteractions(options);
  try {
    for (let start = 0; start < rows.length; start += 7) await interactions.add(rows.slice(start, start + 7));
    const groups: KnownInteraction[][] = [];
    for await (const group of interactions.inOrder()) groups.push(group);
    return groups.flat();
  } finally {
    await interactions.close();
  }
}

/** The order that the contract promises, by the stable sort of arrays. */
function expected(rows: readonly KnownInteraction[]): KnownInteraction[] {
  const timeOf = ({ time }: KnownInteraction) => time?.getTime() ?? 1e15;
  return rows.toSorted((a, b) => a.userId - b.userId || timeOf(a) - timeOf(b));
}

const interaction: fc.Arbitrary<KnownInteraction> = fc.record({
  userId: fc.constantFrom(1, 2, 2 ** 16 + 1, 2 ** 31 - 1),
  itemId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  scenarioId: fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 })),
  type: fc.constantFrom('RATE', 'VIEW', 'CLICK', 'PURCHASE'),
  value: fc
    .option(fc.double({ min: -1e12, max: 1e12, noNaN: true }))
    .map((value) => (value === null ? null : value + 0)),
  time: fc.option(fc.integer({ min: -10, max: 10 })).map((time) => (time === null ? null : new Date(time * 1e12))),
});

describe('SortedInteractions', () => {
  test('return any interactions unchanged, by user and time, from memory or from merged runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(interaction, { maxLength: 120, size: 'max' }),
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 1, max: 20 }),
        async (rows, inMemory, pageRows) => {
          expect(await sorted(rows, { rows: inMemory, pageRows })).toEqual(expected(rows));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('leave no file behind, even while they use one', async () => {
    const filesOf = () => readdirSync(tmpdir()).filter((name) => name.startsWith('warmstart-interactions-'));
    const before = filesOf();
    const interactions = new SortedInteractions({ rows: 2, pageRows: 2 });
    const rows = fc.sample(interaction, 10);
    await interactions.add(rows);
    expect(filesOf()).toEqual(before);
    await interactions.close();
  });

  test('tell what to do if there is no room for their file', async () => {
    const options = { rows: 2, pageRows: 2, directory: '/nowhere' };
    await expect(sorted(fc.sample(interaction, 10), options)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(
        /^cannot sort interactions in the folder \/nowhere: .*; make room there, or set TMPDIR/,
      ),
    });
  });
});
