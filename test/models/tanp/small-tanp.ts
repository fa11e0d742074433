import type { HostTensors } from '../../../src/engine/engine.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import { parseTanpConfig, type TanpConfig, type TanpConfigInput } from '../../../src/models/tanp/tanp-config.ts';
import { declareTanp } from '../../../src/models/tanp/tanp-network.ts';
import { encodedItems, encodedUsers, moved, schema } from '../cmml/small-cmml.ts';

export const catalog = { schema, features: { user: encodedUsers, item: encodedItems } };

/** A TaNP with every kind of feature, small enough to differentiate by finite differences. */
export function smallTanp(variant: TanpConfigInput): { config: TanpConfig; parameters: HostTensors } {
  const config = parseTanpConfig({
    embeddingWidth: 2,
    encoderWidths: [5, 4],
    latentWidth: 3,
    identityWidths: [4, 5],
    clusters: 3,
    freedom: 1.5,
    decoderWidths: [5, 4],
    labels: { mean: 3, deviation: 1.5 },
    ...variant,
  });
  return { config, parameters: moved(initialize(declareTanp(config, schema), 3)) };
}

export function smallArtifact(variant: TanpConfigInput): ModelArtifact {
  return { kind: 'tanp', schema, ...smallTanp(variant) };
}
