import type { Pool } from 'pg';
import type { RatingScale } from '../../src/catalog/interaction-value.ts';
import { bareCopy, measureImport } from '../import.ts';
import type { Catalog } from './data.ts';
import { answeredPerSecond, sendAtOnce, type Target } from './load.ts';
import { printHeading, printRow } from './report.ts';
import { rounded } from './statistics.ts';
import { recordingsOf } from './traffic.ts';

export interface ImportSpeed {
  readonly importRowsPerSecond: number;
  /** Of the same rows, into a table without indexes, checks and triggers. */
  readonly copyRowsPerSecond: number;
}

const [rowsPerMutation, connections] = [500, 2];

/** Measures an import into an empty database beside a bare COPY. */
export async function measureBulkImport(pool: Pool, ratingScale: RatingScale, rounds: number): Promise<ImportSpeed> {
  printHeading('Bulk');
  const { rowsPerSecond, copyRowsPerSecond } = await measureImport(pool, ratingScale, rounds);
  const copied = copyRowsPerSecond[bareCopy] as number;
  const beside = `${rounded(rowsPerSecond / copied)} of a bare COPY`;
  printRow({ what: 'a bare COPY', value: copied, unit: 'rows/s' });
  printRow({ what: 'import', value: rowsPerSecond, unit: 'rows/s', beside, target: '0.35' });
  return { importRowsPerSecond: Math.round(rowsPerSecond), copyRowsPerSecond: Math.round(copied) };
}

/** Returns the number of interactions per second that mutations with 500 of them record. */
export async function measureMutations(target: Target, catalog: Catalog, seconds: number): Promise<number> {
  const load = await sendAtOnce(target, recordingsOf(rowsPerMutation, catalog), { connections, seconds });
  const value = Math.round(rowsPerMutation * answeredPerSecond(load));
  const what = `recordInteractions, ${rowsPerMutation} at once`;
  printRow({ what, value, unit: 'rows/s', beside: `${connections} connections`, target: '10,000' });
  return value;
}
