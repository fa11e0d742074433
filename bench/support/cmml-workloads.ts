import type { FunctionDefinition, HostTensors, TrainingDefinition } from '../../src/engine/engine.ts';
import { scalarTensor } from '../../src/engine/host-tensor.ts';
import type { FeatureSchema } from '../../src/features/feature-schema.ts';
import { adam } from '../../src/models/adam.ts';
import { type CmmlConfig, parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { cmmlLoss } from '../../src/models/cmml/cmml-loss.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { foldedContext } from '../../src/models/cmml/cmml-serving-functions.ts';
import { scoreFunction } from '../../src/models/cmml/pair-functions.ts';
import { embeddedWidth, embeddingConstants } from '../../src/models/embedding/entity-embedding.ts';
import { pairWidth } from '../../src/models/embedding/pair-embedding.ts';
import { episodeInputs } from '../../src/models/episodes.ts';
import { initialize } from '../../src/models/parameter-declarations.ts';
import { allocateBatch } from '../../src/tasks/episode-batch.ts';
import { defaultEpisodes } from '../../src/tasks/episode-options.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';
import { sampleEpoch } from '../../src/tasks/sample-episode.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { batchTensors } from '../../src/training/batch-source.ts';
import { sineTensor } from './sine-tensor.ts';

/** The configurations that are measured, at the paper's sizes, by their names in the results. */
export const cmmlModels = {
  'CMML-FiLM': model('film'),
  'CMML-Soft-M': model('softModules'),
} as const;
export type CmmlModelName = keyof typeof cmmlModels;

function model(modulation: CmmlConfig['modulation']): CmmlConfig {
  return parseCmmlConfig({
    modulation,
    ridgeWidth: 0,
    hyperWidths: [256, 256],
    labels: { mean: 3.5, deviation: 1 },
  });
}

/** The paper's batch: 32 tasks of up to 90 support pairs and 10 query pairs. */
export const batchSize = { tasks: 32, support: 90, query: 10, userPerPair: false };
const episodes = { ...defaultEpisodes, queryPairs: 10, queryShare: 1, shortSupportShare: 0 };

export function cmmlTraining(config: CmmlConfig, { schema, users, items }: TrainingData): TrainingDefinition {
  return {
    loss: cmmlLoss(config, schema),
    optimizer: adam(),
    parameters: initialize(declareCmml(config, schema), 1),
    constants: embeddingConstants(config, users, items),
    inputs: episodeInputs(batchSize),
  };
}

/** Yields the batches of an epoch. Each batch overwrites the buffers of the one before. */
export function* batchesOf(data: TrainingData): Generator<HostTensors> {
  const random = randomSource(1);
  const order = Int32Array.from(data.tasks.keys());
  shuffle(order, random);
  const batch = allocateBatch(batchSize);
  const tensors = batchTensors(batch);
  for (const _ of sampleEpoch(batch, data, order, episodes, random)) yield tensors;
}

/** Returns the first batch of an epoch, in buffers of its own. */
export function firstBatch(data: TrainingData): HostTensors {
  return batchesOf(data).next().value as HostTensors;
}

export const candidates = 1000;

export interface Scoring {
  readonly definition: FunctionDefinition;
  readonly inputs: HostTensors;
  /** Floating-point operations of all products of a candidate with weights, for all candidates together. */
  readonly operations: number;
}

/** Defines the scoring of one user's candidates. */
export function cmmlScoring(config: CmmlConfig, schema: FeatureSchema): Scoring {
  const { fn, inputs } = scoreFunction(config, schema, foldedContext(config, schema));
  const parameters = initialize(declareCmml(config, schema), 1);
  const drawn = Object.entries(inputs).map(([name, { shape }]) => {
    const sizes = shape.map((dimension) => (typeof dimension === 'number' ? dimension : candidates));
    return [name, sineTensor(sizes)] as const;
  });
  return {
    definition: { fn, parameters, inputs },
    inputs: { ...Object.fromEntries(drawn), count: scalarTensor(50) },
    operations: 2 * candidates * weightsPerItem(parameters, config, schema),
  };
}

/** Counts the item's share of the layers that read the pair, and the whole of the layers after them. */
function weightsPerItem(parameters: HostTensors, config: CmmlConfig, schema: FeatureSchema): number {
  const itemShare = embeddedWidth(config, schema, 'item') / pairWidth(config, schema);
  return Object.entries(parameters)
    .filter(([name]) => name.endsWith('.weight') && !name.startsWith('context.'))
    .map(([name, { data }]) => (readsPair.test(name) ? data.length * itemShare : data.length))
    .reduce((sum, weights) => sum + weights, 0);
}

const readsPair = /^(hyper|backbone|route|modules)\.1\.weight$/;
