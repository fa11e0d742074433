import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import { externalIdProblem } from './external-id.ts';

/** Maximum number of rows in one batch. */
export const maxRows = 500;

/** Returns the error of a batch at `path` that is too small or too large; otherwise `undefined`. */
export function batchSizeError(
  path: FieldPath,
  rows: readonly unknown[],
  { min = 1, max = maxRows } = {},
): WarmstartError | undefined {
  if (rows.length >= min && rows.length <= max) return undefined;
  return inputError(path, `expected ${min} to ${max} entries, got ${rows.length}`);
}

/** Throws BAD_USER_INPUT if a batch is too small or too large. */
export function checkBatchSize(
  path: FieldPath,
  rows: readonly unknown[],
  limits?: { min?: number; max?: number },
): void {
  const problem = batchSizeError(path, rows, limits);
  if (problem) throw problem;
}

/** Returns the errors of a list of external IDs at `path`. */
export function idListErrors(path: FieldPath, ids: readonly string[]): WarmstartError[] {
  return ids.flatMap((id, index) => {
    const problem = externalIdProblem(id);
    return problem ? [inputError([...path, index], problem)] : [];
  });
}

/**
 * Returns the errors of the `externalId` of each row of a batch at `path`: invalid IDs and repeated IDs. A repeated ID
 * is an error because it is not clear which row should win.
 */
export function externalIdErrors(path: FieldPath, rows: readonly { readonly externalId: string }[]): WarmstartError[] {
  const firstAt = new Map<string, number>();
  return rows.flatMap(({ externalId }, index) => {
    const earlier = firstAt.get(externalId);
    if (earlier === undefined) firstAt.set(externalId, index);
    const repeated = `expected each ID once, got ${quote(externalId)} again, which is also the ID of ${[...path, earlier].join('.')}`;
    const problem = externalIdProblem(externalId) ?? (earlier === undefined ? undefined : repeated);
    return problem ? [inputError([...path, index, 'externalId'], problem)] : [];
  });
}

const maxTitleLength = 1000;

/** Returns the errors of the titles of a batch at `path`. */
export function titleErrors(path: FieldPath, rows: readonly { readonly title: string }[]): WarmstartError[] {
  return rows.flatMap(({ title }, index) => {
    const problem = titleProblem(title);
    return problem ? [inputError([...path, index, 'title'], problem)] : [];
  });
}

function titleProblem(title: string): string | undefined {
  if (title.trim() === '') return 'expected a title that is not blank';
  return textProblem(title, { min: 1, max: maxTitleLength });
}
