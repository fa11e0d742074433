import type { HostTensors, LossFunction, Signature } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { parseCmmlConfig } from '../models/cmml/cmml-config.ts';
import { cmmlLoss } from '../models/cmml/cmml-loss.ts';
import { declareTrainedCmml } from '../models/cmml/cmml-network.ts';
import { embeddingConstants, learnedTables, usesFactors } from '../models/embedding/entity-embedding.ts';
import { episodeInputs } from '../models/episodes/episode-inputs.ts';
import { type ObjectiveKind, objectives } from '../models/objectives.ts';
import { initialise } from '../models/parameter-declarations.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { BatchSize } from '../tasks/episode-batch.ts';
import { type Task, type TrainingData, userOf } from '../tasks/training-data.ts';
import type { PretrainedFactors } from './pretrain-factors.ts';

/** A model before training: where its parameters start, and the loss that moves them. */
export interface TrainableModel {
  readonly kind: RecommenderKind;
  readonly config: unknown;
  readonly parameters: HostTensors;
  readonly loss: LossFunction;
  /** What belongs to the model but is not trained. */
  readonly frozen: HostTensors;
  /** Inputs of the loss that are the same for every batch. */
  readonly constants: HostTensors;
  /** Names of the parameters that a batch reads row by row. */
  readonly embeddingTables: readonly string[];
  /** Inputs of the loss that an `EpisodeBatch` of this size gives. */
  batchInputs(size: BatchSize): Signature;
}

export interface StartOptions {
  readonly seed: number;
  /** Most pairs of a support set that training will show. */
  readonly supportLimit: number;
  /** Whether pairs are positives and negatives, labelled 1 and 0, instead of having labels of their own. */
  readonly implicit: boolean;
  /** Makes factors of users and items, where the model embeds them by such. */
  readonly pretrain: (factorWidth: number) => Promise<PretrainedFactors>;
}

/** Makes a model ready to be trained on data. Throws INVALID_CONFIGURATION when its configuration is wrong. */
export type ModelStarter = (
  config: object,
  data: TrainingData,
  options: StartOptions,
) => Promise<TrainableModel>;

const startCmml: ModelStarter = async (input, data, options) => {
  const { seed, supportLimit, implicit, pretrain } = options;
  const labels = implicit ? undefined : labelScale(data.tasks);
  const config = parseCmmlConfig({ labels, supportLimit, ...input });
  checkObjective(config.objective, implicit);
  const factors = usesFactors(config) ? await pretrain(config.factorWidth) : undefined;
  return {
    kind: 'cmml',
    config,
    parameters: initialise(declareTrainedCmml(config, data.schema), seed),
    loss: cmmlLoss(config, data.schema),
    frozen: factors?.parameters ?? {},
    constants: embeddingConstants(config, data.users, data.items, factors?.entities),
    embeddingTables: learnedTables(config),
    batchInputs: episodeInputs,
  };
};

export const modelStarters: Record<RecommenderKind, ModelStarter> = { cmml: startCmml };

/** All objectives but the squared error compare positives with negatives. */
function checkObjective(objective: ObjectiveKind, implicit: boolean): void {
  if (implicit || objectives[objective].standardisesLabels) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `objective: "${objective}" tells positives from negatives; expected episodes.negatives to be "query" or "both", got "none"`,
  );
}

/** Mean and standard deviation of all labels; a deviation of 1 where they are all the same. */
function labelScale(tasks: readonly Task[]): { mean: number; deviation: number } {
  let [count, total, squares] = [0, 0, 0];
  for (const task of tasks) {
    const { labels } = task;
    for (const [pair, label] of labels.entries()) {
      if (!Number.isFinite(label)) throw notFinite(label, userOf(task, pair));
      total += label;
      squares += label * label;
    }
    count += labels.length;
  }
  const mean = total / count;
  const variance = squares / count - mean * mean;
  return { mean, deviation: variance > 1e-12 ? Math.sqrt(variance) : 1 };
}

function notFinite(label: number, user: number): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `Expected finite labels, got ${label} of user row ${user}; correct or leave out the interaction.`,
  );
}
