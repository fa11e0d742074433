import { inputError, quote, throwErrors } from '../common/errors.ts';
import { isStorable } from '../common/storable-text.ts';
import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize } from './check-batch.ts';
import { maxFields } from './declare-feature-fields.ts';
import { type StoredFeatureField, storedFields } from './feature-fields.ts';

/** What identifies a declared field. */
export type FeatureFieldKey = Pick<StoredFeatureField, 'entity' | 'name'>;

/**
 * Undeclares fields, all or none, and returns the remaining fields in the order of their declaration. Stored values
 * stay, but nothing reads them any more. Throws BAD_USER_INPUT for every field that is not declared.
 */
export async function undeclareFeatureFields(
  database: TransactionalDatabase,
  fields: readonly FeatureFieldKey[],
): Promise<StoredFeatureField[]> {
  checkBatchSize(['fields'], fields, { max: maxFields });
  return database.$transaction(async (transaction) => {
    const declared = new Set((await removeFields(transaction, fields)).map(keyOf));
    throwErrors(
      fields.flatMap((field, index) => {
        if (declared.has(keyOf(field))) return [];
        const message = `expected a declared ${field.entity} feature, got ${quote(field.name)}`;
        return [inputError(['fields', index, 'name'], message)];
      }),
    );
    return storedFields(transaction);
  });
}

/** Returns the removed fields. Rows are locked in one fixed order, like in `declareFeatureFields`. */
async function removeFields(database: Database, fields: readonly FeatureFieldKey[]): Promise<FeatureFieldKey[]> {
  // No field has a name that PostgreSQL cannot store.
  const entries = JSON.stringify(
    fields.filter(({ name }) => isStorable(name)).map(({ entity, name }) => ({ entity, name })),
  );
  return database.$queryRaw<FeatureFieldKey[]>(sql`
    WITH found AS MATERIALIZED (
      SELECT id FROM feature_fields WHERE (entity, name) IN (
        SELECT entity, name FROM jsonb_to_recordset(${entries}::jsonb) AS entry(entity entity_kind, name text)
      ) ORDER BY entity, name FOR UPDATE
    )
    DELETE FROM feature_fields USING found WHERE feature_fields.id = found.id
    RETURNING feature_fields.entity::text AS entity, feature_fields.name`);
}

function keyOf({ entity, name }: FeatureFieldKey): string {
  return `${entity}:${name}`;
}
