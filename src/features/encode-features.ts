import {
  categoriesOf,
  type EntityKind,
  type FeatureKind,
  type FeatureSchema,
  type Features,
  type FeatureValue,
  type FittedField,
  fieldsOf,
  idField,
  rowsOf,
  scaledNumber,
} from './feature-schema.ts';

/**
 * Encodes users or items as rows of their entity's embedding table. The table holds the fields one after another.
 *
 * A category that is missing or unknown to the schema becomes the field's row 0 with weight 1. For several values, the
 * n known ones have weight 1/n each, up to the field's slots; if none is known, row 0 stands for them. A missing number
 * has weight 0. Fields that the schema does not have are ignored.
 */
export function encodeFeatures(schema: FeatureSchema, entity: EntityKind, rows: readonly Features[]): EncodedFeatures {
  const fields = fieldsOf(schema, entity);
  const slots = fields.reduce((sum, field) => sum + field.slots, 0);
  const indices = new Int32Array(rows.length * slots);
  const weights = new Float32Array(rows.length * slots);
  let slot = 0;
  let firstRow = 0;
  for (const field of fields) {
    const encode = encoders[field.kind];
    for (const [row, features] of rows.entries()) {
      const start = row * slots + slot;
      const span = [start, start + field.slots] as const;
      // Unused slots point to the field's own row 0 with weight 0.
      const target = {
        indices: indices.subarray(...span).fill(firstRow),
        weights: weights.subarray(...span),
      };
      encode(field, features[field.name], firstRow, target);
    }
    slot += field.slots;
    firstRow += rowsOf(field);
  }
  return { rows: rows.length, slots, indices, weights };
}

type Slots = Pick<EncodedFeatures, 'indices' | 'weights'>;
type Encoder = (field: FittedField, value: FeatureValue | undefined, firstRow: number, target: Slots) => void;

const encoders: Record<FeatureKind, Encoder> = {
  categorical: encodeCategories,
  multiValued: encodeCategories,
  numeric: encodeNumber,
};

function encodeCategories(field: FittedField, value: FeatureValue | undefined, firstRow: number, target: Slots): void {
  const rowsByCategory = vocabularyRows(field);
  const known = categoriesOf(value)
    .map((category) => rowsByCategory.get(category))
    .filter((row) => row !== undefined)
    .slice(0, field.slots);
  for (const [slot, row] of known.entries()) target.indices[slot] = firstRow + row;
  target.weights.fill(1 / Math.max(known.length, 1), 0, Math.max(known.length, 1));
}

function encodeNumber(field: FittedField, value: FeatureValue | undefined, _firstRow: number, target: Slots): void {
  target.weights[0] = typeof value === 'number' ? (scaledNumber(field, value) - field.mean) / field.deviation : 0;
}

/** Cached, because a vocabulary can have thousands of entries and serving encodes one user at a time. */
const vocabularyRowsByField = new WeakMap<FittedField, ReadonlyMap<string, number>>();

function vocabularyRows(field: FittedField): ReadonlyMap<string, number> {
  const earlier = vocabularyRowsByField.get(field);
  if (earlier) return earlier;
  const rows = new Map(field.vocabulary.map((category, index) => [category, index + 1]));
  vocabularyRowsByField.set(field, rows);
  return rows;
}

/**
 * Features of users or items as indices into one embedding table per entity.
 *
 * `indices` and `weights` are `[rows, slots]`, row-major. The embedding of a field is the weighted sum of the table
 * rows in its slots. The weight is 1 for a category, 1/n for each of n values, the standardized value for a number, and
 * 0 for an unused slot. Slots follow the order of the schema's fields.
 */
export interface EncodedFeatures {
  readonly rows: number;
  readonly slots: number;
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

/** A user or an item: the client's ID and the features. */
export interface Entity {
  readonly id: string;
  readonly features: Features;
}

/** Returns the features with the ID as one of them. */
export function withId({ id, features }: Entity): Features {
  return { ...features, [idField]: id };
}

/** Encodes users or items, see `encodeFeatures`. If the schema has an ID field, the IDs are encoded, too. */
export function encodeEntities(schema: FeatureSchema, entity: EntityKind, rows: readonly Entity[]): EncodedFeatures {
  const readsIds = fieldsOf(schema, entity).some(({ name }) => name === idField);
  return encodeFeatures(schema, entity, rows.map(readsIds ? withId : ({ features }) => features));
}
