import type { PoolClient } from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { type EntityKind, type FeatureField, type FeatureKind, idField } from '../features/feature-schema.ts';
import type { Database, StoredEntityKind, StoredFeatureKind } from '../store/database.ts';

/** A declared feature as it is stored and as the API returns it. */
export interface StoredFeatureField {
  readonly entity: StoredEntityKind;
  readonly name: string;
  readonly kind: StoredFeatureKind;
  /** How many numbers a vector has; `null` for other kinds. */
  readonly width: number | null;
}

const storedEntity: Record<EntityKind, StoredEntityKind> = { user: 'USER', item: 'ITEM' };
const storedKind: Record<FeatureKind, StoredFeatureKind> = {
  categorical: 'CATEGORICAL',
  multiValued: 'MULTI_VALUED',
  numeric: 'NUMERIC',
  vector: 'VECTOR',
  date: 'DATE',
};
const entityOf: Record<StoredEntityKind, EntityKind> = { USER: 'user', ITEM: 'item' };
const kindOf: Record<StoredFeatureKind, FeatureKind> = {
  CATEGORICAL: 'categorical',
  MULTI_VALUED: 'multiValued',
  NUMERIC: 'numeric',
  VECTOR: 'vector',
  DATE: 'date',
};

/** Returns the declared fields as stored, in the order of their declaration. */
export async function storedFields(database: Database): Promise<StoredFeatureField[]> {
  return database.featureField.findMany({
    select: { entity: true, name: true, kind: true, width: true },
    orderBy: { id: 'asc' },
  });
}

/** Returns the declared fields, in the order of their declaration. */
export async function declaredFields(database: Database): Promise<FeatureField[]> {
  return (await storedFields(database)).map(fieldOf);
}

/** Returns a field from its stored form. */
export function fieldOf({ entity, name, kind, width }: StoredFeatureField): FeatureField {
  return { entity: entityOf[entity], name, kind: kindOf[kind], ...(width !== null && { width }) };
}

/**
 * Declares fields within the transaction of `client`. Existing fields do not change. Throws INVALID_DATA if a field is
 * already declared with another kind or width, because its stored values would become invalid, and if a name is
 * reserved.
 */
export async function declareFields(client: PoolClient, fields: readonly FeatureField[]): Promise<void> {
  for (const { entity, name, kind, width = null } of fields) {
    const reserved = reservedName(entity, name);
    if (reserved) throw new WarmstartError('INVALID_DATA', reserved);
    await client.query(
      `INSERT INTO feature_fields (entity, name, kind, width) VALUES ($1, $2, $3, $4)
       ON CONFLICT (entity, name) DO NOTHING`,
      [storedEntity[entity], name, storedKind[kind], width],
    );
    const { rows } = await client.query<StoredFeatureField>(
      'SELECT entity, name, kind, width FROM feature_fields WHERE entity = $1 AND name = $2',
      [storedEntity[entity], name],
    );
    const declared = fieldOf(rows[0] as StoredFeatureField);
    if (declared.kind !== kind || declared.width !== (width ?? undefined)) {
      throw new WarmstartError(
        'INVALID_DATA',
        `the ${entity} feature "${name}" is declared as ${titleOf(declared)} and cannot become ${titleOf({ kind, width })}`,
      );
    }
  }
}

/** Returns the kind of a field, with the width of a vector. */
function titleOf({ kind, width }: { readonly kind: FeatureKind; readonly width?: number | null }): string {
  return width == null ? kind : `${kind} of width ${width}`;
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
