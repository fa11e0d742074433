import type { FieldPath, WarmstartError } from '../common/errors.ts';
import { externalIdFault } from './external-id.ts';
import { inputFault, shown } from './input-fault.ts';

/** Most rows of a mutation that works on many at once. */
export const maxRows = 500;

/** Why a batch at `path` is too small or too large, or `undefined` when it is neither. */
export function batchSizeFault(
  path: FieldPath,
  rows: readonly unknown[],
  { least = 1, most = maxRows } = {},
): WarmstartError | undefined {
  if (rows.length >= least && rows.length <= most) return undefined;
  return inputFault(path, `expected ${least} to ${most} of them, got ${rows.length}`);
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
    const fault = externalIdFault(id);
    return fault ? [inputFault([...path, index], fault)] : [];
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
    const repeated = `${shown(externalId)} is the id of ${[...path, earlier].join('.')} already; send it once`;
    const fault = externalIdFault(externalId) ?? (earlier === undefined ? undefined : repeated);
    return fault ? [inputFault([...path, index, 'externalId'], fault)] : [];
  });
}
