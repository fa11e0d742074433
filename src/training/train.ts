import type { HostTensors } from '../engine/engine.ts';
import { adam } from '../models/adam.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { EpochTrainer } from './epoch-trainer.ts';
import { planTraining, type TrainingPlan } from './training-plan.ts';
import type { TrainingRequest } from './training-request.ts';
import { compileValidation } from './validation.ts';

export interface TrainingResult {
  readonly artifact: ModelArtifact;
  /** The number of epochs that ran. */
  readonly epochs: number;
  /** The epoch whose parameters were kept. */
  readonly bestEpoch: number;
  /** The validation loss of the best epoch, or `undefined` if there are no validation tasks. */
  readonly validationLoss: number | undefined;
  readonly trainingTasks: number;
  readonly validationTasks: number;
}

/**
 * Trains a model and keeps the parameters of the epoch with the lowest validation loss. Yields to the event loop after
 * every step. Data, options and engine determine the result. A model that counts, such as item popularity, needs no
 * epoch.
 *
 * Throws INVALID_CONFIGURATION if the options are invalid, INVALID_DATA if fewer than two tasks are long enough, the
 * signal's reason when it aborts, and a TrainingDivergedError when the loss is no longer finite.
 */
export async function train(request: TrainingRequest): Promise<TrainingResult> {
  const plan = await planTraining(request);
  const { model, tasks } = plan;
  request.signal?.throwIfAborted();
  const { parameters, ...outcome } = model.loss
    ? await runEpochs({ ...plan, model }, request)
    : { parameters: model.parameters, epochs: 0, bestEpoch: 0, validationLoss: undefined };
  const { kind, config } = model;
  return {
    artifact: { kind, config, schema: request.data.schema, parameters },
    ...outcome,
    trainingTasks: tasks.training.length,
    validationTasks: tasks.validation.length,
  };
}

type EpochsOutcome = Pick<TrainingResult, 'epochs' | 'bestEpoch' | 'validationLoss'> & {
  readonly parameters: HostTensors;
};

async function runEpochs(plan: TrainingPlan, request: TrainingRequest): Promise<EpochsOutcome> {
  const { model, options } = plan;
  const { engine } = request;
  const batches = plan.batches(options);
  const optimizer = adam({ weightDecay: options.weightDecay, clip: options.gradientClip });
  const step = await engine.compileTraining({
    ...model,
    optimizer,
    inputs: batches.inputs,
    rowWise: options.rowWiseEmbeddings ? model.embeddingTables : [],
  });
  const validation = await compileValidation(plan, engine);
  const best = new BestParameters(model.parameters);
  const trainer = new EpochTrainer(plan, step, batches, request);
  try {
    let epoch = 0;
    while (epoch < options.epochs && epoch - best.epoch < options.patience) {
      epoch += 1;
      await trainer.run(epoch, best.parameters);
      const parameters = await step.parameters();
      const loss = await validation.lossOf(parameters, request.signal);
      trainer.checkEpoch(epoch, loss, parameters, best.parameters);
      if (loss !== undefined) trainer.report('validation', epoch, loss);
      best.offer(epoch, loss, parameters);
    }
    return {
      parameters: { ...best.parameters, ...model.frozen },
      epochs: epoch,
      bestEpoch: best.epoch,
      validationLoss: best.loss,
    };
  } finally {
    step.dispose();
    validation.dispose();
  }
}

/** Keeps the parameters of the epoch with the lowest validation loss, or of the last epoch if there are no losses. */
class BestParameters {
  /** 0 before the end of the first epoch. */
  epoch = 0;
  loss: number | undefined;
  parameters: HostTensors;

  constructor(start: HostTensors) {
    this.parameters = start;
  }

  offer(epoch: number, loss: number | undefined, parameters: HostTensors): void {
    // The negation keeps a NaN loss from being the best.
    if (loss !== undefined && !(loss < (this.loss ?? Infinity))) return;
    this.epoch = epoch;
    this.loss = loss;
    this.parameters = parameters;
  }
}
