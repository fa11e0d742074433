import type { HostTensors, TrainingDefinition } from '../../src/engine/engine.ts';
import { adam } from '../../src/models/adam.ts';
import type { CmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { cmmlLoss } from '../../src/models/cmml/cmml-loss.ts';
import { declareCmml } from '../../src/models/cmml/cmml-network.ts';
import { embeddingConstants } from '../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../src/models/episodes/episode-inputs.ts';
import { initialise } from '../../src/models/parameter-declarations.ts';
import { allocateBatch } from '../../src/tasks/episode-batch.ts';
import { randomSource, shuffle } from '../../src/tasks/random.ts';
import { defaultEpisodes } from '../../src/tasks/sample-episode.ts';
import { sampleEpoch } from '../../src/tasks/sample-epoch.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { batchTensors } from '../../src/training/batch-tensors.ts';

/** The paper's batch: 32 tasks of up to 90 support pairs and 10 query pairs. */
export const batchSize = { tasks: 32, support: 90, query: 10, userPerPair: false };
const episodes = { ...defaultEpisodes, queryPairs: 10, queryShare: 1, shortSupportShare: 0 };

export function cmmlTraining(config: CmmlConfig, { schema, users, items }: TrainingData): TrainingDefinition {
  return {
    loss: cmmlLoss(config, schema),
    optimiser: adam(),
    parameters: initialise(declareCmml(config, schema), 1),
    constants: embeddingConstants(config, users, items),
    inputs: episodeInputs(batchSize),
  };
}

/** The batches of an epoch, in buffers that the next one overwrites. */
export function* batchesOf(data: TrainingData): Generator<HostTensors> {
  const random = randomSource(1);
  const order = Int32Array.from(data.tasks.keys());
  shuffle(order, random);
  const batch = allocateBatch(batchSize);
  const tensors = batchTensors(batch);
  for (const _ of sampleEpoch(batch, data, order, episodes, random)) yield tensors;
}

/** The first batch of an epoch, in buffers of its own. */
export function firstBatch(data: TrainingData): HostTensors {
  return batchesOf(data).next().value as HostTensors;
}
