import type { HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { declareEase, parseEaseConfig, weightsParameter } from '../../../src/models/closed-form/ease.ts';
import { declareIals, ialsParameters, parseIalsConfig } from '../../../src/models/closed-form/ials.ts';
import { declareItemKnn, neighborParameters, parseItemKnnConfig } from '../../../src/models/closed-form/item-knn.ts';
import { positivesParameter } from '../../../src/models/closed-form/popularity-terms.ts';
import { type CmmlConfigInput, parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../../../src/models/cmml/cmml-network.ts';
import { headParameters } from '../../../src/models/cmml/lists/closed-form-head.ts';
import { parseListConfig } from '../../../src/models/cmml/lists/list-config.ts';
import { declareList } from '../../../src/models/cmml/lists/list-network.ts';
import { ratingParameters } from '../../../src/models/cmml/lists/rating-head.ts';
import { type ConetConfigInput, parseConetConfig } from '../../../src/models/conet/conet-config.ts';
import { declareConet } from '../../../src/models/conet/conet-network.ts';
import { type DcnConfigInput, parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { declareDcn } from '../../../src/models/dcn/dcn-network.ts';
import { countsParameter } from '../../../src/models/item-popularity.ts';
import { type MamlConfigInput, parseMamlConfig } from '../../../src/models/maml/maml-config.ts';
import { declareMaml } from '../../../src/models/maml/maml-network.ts';
import { initialize } from '../../../src/models/parameter-declarations.ts';
import type { ModelArtifact } from '../../../src/models/recommender.ts';
import type { RecommenderKind } from '../../../src/models/recommenders.ts';
import { parseS2MetaConfig, type S2MetaConfigInput } from '../../../src/models/s2meta/s2meta-config.ts';
import { declareS2Meta } from '../../../src/models/s2meta/s2meta-network.ts';
import { parseTanpConfig, type TanpConfigInput } from '../../../src/models/tanp/tanp-config.ts';
import { declareTanp } from '../../../src/models/tanp/tanp-network.ts';
import { moved } from '../../models/cmml/small-cmml.ts';
import { schema } from './small-catalog.ts';

export interface RecommenderCase {
  readonly title: string;
  readonly artifact: ModelArtifact;
  /** Whether folding pairs one by one gives the same result as folding them all at once. */
  readonly foldsExactly: boolean;
  /** Whether a score is the inner product of two vectors. */
  readonly retrieves?: boolean;
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
const refinement = { steps: 3, learningRate: 0.1 };
const listSizes = {
  objective: 'softmax',
  vectorWidth: 5,
  closedForm: { width: 4 },
  ratingHead: { width: 3 },
  hyperWidths: [6, 5],
  backboneWidths: [4, 3],
  labels: { mean: 3, deviation: 1.5 },
  positiveFrom: 3,
  supportLimit: 4,
};
const dcnSizes: DcnConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  deepWidths: [5, 4],
  labels: { mean: 3, deviation: 1.5 },
  supportLimit: 4,
};
const mamlSizes: MamlConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  layerWidths: [5, 4],
  innerSteps: 3,
  innerLearningRate: 0.02,
  labels: { mean: 3, deviation: 1.5 },
  supportLimit: 4,
};

const conetSizes: ConetConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  sourceWidths: [5, 4, 3],
  targetWidths: [5, 4, 3],
  supportLimit: 4,
};
const fineTuning = { steps: 3, learningRate: 0.01 };

const tanpSizes: TanpConfigInput = {
  embeddingWidth: 3,
  factorWidth: 4,
  encoderWidths: [5, 4],
  latentWidth: 3,
  identityWidths: [6, 5],
  clusters: 3,
  decoderWidths: [6, 5],
  labels: { mean: 3, deviation: 1.5 },
  supportLimit: 4,
};

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
    cmml('CMML that refines contexts', { refinement }),
    cmml('CMML that refines contexts, with a sequential encoder and a pairwise objective', {
      encoder: 'gru',
      modulation: 'softModules',
      objective: 'hinge',
      ridgeWidth: 0,
      refinement,
    }),
    listCmml('CMML that ranks the catalog', {}),
    listCmml('CMML that ranks the catalog without a closed-form head', { closedForm: { width: 0 } }),
    listCmml('CMML that ranks the catalog without a rating head', { ratingHead: { width: 0 } }),
    listCmml('CMML that ranks the catalog and orders it again', { modulation: 'film' }),
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
  maml: [
    maml('MeLU', {}),
    maml('MetaCS-DNN', { adapted: 'all' }),
    maml('MetaCS-DNN on features and factors', { adapted: 'all', embedding: 'both', factorProduct: true }),
    maml('MAML on factors with a pairwise objective', { embedding: 'factors', objective: 'hinge' }),
  ],
  tanp: [
    tanp('TaNP', {}),
    tanp('TaNP with FiLM, on features and factors, with the product of these', {
      modulation: 'film',
      embedding: 'both',
      factorProduct: true,
    }),
  ],
  conet: [
    conet('CoNet', {}, true),
    conet('CoNet on products of factors', { embedding: 'factors', factorProduct: true }, true),
    conet('CoNet that fine-tunes', { fineTuning }, false),
    conet('CoNet that fine-tunes with a pairwise objective', { fineTuning, objective: 'hinge' }, false),
  ],
  s2meta: [
    s2meta('s²Meta', {}),
    s2meta('s²Meta on factors with a pairwise objective', { embedding: 'factors', objective: 'hinge' }),
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
  ease: [ease()],
  itemKnn: [itemKnn()],
  ials: [ials()],
};

export const recommenderCases: readonly RecommenderCase[] = Object.values(cases).flat();

function cmml(title: string, input: CmmlConfigInput): RecommenderCase {
  const config = parseCmmlConfig({ ...cmmlSizes, ...input });
  const parameters = startOf(declareCmml(config, schema));
  return { title, artifact: { kind: 'cmml', schema, config, parameters }, foldsExactly: true };
}

/** The penalty of the closed-form head must be positive, and ratings from 1 to 5, as training makes them. */
function listCmml(title: string, input: object): RecommenderCase {
  const config = parseListConfig({ ...listSizes, ...input });
  const parameters = startOf(declareList(config, schema));
  const [gram, penalty] = [parameters[headParameters.gram]?.data, parameters[headParameters.penalty]?.data];
  const factors = parameters[headParameters.factors]?.data as Float32Array;
  for (const at of gram?.keys() ?? []) {
    (gram as Float32Array)[at] = 0.3 * columnProduct(factors, Math.floor(at / 4), at % 4);
  }
  penalty?.set([0.1, 1.5]);
  parameters[ratingParameters.range]?.data.set([1, 5]);
  const retrieves = config.modulation === 'linear';
  return { title, artifact: { kind: 'cmml', schema, config, parameters }, foldsExactly: true, retrieves };
}

function dcn(title: string, input: DcnConfigInput, foldsExactly: boolean): RecommenderCase {
  const config = parseDcnConfig({ ...dcnSizes, ...input });
  const parameters = startOf(declareDcn(config, schema));
  return { title, artifact: { kind: 'dcn', schema, config, parameters }, foldsExactly };
}

function maml(title: string, input: MamlConfigInput): RecommenderCase {
  const config = parseMamlConfig({ ...mamlSizes, ...input });
  const parameters = startOf(declareMaml(config, schema));
  return { title, artifact: { kind: 'maml', schema, config, parameters }, foldsExactly: true };
}

function tanp(title: string, input: TanpConfigInput): RecommenderCase {
  const config = parseTanpConfig({ ...tanpSizes, ...input });
  const parameters = startOf(declareTanp(config, schema));
  return { title, artifact: { kind: 'tanp', schema, config, parameters }, foldsExactly: true };
}

function conet(title: string, input: ConetConfigInput, foldsExactly: boolean): RecommenderCase {
  const config = parseConetConfig({ ...conetSizes, ...input });
  const parameters = startOf(declareConet(config, schema));
  return { title, artifact: { kind: 'conet', schema, config, parameters }, foldsExactly };
}

function s2meta(title: string, input: S2MetaConfigInput): RecommenderCase {
  const { innerLearningRate: _, ...sizes } = mamlSizes;
  const config = parseS2MetaConfig({ ...sizes, minSteps: 2, updateWidth: 3, stopWidth: 2, ...input });
  const parameters = startOf(declareS2Meta(config, schema));
  return { title, artifact: { kind: 's2meta', schema, config, parameters }, foldsExactly: true };
}

function ease(): RecommenderCase {
  const config = parseEaseConfig({ positiveFrom: 3 });
  const parameters = drawn(declareEase(schema));
  // Row and column 0 stand for unknown items, which have no weights.
  const weights = parameters[weightsParameter]?.data as Float32Array;
  for (let at = 0; at < 6; at++) weights[at] = weights[6 * at] = 0;
  return { title: 'EASE', artifact: { kind: 'ease', schema, config, parameters }, foldsExactly: true };
}

function itemKnn(): RecommenderCase {
  const config = parseItemKnnConfig({ positiveFrom: 3, neighbors: 2 });
  const neighbors = Float32Array.of(0, 0, 2, 3, 1, 5, 5, 1, 2, 0, 3, 4);
  const parameters = {
    ...drawn(declareItemKnn(config, schema)),
    [neighborParameters.items]: floatTensor([6, 2], neighbors),
    // A missing neighbor is row 0 with similarity 0.
    [neighborParameters.similarities]: floatTensor(
      [6, 2],
      neighbors.map((id, at) => (id === 0 ? 0 : 0.1 + at / 20)),
    ),
  };
  return { title: 'Item-kNN', artifact: { kind: 'itemKnn', schema, config, parameters }, foldsExactly: true };
}

function ials(): RecommenderCase {
  const config = parseIalsConfig({ positiveFrom: 3, factorWidth: 4 });
  const parameters = drawn(declareIals(config, schema));
  const factors = parameters[ialsParameters.factors]?.data as Float32Array;
  // Unknown items have factors of zero.
  factors.fill(0, 0, 4);
  const gram = parameters[ialsParameters.gram]?.data as Float32Array;
  for (const at of gram.keys()) gram[at] = 0.3 * columnProduct(factors, Math.floor(at / 4), at % 4);
  return {
    title: 'iALS',
    artifact: { kind: 'ials', schema, config, parameters },
    foldsExactly: true,
    retrieves: true,
  };
}

/** Returns `Σ y[a]·y[b]` over the rows y of a matrix of width 4. */
function columnProduct(matrix: Float32Array, a: number, b: number): number {
  let sum = 0;
  for (let row = 0; row < matrix.length; row += 4) sum += (matrix[row + a] as number) * (matrix[row + b] as number);
  return sum;
}

/** Returns parameters with values from 0.1 to 1, in no order. */
function drawn(declarations: Parameters<typeof initialize>[0]): HostTensors {
  const tensors = initialize(declarations, 1);
  for (const { data } of Object.values(tensors)) {
    for (const at of data.keys()) data[at] = 0.1 + 0.9 * Math.abs(Math.sin(1 + 2.7 * at));
  }
  const popularity = tensors[positivesParameter]?.data as Float32Array;
  popularity[0] = 0;
  return tensors;
}

/** Returns initial parameters without constant ones, so that scores differ between items. */
function startOf(declarations: Parameters<typeof initialize>[0]): HostTensors {
  return moved(initialize(declarations, 1));
}
