import type { HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { type DcnConfig, type DcnConfigInput, parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { declareDcn } from '../../../src/models/dcn/dcn-network.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import { encodedItems, encodedUsers, moved, schema } from '../cmml/small-cmml.ts';

export const catalog = { schema, features: { user: encodedUsers, item: encodedItems } };

/** A DCN with every kind of feature, small enough to differentiate by finite differences. */
export function smallDcn(variant: DcnConfigInput): { config: DcnConfig; parameters: HostTensors } {
  const config = parseDcnConfig({
    embeddingWidth: 2,
    embeddingDeviation: 0.7,
    crossLayers: 3,
    deepWidths: [5, 4],
    supportLimit: 4,
    ...variant,
  });
  return { config, parameters: moved(initialize(declareDcn(config, schema), 2)) };
}

export function smallArtifact(variant: DcnConfigInput): ModelArtifact {
  return { kind: 'dcn', schema, ...smallDcn(variant) };
}

/** A positive and its negative of one user in one set. */
export interface Duel {
  readonly user: number;
  readonly set: 'support' | 'query';
  readonly positive: number;
  readonly negative: number;
}

export const duels: readonly Duel[] = [
  { user: 0, set: 'support', positive: 0, negative: 1 },
  { user: 0, set: 'support', positive: 2, negative: 3 },
  { user: 0, set: 'query', positive: 3, negative: 1 },
  { user: 1, set: 'support', positive: 3, negative: 0 },
  { user: 1, set: 'query', positive: 2, negative: 0 },
];

/**
 * The duels as a batch of two tasks and one padding task, with room for two support duels and one query duel per task.
 */
export const batchSize = { tasks: 3, support: 4, query: 2, userPerPair: false };
export const batch: HostTensors = {
  supportUsers: integerTensor([3], Int32Array.of(0, 1, 2)),
  queryUsers: integerTensor([3], Int32Array.of(0, 1, 2)),
  supportItems: integerTensor([3, 4], Int32Array.of(0, 2, 1, 3, 3, 1, 0, 2, 2, 2, 2, 2)),
  supportLabels: floatTensor([3, 4], Float32Array.of(1, 1, 0, 0, 1, 9, 0, 9, 9, 9, 9, 9)),
  supportMask: floatTensor([3, 4], Float32Array.of(1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0)),
  queryItems: integerTensor([3, 2], Int32Array.of(3, 1, 2, 0, 1, 1)),
  queryLabels: floatTensor([3, 2], Float32Array.of(1, 0, 1, 0, 9, 9)),
  queryMask: floatTensor([3, 2], Float32Array.of(1, 1, 1, 1, 0, 0)),
};
