import { atOnce, inTurns, mapInPieces, type Pieces } from '../common/pieces.ts';
import { type EncodedFeatures, type Entity, encodeEntities, withId } from '../features/encode-features.ts';
import { type EntityKind, type FeatureField, type FeatureSchema, idField } from '../features/feature-schema.ts';
import { type FitOptions, fitInPieces } from '../features/fit-feature-schema.ts';
import type { Interactions, TrainingData } from './training-data.ts';

/** Users and items by row, and the declared feature fields. */
export interface Entities {
  readonly fields: readonly FeatureField[];
  readonly users: readonly Entity[];
  readonly items: readonly Entity[];
}

export interface EncodingOptions {
  /**
   * The interactions that training may use. Vocabularies are fitted on their users. Their users and items have ID
   * features.
   */
  readonly known: Pick<Interactions, 'users' | 'items'>;
  /** The entities whose IDs are a feature. An entity without declared features has its IDs in any case. */
  readonly ids: readonly EntityKind[];
  readonly features?: FitOptions | undefined;
}

type Encoded = Pick<TrainingData, 'schema' | 'users' | 'items'>;

/** Encodes all users and items by a schema that is fitted on what training may use. */
export function encodeKnown(entities: Entities, options: EncodingOptions): Encoded {
  const schema = atOnce(fitKnown(entities, options));
  return {
    schema,
    users: encodeEntities(schema, 'user', entities.users),
    items: encodeEntities(schema, 'item', entities.items),
  };
}

/** Encodes like `encodeKnown`, without blocking the event loop. */
export async function encodeKnownInBatches(entities: Entities, options: EncodingOptions): Promise<Encoded> {
  return encodeBy(await inTurns(fitKnown(entities, options)), entities);
}

/** Encodes users and items by the schema of a trained model, without blocking the event loop. */
export async function encodeBy(
  schema: FeatureSchema,
  { users, items }: Pick<Entities, 'users' | 'items'>,
): Promise<Encoded> {
  return {
    schema,
    users: await inTurns(encodeInPieces(schema, 'user', users)),
    items: await inTurns(encodeInPieces(schema, 'item', items)),
  };
}

function* fitKnown(
  { fields, users, items }: Entities,
  { known, ids, features }: EncodingOptions,
): Pieces<FeatureSchema> {
  const withIds = (['user', 'item'] as const).filter(
    (entity) => ids.includes(entity) || !fields.some((field) => field.entity === entity),
  );
  const idFields = withIds.map((entity): FeatureField => ({ entity, name: idField, kind: 'categorical' }));
  const trained = { user: marks(known.users, users.length), item: marks(known.items, items.length) };
  // The features of all items are known before any interaction. Users are known only if they are in the training data.
  const knownUsers = users.filter((_, row) => trained.user[row] === 1);
  return yield* fitInPieces(
    [...fields, ...idFields],
    yield* mapInPieces(knownUsers, withId),
    yield* mapInPieces(items, (item, row) => (trained.item[row] === 1 ? withId(item) : item.features)),
    features,
  );
}

/** Returns `count` marks: 1 for each row that occurs. */
function marks(rows: Int32Array, count: number): Uint8Array {
  const marked = new Uint8Array(count);
  for (const row of rows) marked[row] = 1;
  return marked;
}

/** Rows that are encoded in a piece. With vectors, 16 take up to some milliseconds. */
const rowsPerPiece = 16;

function* encodeInPieces(schema: FeatureSchema, entity: EntityKind, rows: readonly Entity[]): Pieces<EncodedFeatures> {
  const { slots } = encodeEntities(schema, entity, []);
  const indices = new Int32Array(rows.length * slots);
  const weights = new Float32Array(rows.length * slots);
  for (let start = 0; start < rows.length; start += rowsPerPiece) {
    const piece = encodeEntities(schema, entity, rows.slice(start, start + rowsPerPiece));
    indices.set(piece.indices, start * slots);
    weights.set(piece.weights, start * slots);
    yield;
  }
  return { rows: rows.length, slots, indices, weights };
}
