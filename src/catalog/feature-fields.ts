import type { PoolClient } from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { type EntityKind, type FeatureField, type FeatureKind, idField } from '../features/feature-schema.ts';
import type { Database, StoredEntityKind, StoredFeatureKind } from '../store/database.ts';

/** A declared feature as it is stored and as the API returns it. */
export interface StoredFeatureField {
  readonly entity: StoredEntityKind;
  readonly name: string;
  readonly kind: StoredFeatureKind;
}

const storedEntity: Record<EntityKind, StoredEntityKind> = { user: 'USER', item: 'ITEM' };
const storedKind: Record<FeatureKind, StoredFeatureKind> = {
  categorical: 'CATEGORICAL',
  multiValued: 'MULTI_VALUED',
  numeric: 'NUMERIC',
};
const entityOf: Record<StoredEntityKind, EntityKind> = { USER: 'user', ITEM: 'item' };
const kindOf: Record<StoredFeatureKind, FeatureKind> = {
  CATEGORICAL: 'categorical',
  MULTI_VALUED: 'multiValued',
  NUMERIC: 'numeric',
};

/** Returns the declared fields as stored, in the order of their declaration. */
export async function storedFields(database: Database): Promise<StoredFeatureField[]> {
  return database.featureField.findMany({
    select: { entity: true, name: true, kind: true },
    orderBy: { id: 'asc' },
  });
}

/** Returns the declared fields, in the order of their declaration. */
export async function declaredFields(database: Database): Promise<FeatureField[]> {
  return (await storedFields(database)).map(fieldOf);
}

/** Returns a field from its stored form. */
export function fieldOf({ entity, name, kind }: StoredFeatureField): FeatureField {
  return { entity: entityOf[entity], name, kind: kindOf[kind] };
}

/**
 * Declares fields within the transaction of `client`. Existing fields do not change. Throws INVALID_DATA if a field is
 * already declared with another kind, because its stored values would become invalid, and if a name is reserved.
 */
export async function declareFields(client: PoolClient, fields: readonly FeatureField[]): Promise<void> {
  for (const { entity, name, kind } of fields) {
    const reserved = reservedName(entity, name);
    if (reserved) throw new WarmstartError('INVALID_DATA', reserved);
    await client.query(
      'INSERT INTO feature_fields (entity, name, kind) VALUES ($1, $2, $3) ON CONFLICT (entity, name) DO NOTHING',
      [storedEntity[entity], name, storedKind[kind]],
    );
    const { rows } = await client.query<{ kind: StoredFeatureKind }>(
      'SELECT kind FROM feature_fields WHERE entity = $1 AND name = $2',
      [storedEntity[entity], name],
    );
    const declared = kindOf[rows[0]?.kind as StoredFeatureKind];
    if (declared !== kind) {
      throw new WarmstartError(
        'INVALID_DATA',
        `the ${entity} feature "${name}" is declared as ${declared} and cannot become ${kind}`,
      );
    }
  }
}

/** The names that no feature can have, with the reasons. */
const reservedNames: ReadonlyMap<string, string> = new Map([
  // Models read IDs as a feature of this name.
  [idField, 'is reserved for the external ID'],
  ['__proto__', 'is lost by programs that copy JSON in JavaScript'],
]);

/** Returns why no feature can have this name; `undefined` if the name is not reserved. */
export function reservedName(entity: EntityKind, name: string): string | undefined {
  const reason = reservedNames.get(name);
  return reason && `expected another name for the ${entity} feature, since "${name}" ${reason}`;
}
