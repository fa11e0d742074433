import type { HostTensors } from '../../../src/engine/engine.ts';
import { type MamlConfig, type MamlConfigInput, parseMamlConfig } from '../../../src/models/maml/maml-config.ts';
import { declareMaml } from '../../../src/models/maml/maml-network.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import { moved, schema } from '../cmml/small-cmml.ts';

/** MAML with every kind of feature, small enough to differentiate by finite differences of finite differences. */
export function smallMaml(variant: MamlConfigInput): { config: MamlConfig; parameters: HostTensors } {
  const config = parseMamlConfig({
    embeddingWidth: 2,
    embeddingDeviation: 0.7,
    layerWidths: [4, 3],
    innerSteps: 2,
    innerLearningRate: 0.05,
    labels: { mean: 3, deviation: 1.5 },
    supportLimit: 3,
    ...variant,
  });
  return { config, parameters: moved(initialize(declareMaml(config, schema), 2)) };
}

export function smallArtifact(variant: MamlConfigInput): ModelArtifact {
  return { kind: 'maml', schema, ...smallMaml(variant) };
}
