import { setImmediate } from 'node:timers/promises';
import { type EncodedFeatures, type Entity, encodeEntities, withId } from '../features/encode-features.ts';
import {
  type EntityKind,
  type FeatureField,
  type FeatureSchema,
  idField,
} from '../features/feature-schema.ts';
import { type FitOptions, fitFeatureSchema } from '../features/fit-feature-schema.ts';
import type { Interactions, TrainingData } from './training-data.ts';

/** Users and items, by row, with their declared fields. */
export interface Entities {
  readonly fields: readonly FeatureField[];
  readonly users: readonly Entity[];
  readonly items: readonly Entity[];
}

export interface EncodingOptions {
  /** What the training may know: vocabularies are those of its users, and its users and items are known by their ids. */
  readonly known: Pick<Interactions, 'users' | 'items'>;
  /** Whose ids are a feature, too. */
  readonly ids: readonly EntityKind[];
  readonly features?: FitOptions | undefined;
}

type Encoded = Pick<TrainingData, 'schema' | 'users' | 'items'>;

/** All users and items, encoded by a schema that is fitted on what the training may know. */
export function encodeKnown(entities: Entities, options: EncodingOptions): Encoded {
  const schema = fitKnown(entities, options);
  return {
    schema,
    users: encodeEntities(schema, 'user', entities.users),
    items: encodeEntities(schema, 'item', entities.items),
  };
}

/** The same, letting the event loop turn while it encodes. */
export async function encodeKnownInLots(entities: Entities, options: EncodingOptions): Promise<Encoded> {
  const schema = fitKnown(entities, options);
  await setImmediate();
  return encodeBy(schema, entities);
}

/** Users and items as a model reads them that was trained on this schema. The event loop turns meanwhile. */
export async function encodeBy(
  schema: FeatureSchema,
  { users, items }: Pick<Entities, 'users' | 'items'>,
): Promise<Encoded> {
  return {
    schema,
    users: await encodeInLots(schema, 'user', users),
    items: await encodeInLots(schema, 'item', items),
  };
}

function fitKnown(
  { fields, users, items }: Entities,
  { known, ids, features }: EncodingOptions,
): FeatureSchema {
  const idFields = ids.map((entity): FeatureField => ({ entity, name: idField, kind: 'categorical' }));
  const trained = { user: marks(known.users, users.length), item: marks(known.items, items.length) };
  // An item is known to the catalogue before anybody has met it; of the users only those who train are.
  return fitFeatureSchema(
    [...fields, ...idFields],
    users.filter((_, row) => trained.user[row] === 1).map(withId),
    items.map((item, row) => (trained.item[row] === 1 ? withId(item) : item.features)),
    features,
  );
}

/** 1 for each row that occurs, of so many. */
function marks(rows: Int32Array, count: number): Uint8Array {
  const marked = new Uint8Array(count);
  for (const row of rows) marked[row] = 1;
  return marked;
}

/** Rows encoded between two turns of the event loop: some milliseconds. */
const rowsPerLot = 1000;

async function encodeInLots(
  schema: FeatureSchema,
  entity: EntityKind,
  rows: readonly Entity[],
): Promise<EncodedFeatures> {
  const { slots } = encodeEntities(schema, entity, []);
  const indices = new Int32Array(rows.length * slots);
  const weights = new Float32Array(rows.length * slots);
  for (let start = 0; start < rows.length; start += rowsPerLot) {
    const lot = encodeEntities(schema, entity, rows.slice(start, start + rowsPerLot));
    indices.set(lot.indices, start * slots);
    weights.set(lot.weights, start * slots);
    await setImmediate();
  }
  return { rows: rows.length, slots, indices, weights };
}
