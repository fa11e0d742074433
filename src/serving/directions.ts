import type { Embeddings, Recommender } from '../models/recommender.ts';
import { lengthOf } from '../retrieval/exact-product.ts';

/**
 * Returns the directions of items as a model sees them: its item vectors (`Recommender.itemVectors`), or else its
 * embeddings, divided by their lengths. The inner product of two directions is the cosine of the angle between them. The
 * direction of a vector of zeros is NaN.
 */
export function directionsOf(recommender: Pick<Recommender, 'itemVectors'>, items: Embeddings): Embeddings {
  const { rows, width, data } = recommender.itemVectors?.(items) ?? items;
  const directions = new Float32Array(rows * width);
  for (let start = 0; start < directions.length; start += width) {
    const length = lengthOf(data, start, width);
    for (let at = start; at < start + width; at++) directions[at] = (data[at] as number) / length;
  }
  return { rows, width, data: directions };
}
