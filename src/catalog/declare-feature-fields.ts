import { inputError, quote, throwErrors, type WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import { maxWidth } from '../features/vectors.ts';
import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize } from './check-batch.ts';
import { reservedName, type StoredFeatureField, storedFields } from './feature-fields.ts';

export const maxFields = 100;
const maxNameLength = 64;

/** A field to declare. A vector needs a width. */
export type FeatureFieldInput = Omit<StoredFeatureField, 'width'> & { readonly width?: number | null | undefined };

/**
 * Declares fields, all or none, and returns all declared fields in the order of their declaration. Existing fields do
 * not change. Throws BAD_USER_INPUT for every invalid name and width, and every field that is already declared, or
 * repeated, with another kind or width.
 */
export async function declareFeatureFields(
  database: TransactionalDatabase,
  given: readonly FeatureFieldInput[],
): Promise<StoredFeatureField[]> {
  checkBatchSize(['fields'], given, { max: maxFields });
  const fields = given.map((field) => ({ ...field, width: field.width ?? null }));
  throwErrors(fields.flatMap((field, index) => [...nameErrors(field, index), ...widthErrors(field, index)]));
  return database.$transaction(async (transaction) => {
    await addFields(transaction, fields);
    const declared = await storedFields(transaction);
    throwErrors(kindErrors(fields, declared));
    return declared;
  });
}

/**
 * IDs follow the order of the input. Rows are stored in one fixed order, so that concurrent declarations do not
 * deadlock.
 */
async function addFields(database: Database, fields: readonly StoredFeatureField[]): Promise<void> {
  const entries = JSON.stringify(fields.map((field, position) => ({ ...field, position })));
  await database.$executeRaw(sql`
    WITH entries AS MATERIALIZED (
      SELECT nextval('feature_fields_id_seq') AS id, entry.* FROM (
        SELECT entry.* FROM jsonb_to_recordset(${entries}::jsonb)
          AS entry(position int, entity entity_kind, name text, kind feature_kind, width int)
        WHERE NOT EXISTS (SELECT FROM feature_fields AS known WHERE (known.entity, known.name) = (entry.entity, entry.name))
        ORDER BY position
      ) AS entry
    )
    INSERT INTO feature_fields (id, entity, name, kind, width) SELECT id, entity, name, kind, width FROM entries
    ORDER BY entity, name, position ON CONFLICT (entity, name) DO NOTHING`);
}

function nameErrors({ entity, name }: StoredFeatureField, index: number): WarmstartError[] {
  const problem = nameProblem(entity.toLowerCase() as EntityKind, name);
  return problem ? [inputError(['fields', index, 'name'], problem)] : [];
}

function nameProblem(entity: EntityKind, name: string): string | undefined {
  if (name.trim() === '' && name !== '') return 'expected a name that is not blank';
  return reservedName(entity, name) ?? textProblem(name, { min: 1, max: maxNameLength });
}

function widthErrors({ kind, width }: StoredFeatureField, index: number): WarmstartError[] {
  const problem = widthProblem(kind, width);
  return problem ? [inputError(['fields', index, 'width'], problem)] : [];
}

function widthProblem(kind: StoredFeatureField['kind'], width: number | null): string | undefined {
  if (kind !== 'VECTOR') return width === null ? undefined : `expected no width for the kind ${kind}, got ${width}`;
  const isWidth = width !== null && width >= 1 && width <= maxWidth;
  return isWidth ? undefined : `expected a width from 1 to ${maxWidth} for the kind VECTOR, got ${width ?? 'none'}`;
}

function kindErrors(fields: readonly StoredFeatureField[], declared: readonly StoredFeatureField[]): WarmstartError[] {
  const keyOf = ({ entity, name }: StoredFeatureField) => `${entity}:${name}`;
  const byKey = new Map(declared.map((field) => [keyOf(field), field]));
  return fields.flatMap((field, index) => {
    const known = byKey.get(keyOf(field));
    const differing = (['kind', 'width'] as const).find((property) => known?.[property] !== field[property]);
    if (differing === undefined) return [];
    const message = `expected ${known?.[differing]}, since the ${field.entity} feature ${quote(field.name)} is declared with this ${differing}, got ${field[differing]}`;
    return [inputError(['fields', index, differing], message)];
  });
}
