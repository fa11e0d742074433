import { inputError, quote, throwErrors, type WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize } from './check-batch.ts';
import { reservedName, type StoredFeatureField, storedFields } from './feature-fields.ts';

export const maxFields = 100;
const maxNameLength = 64;

/**
 * Declares fields, all or none, and returns all declared fields in the order of their declaration. Existing fields do
 * not change. Throws BAD_USER_INPUT for every invalid name, and every field that is already declared, or repeated, with
 * another kind.
 */
export async function declareFeatureFields(
  database: TransactionalDatabase,
  fields: readonly StoredFeatureField[],
): Promise<StoredFeatureField[]> {
  checkBatchSize(['fields'], fields, { max: maxFields });
  throwErrors(fields.flatMap((field, index) => nameErrors(field, index)));
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
          AS entry(position int, entity entity_kind, name text, kind feature_kind)
        WHERE NOT EXISTS (SELECT FROM feature_fields AS known WHERE (known.entity, known.name) = (entry.entity, entry.name))
        ORDER BY position
      ) AS entry
    )
    INSERT INTO feature_fields (id, entity, name, kind) SELECT id, entity, name, kind FROM entries
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

function kindErrors(fields: readonly StoredFeatureField[], declared: readonly StoredFeatureField[]): WarmstartError[] {
  const keyOf = ({ entity, name }: StoredFeatureField) => `${entity}:${name}`;
  const kinds = new Map(declared.map((field) => [keyOf(field), field.kind]));
  return fields.flatMap((field, index) => {
    const kind = kinds.get(keyOf(field));
    if (kind === field.kind) return [];
    const message = `expected ${kind}, since the ${field.entity} feature ${quote(field.name)} is declared with this kind, got ${field.kind}`;
    return [inputError(['fields', index, 'kind'], message)];
  });
}
