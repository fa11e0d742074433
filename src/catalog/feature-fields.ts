import type { PoolClient } from 'pg';
import { type ErrorCode, WarmstartError } from '../errors.ts';
import {
  type EntityKind,
  type FeatureField,
  type FeatureKind,
  type Features,
  idField,
} from '../features/feature-schema.ts';
import type { Database, StoredEntityKind, StoredFeatureKind } from '../store/database.ts';

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

/** The fields that users and items have, in the order of their declaration. */
export async function declaredFields(database: Database): Promise<FeatureField[]> {
  const rows = await database.featureField.findMany({ orderBy: { id: 'asc' } });
  return rows.map(({ entity, name, kind }) => ({ entity: entityOf[entity], name, kind: kindOf[kind] }));
}

/**
 * Adds fields to the declared ones, within the transaction of `client`; those already there stay as they are.
 * Throws INVALID_DATA when a field is there with another kind, since its stored values would no longer fit, and when its
 * name is reserved.
 */
export async function declareFields(client: PoolClient, fields: readonly FeatureField[]): Promise<void> {
  for (const { entity, name, kind } of fields) {
    if (name === idField) throw reserved('INVALID_DATA', entity);
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

/** Throws BAD_USER_INPUT naming the first feature that is not declared or whose value is not of its kind. */
export function checkFeatures(fields: readonly FeatureField[], entity: EntityKind, features: Features): void {
  const known = fields.filter((field) => field.entity === entity);
  for (const [name, value] of Object.entries(features)) {
    if (name === idField) throw reserved('BAD_USER_INPUT', entity);
    const field = known.find((candidate) => candidate.name === name);
    if (!field) {
      const names = known.map((candidate) => candidate.name).join(', ') || 'none';
      throw new WarmstartError(
        'BAD_USER_INPUT',
        `"${name}" is not a declared ${entity} feature; declared are: ${names}`,
      );
    }
    if (value !== null && !fits[field.kind](value)) {
      throw new WarmstartError(
        'BAD_USER_INPUT',
        `the ${entity} feature "${name}" is ${field.kind}; expected ${expected[field.kind]}, got ${JSON.stringify(value)}`,
      );
    }
  }
}

/** Models read ids as a feature of this name. */
function reserved(code: ErrorCode, entity: EntityKind): WarmstartError {
  return new WarmstartError(
    code,
    `"${idField}" cannot be a ${entity} feature, since it stands for the client's id; give the feature another name`,
  );
}

const isCategory = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');

const fits: Record<FeatureKind, (value: unknown) => boolean> = {
  categorical: isCategory,
  multiValued: (value) => Array.isArray(value) && value.every(isCategory),
  numeric: (value) => typeof value === 'number' && Number.isFinite(value),
};

const expected: Record<FeatureKind, string> = {
  categorical: 'a string',
  multiValued: 'a list of strings',
  numeric: 'a finite number',
};
