/**
 * Features of some users or items, as indices into one embedding table per entity.
 *
 * `indices` and `weights` are `[rows, slots]`, row-major. A field's embedding is the weighted sum of the table
 * rows in its slots: weight 1 for a category, 1/n for each of n values, the standardised value for a number,
 * and 0 for an unused slot. Slots follow the fields of the schema in order.
 */
export interface EncodedFeatures {
  readonly rows: number;
  readonly slots: number;
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}
