import { WarmstartError } from '../common/errors.ts';
import type { HostTensors } from '../engine/engine.ts';

/** The loss is infinite or not a number, so nothing trained from here on could be used. */
export class TrainingDivergedError extends WarmstartError {
  readonly step: number;
  readonly epoch: number;
  /** The parameters of the best epoch before, or those training started from. */
  readonly lastGood: HostTensors;

  constructor(at: {
    loss: number;
    step: number;
    epoch: number;
    learningRate: number;
    lastGood: HostTensors;
  }) {
    const { loss, step, epoch, learningRate, lastGood } = at;
    super(
      'INVALID_CONFIGURATION',
      `Expected a finite loss, got ${loss} at step ${step} (epoch ${epoch}, learning rate ${learningRate.toPrecision(2)}); ` +
        'lower the learning rate, and look for labels or features that are not finite.',
    );
    this.name = 'TrainingDivergedError';
    this.step = step;
    this.epoch = epoch;
    this.lastGood = lastGood;
  }
}
