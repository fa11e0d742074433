import { inputError, quote, throwErrors, type WarmstartError } from '../common/errors.ts';
import { isStorable } from '../common/storable-text.ts';
import { type Database, sql, type TransactionalDatabase } from '../store/database.ts';
import { checkBatchSize } from './check-batch.ts';
import { maxFields } from './declare-feature-fields.ts';
import { type StoredFeatureField, storedFields } from './feature-fields.ts';

/** What identifies a declared field. */
export type FeatureFieldKey = Pick<StoredFeatureField, 'entity' | 'name'>;

/**
 * Undeclares fields, all or none, and returns the remaining fields in the order of their declaration. Stored values
 * stay, but nothing reads them any more. Throws BAD_USER_INPUT for every field that is not declared, and for every one
 * that the rule of a scenario uses.
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
    throwErrors(await usedInRules(transaction, fields));
    return storedFields(transaction);
  });
}

/** The fields are locked, so no other rule can begin to use them. */
async function usedInRules(database: Database, fields: readonly FeatureFieldKey[]): Promise<WarmstartError[]> {
  const used = await database.$queryRaw<{ name: string; scenario: string }[]>(sql`
    SELECT DISTINCT ON (name) condition ->> 'feature' AS name, external_id AS scenario
    FROM scenarios, jsonb_array_elements(rule -> 'features') AS condition WHERE rule IS NOT NULL
    ORDER BY name, scenarios.id`);
  const scenarios = new Map(used.map(({ name, scenario }) => [name, scenario]));
  return fields.flatMap(({ entity, name }, index) => {
    const scenario = entity === 'ITEM' ? scenarios.get(name) : undefined;
    if (scenario === undefined) return [];
    const message = `expected a feature that no rule uses, got ${quote(name)}, which the rule of the scenario ${quote(scenario)} uses; change or remove that rule first`;
    return [inputError(['fields', index, 'name'], message)];
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
