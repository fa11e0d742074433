import type { HostTensors } from '../engine/engine.ts';

/** Keeps the parameters of the epoch with the lowest validation loss; without losses, those of the latest. */
export class BestParameters {
  /** 0 until the first epoch is over. */
  epoch = 0;
  loss: number | undefined;
  parameters: HostTensors;

  constructor(start: HostTensors) {
    this.parameters = start;
  }

  offer(epoch: number, loss: number | undefined, parameters: HostTensors): void {
    // Not a number is no better than nothing.
    if (loss !== undefined && !(loss < (this.loss ?? Infinity))) return;
    this.epoch = epoch;
    this.loss = loss;
    this.parameters = parameters;
  }
}
