import { setImmediate } from 'node:timers/promises';
import type { Engine, HostTensors, TrainingStep } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import { allocateBatch } from '../tasks/episode-batch.ts';
import { randomSource, shuffle } from '../tasks/random.ts';
import { sampleEpoch } from '../tasks/sample-epoch.ts';
import { supportCapacity } from '../tasks/sample-episode.ts';
import { splitTasks, type TaskSplit } from '../tasks/split-tasks.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { adam } from './adam.ts';
import { batchTensors } from './batch-tensors.ts';
import { learningRateSchedules } from './learning-rate-schedules.ts';
import { modelStarters, type TrainableModel } from './trainable-model.ts';
import { TrainingDivergedError } from './training-diverged-error.ts';
import { parseTrainingOptions, type TrainingOptions } from './training-options.ts';
import { compileValidation, type Validation } from './validation.ts';

export interface TrainingProgress {
  readonly phase: 'training' | 'validation';
  /** From 1; `epochs` is how many there will be at most. */
  readonly epoch: number;
  readonly epochs: number;
  /** Optimiser steps done, of all that there will be at most. */
  readonly step: number;
  readonly steps: number;
  /** Of the batch before this step's update, or of all validation episodes. */
  readonly loss: number;
}

export interface TrainingResult {
  readonly artifact: ModelArtifact;
  /** The epoch whose parameters were kept, and the loss that chose it (`undefined` without validation). */
  readonly bestEpoch: number;
  readonly validationLoss: number | undefined;
  readonly epochs: number;
  readonly steps: number;
  readonly trainingTasks: number;
  readonly validationTasks: number;
}

export interface TrainingRequest {
  readonly kind: RecommenderKind;
  /** Of the model, and of the training; both are completed with defaults. */
  readonly config?: object;
  readonly options?: object;
  readonly data: TrainingData;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/**
 * Trains a model, and keeps the parameters of the epoch that validates best. The event loop turns after every
 * step. Data, options and engine determine the result.
 *
 * Throws INVALID_CONFIGURATION for wrong options, INVALID_DATA when no history is long enough, the signal's
 * reason when it is aborted, and a TrainingDivergedError when the loss is no longer a number.
 */
export async function train(request: TrainingRequest): Promise<TrainingResult> {
  const { kind, config = {}, data, engine } = request;
  const options = parseTrainingOptions(request.options ?? {});
  const tasks = splitTasks(data, { ...options, ...options.episodes }, randomSource(options.seed, streams.split));
  requireTasks(tasks, data, options);
  const supportLimit = supportCapacity(options.episodes);
  const model = modelStarters[kind](config, data, { seed: options.seed, supportLimit });
  const { tasksPerStep, weightDecay, gradientClip, episodes } = options;
  const size = { tasks: tasksPerStep, support: supportLimit, query: episodes.queryPairs };
  const optimiser = adam({ weightDecay, clip: gradientClip });
  const step = await engine.compileTraining({ ...model, optimiser, inputs: model.batchInputs(size) });
  const validation = await compileValidation(model, data, tasks.validation, size, options, engine);
  try {
    const outcome = await new Training(request, options, model, size, tasks, step, validation).run();
    const { parameters, ...report } = outcome;
    const artifact = { kind, config: model.config, schema: data.schema, parameters };
    return { artifact, ...report, trainingTasks: tasks.training.length, validationTasks: tasks.validation.length };
  } finally {
    step.dispose();
    validation.dispose();
  }
}
