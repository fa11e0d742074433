import { daysOf } from './dates.ts';
import {
  categoriesOf,
  type EntityKind,
  type FeatureKind,
  type FeatureSchema,
  type Features,
  type FeatureValue,
  type FittedField,
  featureOf,
  fieldsOf,
  idField,
  rowsOf,
  slotsOf,
  standardizedNumber,
} from './feature-schema.ts';
import { projectorOf } from './vector-projector.ts';
import { directedVector } from './vectors.ts';

/** Returns how to read a feature of each row; the client's ID under the name `idField`. */
export type ValuesOf = (name: string) => (row: number) => FeatureValue | undefined;

/**
 * Encodes users or items as rows of their entity's embedding table. The table holds the fields one after another.
 *
 * A category that is missing or unknown to the schema becomes the field's row 0 with weight 1. For several values, the
 * n known ones have weight 1/n each, up to the field's slots; if none is known, row 0 stands for them. A missing number
 * or date has weight 0. A number or date beyond the range that training saw has the weight of the range's end. A vector
 * has a row and a weight for each direction of its field; a missing one has weights of 0.
 */
export function encodeValues(
  schema: FeatureSchema,
  entity: EntityKind,
  rows: number,
  valuesOf: ValuesOf,
): EncodedFeatures {
  const fields = fieldsOf(schema, entity);
  const slots = slotsOf(schema, entity);
  const indices = new Int32Array(rows * slots);
  const weights = new Float32Array(rows * slots);
  let slot = 0;
  let firstRow = 0;
  for (const field of fields) {
    const encode = encoders[field.kind](field, { indices, weights }, firstRow);
    const read = valuesOf(field.name);
    for (let row = 0; row < rows; row++) {
      const start = row * slots + slot;
      // Unused slots point to the field's own row 0 with weight 0.
      for (let at = start; at < start + field.slots; at++) indices[at] = firstRow;
      encode(read(row), start);
    }
    slot += field.slots;
    firstRow += rowsOf(field);
  }
  return { rows, slots, indices, weights };
}

/** Encodes users or items, see `encodeValues`. Fields that the schema does not have are ignored. */
export function encodeFeatures(schema: FeatureSchema, entity: EntityKind, rows: readonly Features[]): EncodedFeatures {
  return encodeValues(schema, entity, rows.length, (name) => (row) => featureOf(rows[row] as Features, name));
}

type Slots = Pick<EncodedFeatures, 'indices' | 'weights'>;
/** Writes a value into the slots of its field, from `start` on. */
type Encode = (value: FeatureValue | undefined, start: number) => void;
type Encoder = (field: FittedField, slots: Slots, firstRow: number) => Encode;

const encoders: Record<FeatureKind, Encoder> = {
  categorical: categoryEncoder,
  multiValued: categoryEncoder,
  numeric: numberEncoder((value) => (typeof value === 'number' ? value : undefined)),
  vector: vectorEncoder,
  date: numberEncoder(daysOf),
};

function categoryEncoder(field: FittedField, { indices, weights }: Slots, firstRow: number): Encode {
  const rowsByCategory = vocabularyRows(field);
  return (value, start) => {
    let known = 0;
    for (const category of categoriesOf(value)) {
      const row = rowsByCategory.get(category);
      if (row === undefined || known === field.slots) continue;
      indices[start + known] = firstRow + row;
      known++;
    }
    const used = Math.max(known, 1);
    for (let at = start; at < start + used; at++) weights[at] = 1 / used;
  };
}

/**
 * In deviations. Schemas without a range would encode the largest numbers as infinite, and the scores of all items
 * would be infinite too.
 */
const maxWeight = 1e6;

function numberEncoder(numberOf: (value: FeatureValue | undefined) => number | undefined): Encoder {
  return (field, { weights }) =>
    (value, start) => {
      const number = numberOf(value);
      const weight = number === undefined ? 0 : standardizedNumber(field, number);
      weights[start] = Math.max(-maxWeight, Math.min(maxWeight, weight));
    };
}

function vectorEncoder(field: FittedField, { indices, weights }: Slots, firstRow: number): Encode {
  const projector = projectorOf(field);
  return (value, start) => {
    for (let slot = 0; slot < field.slots; slot++) indices[start + slot] = firstRow + slot;
    const vector = directedVector(field, value);
    if (vector) projector.project(vector, weights.subarray(start, start + field.slots));
  };
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
 * rows in its slots. The weight is 1 for a category, 1/n for each of n values, the standardized value for a number or a
 * date, the standardized coordinates for a vector, and 0 for an unused slot. Slots follow the order of the schema's
 * fields.
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
  return encodeValues(schema, entity, rows.length, (name) =>
    name === idField ? (row) => rows[row]?.id : (row) => featureOf((rows[row] as Entity).features, name),
  );
}
