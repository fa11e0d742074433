import { setImmediate } from 'node:timers/promises';
import { WarmstartError } from '../common/errors.ts';
import type { HostTensors, TrainingStep } from '../engine/engine.ts';
import { type Random, randomSource, shuffle } from '../tasks/random.ts';
import type { BatchSource } from './batch-source.ts';
import type { StepField } from './inner-steps.ts';
import { learningRateSchedules } from './training-options.ts';
import { randomStreams, type TrainingPlan } from './training-plan.ts';
import type { EpochProgress, TrainingRequest } from './training-request.ts';

/** Runs the epochs of a training run. Each epoch visits all training tasks in a new order. */
export class EpochTrainer {
  readonly #plan: TrainingPlan;
  readonly #step: TrainingStep;
  readonly #batches: BatchSource;
  readonly #request: Pick<TrainingRequest, 'signal' | 'onProgress'>;
  readonly #random: Random;
  readonly #order: Int32Array;
  readonly #steps: number;
  #done = 0;
  #firstLoss = 0;
  #lastRate = 0;

  constructor(
    plan: TrainingPlan,
    step: TrainingStep,
    batches: BatchSource,
    request: Pick<TrainingRequest, 'signal' | 'onProgress'>,
  ) {
    const { options, tasks } = plan;
    this.#plan = plan;
    this.#step = step;
    this.#batches = batches;
    this.#request = request;
    this.#random = randomSource(options.seed, randomStreams.training);
    this.#order = Int32Array.from(tasks.training);
    this.#steps = Math.ceil(tasks.training.length / options.tasksPerStep) * options.epochs;
  }

  /** Throws a TrainingDivergedError with `lastGood` if a loss is not finite, and the signal's reason when it aborts. */
  async run(epoch: number, lastGood: HostTensors): Promise<void> {
    shuffle(this.#order, this.#random);
    for (const _ of this.#batches.epoch(this.#order, this.#random)) {
      this.#request.signal?.throwIfAborted();
      const learningRate = this.#learningRate();
      const loss = await this.#step.run(this.#batches.tensors, learningRate);
      if (this.#done === 0) this.#firstLoss = loss;
      this.#done += 1;
      if (!Number.isFinite(loss)) {
        throw this.#diverged({ loss, epoch, step: this.#done, learningRate, lastGood });
      }
      this.#lastRate = learningRate;
      this.report('training', epoch, loss);
      await setImmediate();
    }
  }

  /**
   * Throws a TrainingDivergedError if the validation loss or a parameter is not finite. The loss of a step is computed
   * before the update of the step, so it does not show the last update of an epoch.
   */
  checkEpoch(epoch: number, loss: number | undefined, parameters: HostTensors, lastGood: HostTensors): void {
    const finite = Object.values(parameters).every(({ data }) => data.every(Number.isFinite));
    if (finite && Number.isFinite(loss ?? 0)) return;
    const at = { epoch, step: this.#done, learningRate: this.#lastRate, lastGood };
    throw this.#diverged({ loss: finite ? (loss as number) : Number.NaN, ...at });
  }

  report(phase: EpochProgress['phase'], epoch: number, loss: number): void {
    const { epochs } = this.#plan.options;
    this.#request.onProgress?.({ phase, epoch, epochs, step: this.#done, steps: this.#steps, loss });
  }

  #diverged(at: Omit<Divergence, 'beforeUpdate' | 'stepField'>): TrainingDivergedError {
    const { stepField } = this.#plan.model;
    return new TrainingDivergedError({ ...at, stepField, beforeUpdate: !Number.isFinite(this.#firstLoss) });
  }

  #learningRate(): number {
    const { learningRate, learningRateSchedule } = this.#plan.options;
    return learningRate * learningRateSchedules[learningRateSchedule](this.#done / this.#steps);
  }
}

/** Where a loss was not finite, and the parameters before. */
interface Divergence {
  readonly loss: number;
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  readonly lastGood: HostTensors;
  /** Whether it is the loss of the initial parameters, which does not depend on the learning rate. */
  readonly beforeUpdate: boolean;
  readonly stepField: StepField | undefined;
}

/** The loss is not finite, so all further training would be useless. */
export class TrainingDivergedError extends WarmstartError {
  readonly step: number;
  readonly epoch: number;
  /** The parameters of the best epoch so far, or the initial ones. */
  readonly lastGood: HostTensors;

  constructor({ loss, step, epoch, learningRate, lastGood, beforeUpdate, stepField }: Divergence) {
    const fields = [...(stepField ? [stepField] : []), ...(beforeUpdate ? [] : ['learningRate'])];
    const advice = [
      ...(fields.length > 0 ? [`lower ${fields.join(' or ')}`] : []),
      'remove labels and features that are not finite or very large',
    ];
    super(
      'INVALID_CONFIGURATION',
      `Expected a finite loss, got ${loss} at step ${step} (epoch ${epoch}, learningRate ${learningRate.toPrecision(2)}); ` +
        `${advice.join(', or ')}.`,
      fields.length === 1 ? { field: fields } : {},
    );
    this.name = 'TrainingDivergedError';
    this.step = step;
    this.epoch = epoch;
    this.lastGood = lastGood;
  }
}
