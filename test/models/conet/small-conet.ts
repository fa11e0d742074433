import type { HostTensors } from '../../../src/engine/engine.ts';
import { type ConetConfig, type ConetConfigInput, parseConetConfig } from '../../../src/models/conet/conet-config.ts';
import { declareConet } from '../../../src/models/conet/conet-network.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import { moved, schema } from '../cmml/small-cmml.ts';

/** A CoNet with every kind of feature and two cross connections, small enough to differentiate by finite differences. */
export function smallConet(variant: ConetConfigInput): { config: ConetConfig; parameters: HostTensors } {
  const config = parseConetConfig({
    embeddingWidth: 2,
    embeddingDeviation: 0.7,
    sourceWidths: [5, 4, 3],
    targetWidths: [5, 4, 3],
    supportLimit: 4,
    ...variant,
  });
  return { config, parameters: moved(initialize(declareConet(config, schema), 2)) };
}

export function smallArtifact(variant: ConetConfigInput): ModelArtifact {
  return { kind: 'conet', schema, ...smallConet(variant) };
}
