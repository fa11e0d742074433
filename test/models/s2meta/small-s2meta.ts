import type { HostTensors } from '../../../src/engine/engine.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import {
  parseS2MetaConfig,
  type S2MetaConfig,
  type S2MetaConfigInput,
} from '../../../src/models/s2meta/s2meta-config.ts';
import { declareS2Meta } from '../../../src/models/s2meta/s2meta-network.ts';
import { moved, schema } from '../cmml/small-cmml.ts';

/** s²Meta with every kind of feature, small enough to differentiate by finite differences. */
export function smallS2Meta(variant: S2MetaConfigInput): { config: S2MetaConfig; parameters: HostTensors } {
  const config = parseS2MetaConfig({
    embeddingWidth: 2,
    embeddingDeviation: 0.7,
    layerWidths: [4, 3],
    innerSteps: 3,
    minSteps: 1,
    updateWidth: 3,
    stopWidth: 2,
    labels: { mean: 3, deviation: 1.5 },
    supportLimit: 3,
    ...variant,
  });
  return { config, parameters: moved(initialize(declareS2Meta(config, schema), 2)) };
}
