import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { type ExportedRows, exportedCatalog, exportedRows } from '../catalog/exported-catalog.ts';
import { fieldOf, type StoredFeatureField } from '../catalog/feature-fields.ts';
import { selectTypes } from '../catalog/interaction-types.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { type ExportedKind, exportedKinds, exportMapping } from '../datasets/mapping/export-mapping.ts';
import type { InteractionType } from '../features/interaction-types.ts';
import { inSnapshot } from '../store/read-snapshot.ts';
import { type ExportFormat, exportFormats } from './export-formats.ts';

export interface ExportOptions {
  readonly ratingScale: RatingScale;
  /** How the files are written. Default: as JSON Lines. */
  readonly format?: ExportFormat;
  /** Receives how many of all lines are written. */
  readonly onLines?: (written: number, all: number) => void;
}

/** A file that was written, and its number of lines or rows. */
export interface WrittenFile {
  readonly path: string;
  readonly lines: number;
}

/** The name of the mapping, which is written last. */
const mappingName = 'mapping.json';

/**
 * Writes all users, items, scenarios and interactions, as of one moment, into files of an existing folder, with the
 * mapping by which an import takes them back. Replaces the files of an earlier export. A kind of which nothing is stored
 * gets no file. Memory does not grow with what is stored.
 *
 * Throws INVALID_DATA if nothing is stored.
 */
export async function exportDataset(pool: Pool, folder: string, options: ExportOptions): Promise<WrittenFile[]> {
  const { ratingScale, format = 'jsonl', onLines = () => {} } = options;
  const { suffix, write } = exportFormats[format];
  return inSnapshot(pool, async (client) => {
    const fields = await readFields(client);
    const parts = await countParts(client, fields);
    const all = parts.reduce((sum, { lines }) => sum + lines, 0);
    if (all === 0)
      throw new WarmstartError(
        'INVALID_DATA',
        'expected stored data to export, got an empty database; import some first',
      );
    await removeEarlier(folder);
    let written = 0;
    const files = parts.map((part) => ({ ...part, file: `${part.kind}${suffix}` }));
    for (const { kind, rows, file } of files) {
      await write(client, { kind, query: rows.lines, fields }, join(folder, file), (lines) => {
        written += lines;
        onLines(written, all);
      });
    }
    const { rows: types } = await client.query<InteractionType>(selectTypes);
    const mapping = exportMapping(files, { fields, types }, ratingScale);
    await writeFile(join(folder, mappingName), `${JSON.stringify(mapping, null, 2)}\n`);
    return files.map(({ file, lines }) => ({ path: join(folder, file), lines }));
  });
}

async function readFields(client: PoolClient): Promise<Dataset['fields']> {
  const { rows } = await client.query<StoredFeatureField>(
    'SELECT entity::text, name, kind::text, width FROM feature_fields ORDER BY id',
  );
  return rows.map(fieldOf);
}

/** The interactions, those of a user in the order in which they were recorded. */
const interactions = exportedRows(
  'interactions',
  `users.external_id AS "user", items.external_id AS item, scenarios.external_id AS scenario, type, value,
    to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "time"
  FROM interactions JOIN users ON users.id = user_id JOIN items ON items.id = item_id
    LEFT JOIN scenarios ON scenarios.id = scenario_id
  ORDER BY user_id, interactions.id`,
);

/** What is stored of one kind. */
interface Part {
  readonly kind: ExportedKind;
  readonly rows: ExportedRows;
  readonly lines: number;
}

async function countParts(client: PoolClient, fields: Dataset['fields']): Promise<Part[]> {
  const selected = { ...exportedCatalog(client, fields), interactions };
  const parts: Part[] = [];
  for (const kind of exportedKinds) {
    const { rows } = await client.query<{ lines: number }>(selected[kind].count);
    const lines = rows[0]?.lines ?? 0;
    if (lines > 0) parts.push({ kind, rows: selected[kind], lines });
  }
  return parts;
}

/** Removes the files of an earlier export: the mapping would not fit new files, nor an old file the new mapping. */
async function removeEarlier(folder: string): Promise<void> {
  const names = exportedKinds.flatMap((kind) => Object.values(exportFormats).map(({ suffix }) => `${kind}${suffix}`));
  for (const name of [mappingName, ...names]) await rm(join(folder, name), { force: true });
}
