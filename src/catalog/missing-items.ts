import type { FieldPath, WarmstartError } from '../common/errors.ts';
import { type Database, sql } from '../store/database.ts';
import { notFoundFault } from './input-fault.ts';

/** A fault for each of the client's ids, at `path`, that no item has. */
export async function missingItems(
  database: Database,
  path: FieldPath,
  externalIds: readonly string[],
): Promise<WarmstartError[]> {
  const [row] = await database.$queryRaw<{ known: string[] }[]>(sql`
    SELECT coalesce(array_agg(external_id), '{}') AS known FROM items
    WHERE external_id = ANY(${externalIds}::text[])`);
  const known = new Set(row?.known);
  return externalIds.flatMap((id, index) =>
    known.has(id) ? [] : [notFoundFault([...path, index], 'item', id)],
  );
}
