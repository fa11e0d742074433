import {
  add,
  concat,
  gather,
  mul,
  reshape,
  scalar,
  split,
  squeeze,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import { type FeatureSchema, fieldsOf, idField, rowsOf } from '../../../features/feature-schema.ts';
import { idRows } from '../../embedding/factor-embedding.ts';
import type { FeatureTensors } from '../../embedding/feature-embedding.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import type { Embeddings } from '../../recommender.ts';
import type { ListConfig } from './list-config.ts';
import { predictsRatings } from './rating-head.ts';

/**
 * The learned vectors of items. Each is the sum of a vector of the item's ID and one of its features, so an item
 * without a known ID lives on its features. `input` is what an interaction with the item adds to a task vector,
 * `output` is what task vectors are multiplied with. Both share the vector of the features.
 */
export interface ItemVectors {
  /** `[items, vectorWidth]` */
  readonly input: Tensor2D;
  /** `[items, vectorWidth]` */
  readonly output: Tensor2D;
  /** `[items, 1]`: what is added to every user's score. It starts at the logarithm of the item's count. */
  readonly bias: Tensor2D;
}

/** The names of the parameters by role. Row 0 of the tables by ID stands for items that training did not see. */
export const itemParameters = {
  input: 'item.input',
  output: 'item.output',
  bias: 'item.bias',
  features: 'item.features',
  featureBias: 'item.featureBias',
} as const;

/** The initial deviation of the vectors of IDs and of features. */
const [idDeviation, featureDeviation] = [0.03, 0.1];

/** Declares the trained parameters. The vector of the features exists only if items have features. */
export function declareItemVectors({ vectorWidth }: ListConfig, schema: FeatureSchema): ParameterDeclarations {
  const { count } = idRows(schema, 'item');
  const rows = featureRows(schema);
  const table = (width: number, deviation: number, size: number) => ({ shape: [size, width], mean: 0, deviation });
  return {
    [itemParameters.input]: table(vectorWidth, idDeviation, count),
    [itemParameters.output]: table(vectorWidth, idDeviation, count),
    [itemParameters.bias]: table(1, 0, count),
    ...(rows > 0 && {
      [itemParameters.features]: table(vectorWidth, featureDeviation, rows),
      [itemParameters.featureBias]: table(1, 0, rows),
    }),
  };
}

/** Returns the number of rows in the table of item features. The ID is not among them. */
function featureRows(schema: FeatureSchema): number {
  return idRows(schema, 'item').first;
}

/** Encoded items: the rows of their IDs `[items]`, and their other features as in `EncodedFeatures`. */
export interface ItemInputs extends FeatureTensors {
  readonly ids: Tensor1D;
}

/**
 * Splits encoded items `[items, slots]` into IDs and features. The ID is the last field of a schema, so it is the last
 * slot.
 */
export function itemInputs(schema: FeatureSchema, { indices, weights }: FeatureTensors): ItemInputs {
  const { slot, first } = idRows(schema, 'item');
  if (fieldsOf(schema, 'item').at(-1)?.slots !== 1 || slot !== (indices.shape[1] as number) - 1)
    throw new TypeError('Expected the ID as the last field of an item.');
  const idOf = (whole: Tensor) => squeeze(sub(whole, scalar(first, 'int32')), [1]) as Tensor1D;
  if (slot === 0) return { ids: idOf(indices), indices, weights };
  const [features, id] = split(indices as Tensor2D, [slot, 1], 1) as [Tensor2D, Tensor2D];
  const [featureWeights] = split(weights as Tensor2D, [slot, 1], 1) as [Tensor2D];
  return { ids: idOf(id), indices: features, weights: featureWeights };
}

/** Returns the vectors of items. */
export function itemVectors(parameters: Tensors, { ids, indices, weights }: ItemInputs): ItemVectors {
  const byId = (name: string) => gather(parameters[name] as Tensor, ids) as Tensor2D;
  const input = byId(itemParameters.input);
  const output = byId(itemParameters.output);
  const bias = byId(itemParameters.bias);
  const table = parameters[itemParameters.features];
  if (!table) return { input, output, bias };
  const summed = (of: Tensor) => weightedRows(of, indices, weights);
  const features = summed(table);
  return {
    input: add(input, features),
    output: add(output, features),
    bias: add(bias, summed(parameters[itemParameters.featureBias] as Tensor)),
  };
}

/** Returns `[rows, width]`: for each row of `indices` the sum of the table's rows, multiplied by `weights`. */
export function weightedRows(table: Tensor, indices: Tensor, weights: Tensor): Tensor2D {
  const [rows, slots] = indices.shape as [number, number];
  return sum(mul(gather(table, indices), reshape(weights, [rows, slots, 1])), 1);
}

/**
 * Returns the number of rows in the table of user features, and of their slots. An ID is not a feature here: a model
 * that knew its training users by their IDs would not learn to read their interactions.
 */
export function profileSize(schema: FeatureSchema): { readonly rows: number; readonly slots: number } {
  const fields = fieldsOf(schema, 'user').filter(({ name }) => name !== idField);
  return {
    rows: fields.reduce((rows, field) => rows + rowsOf(field), 0),
    slots: fields.reduce((slots, field) => slots + field.slots, 0),
  };
}

/** Everything that a model keeps of items. */
export interface EmbeddedItems extends ItemVectors {
  /** `[items, 1]`: the standardized logarithm of the item's count. */
  readonly popularity: Tensor2D;
  /** The factors of the closed-form head, `[items, closedForm.width]`. */
  readonly factors: Tensor2D | undefined;
  /** The ID rows, by which the heads know items, `[items, 1]`. */
  readonly ids: Tensor2D | undefined;
}

/** Joins the parts of items: `[items, itemWidth]`. */
export function joinItem({ input, output, bias, popularity, factors, ids }: EmbeddedItems): Tensor2D {
  return concat([input, output, bias, popularity, ...(factors ? [factors] : []), ...(ids ? [ids] : [])], 1);
}

/** Returns the width of an embedded item. */
export function itemWidth(config: ListConfig): number {
  return 2 * config.vectorWidth + 2 + config.closedForm.width + idWidth(config);
}

/** The width of the vectors whose inner product is a score: output, bias, popularity and factors. */
export function retrievalWidth({ vectorWidth, closedForm }: ListConfig): number {
  return vectorWidth + 2 + closedForm.width;
}

/** Writes the vectors of some embedded items, `[retrievalWidth]` each, into `vectors`. They adjoin in `joinItem`. */
export function writeRetrievalVectors(
  config: ListConfig,
  { width, data }: Embeddings,
  vectors: Float32Array,
  [start, end]: readonly [start: number, end: number],
): void {
  const [first, own] = [config.vectorWidth, retrievalWidth(config)];
  for (let row = start; row < end; row++) {
    vectors.set(data.subarray(row * width + first, row * width + first + own), row * own);
  }
}

function idWidth(config: ListConfig): number {
  return hasIds(config) ? 1 : 0;
}

/** Returns whether embedded items contain their ID rows. Both heads tell the items of a support set apart. */
export function hasIds(config: ListConfig): boolean {
  return config.closedForm.width > 0 || predictsRatings(config);
}

/** Returns the ID rows of embedded items, or `undefined` if they have none. */
export function idRowsOf(config: ListConfig, { rows, width, data }: Embeddings): Float32Array | undefined {
  if (!hasIds(config)) return undefined;
  const ids = new Float32Array(rows);
  for (let row = 0; row < rows; row++) ids[row] = data[(row + 1) * width - 1] as number;
  return ids;
}

/** Undoes `joinItem`. */
export function splitItem(config: ListConfig, embedded: Tensor2D): EmbeddedItems {
  const { vectorWidth, closedForm } = config;
  const heads = [closedForm.width, idWidth(config)];
  const widths = [vectorWidth, vectorWidth, 1, 1, ...heads.filter((width) => width > 0)];
  const [input, output, bias, popularity, ...rest] = split(embedded, widths, 1) as [
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
    ...Tensor2D[],
  ];
  const [factors, ids] = heads.map((width) => (width > 0 ? rest.shift() : undefined));
  return { input, output, bias, popularity, factors, ids };
}
