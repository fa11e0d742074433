import type { HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { encodeFeatures } from '../../../src/features/encode-features.ts';
import type { EntityKind, Features } from '../../../src/features/feature-schema.ts';
import { type EmbeddingConfig, embeddingKinds } from '../../../src/models/embedding/embedding-config.ts';
import { factorTables } from '../../../src/models/embedding/factor-embedding.ts';
import { initialize, type ParameterDeclarations } from '../../../src/models/parameter-declarations.ts';
import { encodedItems, encodedUsers, schema } from '../../contract/recommender/small-catalog.ts';
import { moved } from '../cmml/small-cmml.ts';

export { schema };

/** New users and items: with known features, and without any known value. */
const newUsers: Features[] = [{ gender: 'f', id: 'u9' }, {}];

/** The first two users and the first five items have known IDs. The others are new. */
export const users = joined(encodedUsers, encodeFeatures(schema, 'user', newUsers));
export const items = encodedItems;
export const features = { user: users, item: items };
export const known: Record<EntityKind, number> = { user: 2, item: 5 };

/** All kinds of embedding, with and without the product of factors. */
export const embeddings: readonly Pick<EmbeddingConfig, 'embedding' | 'factorProduct'>[] = embeddingKinds.flatMap(
  (embedding) =>
    [false, true]
      .filter((factorProduct) => embedding !== 'features' || !factorProduct)
      .map((factorProduct) => ({ embedding, factorProduct })),
);

/** Initial values without constant parameters. Unknown IDs have no factors of their own. */
export function startOf(declarations: ParameterDeclarations): HostTensors {
  const parameters = { ...moved(initialize(declarations, 1)) };
  for (const entity of ['user', 'item'] as const) {
    const { byId } = factorTables(entity);
    const table = parameters[byId];
    if (!table) continue;
    const width = table.shape[1] as number;
    const data = Float32Array.from(table.data, (value, at) => (at < width ? 0 : value));
    parameters[byId] = floatTensor(table.shape, data);
  }
  return parameters;
}

function joined(first: typeof encodedUsers, second: typeof encodedUsers): typeof encodedUsers {
  return {
    rows: first.rows + second.rows,
    slots: first.slots,
    indices: Int32Array.of(...first.indices, ...second.indices),
    weights: Float32Array.of(...first.weights, ...second.weights),
  };
}
