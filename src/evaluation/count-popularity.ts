import { countInteractions } from '../models/item-popularity/item-counts.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { type Entities, encodeKnownInLots } from '../tasks/encode-known.ts';
import { interactionsOf, type TrainingData } from '../tasks/training-data.ts';

/** Ranking by popularity, as one that knows what a training knows; `items` are those of the data, by row. */
export async function countPopularity(
  data: Pick<TrainingData, 'tasks' | 'interactions'>,
  { items }: Pick<Entities, 'items'>,
): Promise<ModelArtifact> {
  const counted = interactionsOf(data).items;
  const known = { users: new Int32Array(), items: counted };
  const encoded = await encodeKnownInLots({ fields: [], users: [], items }, { known, ids: ['user', 'item'] });
  const { schema } = encoded;
  return {
    kind: 'itemPopularity',
    config: {},
    schema,
    parameters: countInteractions(schema, encoded.items, counted),
  };
}
