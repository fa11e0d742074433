import type { Engine, HostTensors, LossFunction } from '../engine/engine.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { DropoutOptions } from '../tasks/drop-features.ts';
import type { BatchSource } from './batch-source.ts';
import type { StepField } from './inner-steps.ts';
import type { PretrainedFactors } from './pretrain-factors.ts';
import type { TrainingProgress } from './training-request.ts';

/** A model before training: its initial parameters and its loss. */
export interface TrainableModel {
  readonly kind: RecommenderKind;
  readonly config: unknown;
  readonly parameters: HostTensors;
  readonly loss: LossFunction;
  /** Parameters that belong to the model and are not trained. */
  readonly frozen: HostTensors;
  /** The inputs of the loss that are equal for all batches. */
  readonly constants: HostTensors;
  /** The names of the parameters that a batch reads by row. */
  readonly embeddingTables: readonly string[];
  /** The field of the configuration that sets the size of gradient steps inside the loss. Absent without such steps. */
  readonly stepField?: StepField;
  /** Whether the frozen parameters are made without the held-out pairs. Query sets then contain only held-out pairs. */
  readonly holdsOut?: boolean;
  /**
   * Makes the batches of the loss, on its own or from those of support and query sets. Default: these, see
   * `episodeBatches`. `dropout` is given for training, and absent for validation.
   */
  readonly batches?: (episodes: () => BatchSource, dropout?: DropoutOptions) => BatchSource;
}

/** A model whose parameters are counted from the data instead of trained. */
export interface CountedModel extends Pick<TrainableModel, 'kind' | 'config' | 'parameters' | 'frozen'> {
  readonly loss?: undefined;
  readonly holdsOut?: undefined;
  readonly batches?: undefined;
}

/** What a model can use before its first step, beside its recipe and the data. */
export interface StartOptions {
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: TrainingProgress) => void) | undefined;
  /** Makes factors of users and items. Called only for models that embed them by factors. */
  readonly pretrain: (factorWidth: number) => Promise<PretrainedFactors>;
}
