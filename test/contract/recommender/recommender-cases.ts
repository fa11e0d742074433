import type { HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { type CmmlConfigInput, parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../../src/models/cmml/cmml-network.ts';
import { type DcnConfigInput, parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { declareDcn } from '../../../src/models/dcn/dcn-network.ts';
import { countsParameter } from '../../../src/models/item-popularity.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import type { RecommenderKind } from '../../../src/models/recommenders.ts';
import { moved } from '../../models/cmml/small-cmml.ts';
import { schema } from './small-catalog.ts';

export interface RecommenderCase {
  readonly title: string;
  readonly artifact: ModelArtifact;
  /** Whether folding pairs one by one gives the same result as folding them all at once. */
  readonly foldsExactly: boolean;
}

const cmmlSizes: CmmlConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  labelWidths: [3],
  contextWidths: [5],
  gruWidth: 4,
  attention: { heads: 2, width: 3 },
  hyperWidths: [6, 5],
  backboneWidths: [4, 3],
  labels: { mean: 3, deviation: 1.5 },
  supportLimit: 4,
};
const dcnSizes: DcnConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  deepWidths: [5, 4],
  labels: { mean: 3, deviation: 1.5 },
  supportLimit: 4,
};
const fineTuning = { steps: 3, learningRate: 0.01 };

/** Untrained models of every kind. A kind without an entry does not compile. */
const cases: Record<RecommenderKind, readonly RecommenderCase[]> = {
  cmml: [
    cmml('CMML with a pooling encoder', {}),
    cmml('CMML with a sequential encoder', { encoder: 'gru' }),
    cmml('CMML without a ridge head', { ridgeWidth: 0 }),
    cmml('CMML on features and factors, with the product of these', {
      embedding: 'both',
      factorProduct: true,
    }),
    cmml('CMML on factors', { embedding: 'factors', encoder: 'attention', modulation: 'softModules' }),
  ],
  dcn: [
    dcn('DCN', { projectionWidth: 4 }, true),
    dcn('DCN on factors', { embedding: 'both' }, true),
    dcn('DCN on products of factors', { embedding: 'factors', factorProduct: true }, true),
    dcn('DCN-F on products of factors', { embedding: 'both', factorProduct: true, fineTuning }, false),
    dcn('DCN-F', { fineTuning }, false),
    dcn('DCN-F with a pairwise objective', { fineTuning, objective: 'hinge' }, false),
  ],
  itemPopularity: [
    {
      title: 'ItemPop',
      artifact: {
        kind: 'itemPopularity',
        schema,
        config: {},
        parameters: { [countsParameter]: floatTensor([6], Float32Array.of(0, 4, 1, 0, 2, 2)) },
      },
      foldsExactly: true,
    },
  ],
};

export const recommenderCases: readonly RecommenderCase[] = Object.values(cases).flat();

function cmml(title: string, input: CmmlConfigInput): RecommenderCase {
  const config = parseCmmlConfig({ ...cmmlSizes, ...input });
  const parameters = startOf(declareCmml(config, schema));
  return { title, artifact: { kind: 'cmml', schema, config, parameters }, foldsExactly: true };
}

function dcn(title: string, input: DcnConfigInput, foldsExactly: boolean): RecommenderCase {
  const config = parseDcnConfig({ ...dcnSizes, ...input });
  const parameters = startOf(declareDcn(config, schema));
  return { title, artifact: { kind: 'dcn', schema, config, parameters }, foldsExactly };
}

/** Returns initial parameters without constant ones, so that scores differ between items. */
function startOf(declarations: Parameters<typeof initialize>[0]): HostTensors {
  return moved(initialize(declarations, 1));
}
