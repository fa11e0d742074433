import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import { externalIdProblem } from './external-id.ts';

/** Most rows of a mutation that works on many at once. */
export const maxRows = 500;

/** Why a batch at `path` is too small or too large, or `undefined` when it is neither. */
export function batchSizeFault(
  path: FieldPath,
  rows: readonly unknown[],
  { least = 1, most = maxRows } = {},
): WarmstartError | undefined {
  if (rows.length >= least && rows.length <= most) return undefined;
  return inputError(path, `expected ${least} to ${most} of them, got ${rows.length}`);
}

/** Throws BAD_USER_INPUT for a batch that is too small or too large. */
export function checkBatchSize(
  path: FieldPath,
  rows: readonly unknown[],
  limits?: { least?: number; most?: number },
): void {
  const fault = batchSizeFault(path, rows, limits);
  if (fault) throw fault;
}

/** Faults of a list of client's ids at `path`. */
export function idListFaults(path: FieldPath, ids: readonly string[]): WarmstartError[] {
  return ids.flatMap((id, index) => {
    const fault = externalIdProblem(id);
    return fault ? [inputError([...path, index], fault)] : [];
  });
}

/**
 * Faults of the `externalId` of each row of a batch at `path`: ids that cannot be stored, and ids that came before in
 * the batch, since which of the two rows should win is anybody's guess.
 */
export function externalIdFaults(
  path: FieldPath,
  rows: readonly { readonly externalId: string }[],
): WarmstartError[] {
  const firstAt = new Map<string, number>();
  return rows.flatMap(({ externalId }, index) => {
    const earlier = firstAt.get(externalId);
    if (earlier === undefined) firstAt.set(externalId, index);
    const repeated = `${quote(externalId)} is the id of ${[...path, earlier].join('.')} already; send it once`;
    const fault = externalIdProblem(externalId) ?? (earlier === undefined ? undefined : repeated);
    return fault ? [inputError([...path, index, 'externalId'], fault)] : [];
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
