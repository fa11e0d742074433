import { WarmstartError } from '../../common/errors.ts';
import type { Batch, Sourced } from '../dataset.ts';

/** Yields all records as one batch. */
export async function* oneBatch<T>(file: string, records: readonly T[]): AsyncGenerator<Batch<T>> {
  yield { rows: sourced(file, records, 1), bytes: 0 };
}

/** Generated records have no rows. Their position in the stream is their line number. */
export function sourced<T>(file: string, records: readonly T[], first: number): Sourced<T>[] {
  return records.map((record, index) => ({
    record,
    file: `synthetic ${file}`,
    line: first + index,
    row: '',
  }));
}

/** Throws INVALID_CONFIGURATION if a setting is not a whole number from 1, or the seed not one of 32 bits. */
export function checkSettings({ seed, ...counts }: { readonly seed: number } & Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isSafeInteger(count) || count < 1) throw invalidSetting(name, 'a whole number from 1', count);
  }
  if ((seed | 0) !== seed) throw invalidSetting('seed', 'a whole number of 32 bits', seed);
}

export function invalidSetting(name: string, expected: string, value: number): WarmstartError {
  return new WarmstartError(
    'INVALID_CONFIGURATION',
    `expected ${expected} as ${name} of the synthetic data, got ${value}`,
  );
}
