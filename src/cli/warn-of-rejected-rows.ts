import type { RejectedRows } from '../model-benchmark/dataset-tables.ts';

/** Reports on standard error how many rows of each file could not be used, and the first of them. */
export function warnOfRejectedRows(rejected: readonly RejectedRows[]): void {
  for (const { file, count, first } of rejected) {
    process.stderr.write(
      `${file}: ${count} ${count === 1 ? 'row' : 'rows'} could not be used; line ${first.line}: ${first.reason}\n`,
    );
  }
}
