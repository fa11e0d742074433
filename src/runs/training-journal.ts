import type { EpochProgress, TrainingProgress } from '../training/training-request.ts';
import type { NewTrainingEvent, RunProgress, TrainingEventContent } from './training-events.ts';

export type TrainingPhase = 'LOADING' | 'FACTORS' | 'TRAINING' | 'MEASURING' | 'PUBLISHING';

/** From where to where, of all that a run does, a phase goes. */
type Spans = Readonly<Record<TrainingPhase, readonly [from: number, to: number]>>;

/** Where one training is measured and published. */
const once: Spans = {
  LOADING: [0, 0.05],
  FACTORS: [0.05, 0.2],
  TRAINING: [0.2, 0.9],
  MEASURING: [0.9, 0.98],
  PUBLISHING: [0.98, 1],
};

/** Where one training is measured, and a second one published. */
const measured: Spans = { ...once, FACTORS: [0.05, 0.12], TRAINING: [0.12, 0.45], MEASURING: [0.45, 0.5] };
const served: Spans = { ...once, FACTORS: [0.5, 0.57], TRAINING: [0.57, 0.98] };

/** Losses stored at one distance between steps; after as many again the distance doubles. */
const pointsPerDistance = 500;
/** Steps of an epoch whose mean loss stands for it. */
const lastSteps = 50;

/**
 * What a training tells, until it is stored. The fraction done never goes back. However long the training, few losses are
 * kept: those of every step first, then of every second, fourth and so on. A second training's steps and epochs count on
 * from the first's.
 */
export class TrainingJournal {
  #events: NewTrainingEvent[] = [];
  #phase: TrainingPhase = 'LOADING';
  #fraction = 0;
  #spans = once;
  #distance = 1;
  #before = { step: 0, epoch: 0 };
  #latest: EpochProgress | undefined;
  #lossesOfEpoch: number[] = [];

  get progress(): RunProgress {
    return { phase: this.#phase, fraction: this.#fraction };
  }

  /** Gives up what was told since the last time. */
  takeEvents(): readonly NewTrainingEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  log(message: string): void {
    this.#tell({ kind: 'LOG', content: { message } });
  }

  /** The training that begins is to be measured only, or to be published after another was measured. */
  beginTraining(role: 'measured' | 'served'): void {
    this.#spans = role === 'measured' ? measured : served;
    if (this.#latest) this.#before = { step: this.#step(this.#latest), epoch: this.#epoch(this.#latest) };
    this.#latest = undefined;
  }

  /** Returns whether the phase is another than before. */
  enter(phase: TrainingPhase, fraction = 0): boolean {
    const entered = phase !== this.#phase;
    this.#phase = phase;
    const [from, to] = this.#spans[phase];
    this.#fraction = Math.max(this.#fraction, from + (to - from) * Math.min(fraction, 1));
    return entered;
  }

  /** Returns whether the phase is another than before. */
  report(progress: TrainingProgress): boolean {
    if (progress.phase === 'factors') return this.enter('FACTORS', progress.fraction);
    const entered = this.enter('TRAINING', progress.step / progress.steps);
    if (progress.phase === 'validation') this.#endEpoch(progress.loss);
    else this.#addLoss(progress);
    return entered;
  }

  /** The last epoch is over, whether or not anything validated it. */
  endTraining(): void {
    this.#endEpoch(null);
  }

  #addLoss(progress: EpochProgress): void {
    if (this.#latest && progress.epoch > this.#latest.epoch) this.#endEpoch(null);
    this.#latest = progress;
    this.#lossesOfEpoch.push(progress.loss);
    if (this.#lossesOfEpoch.length > lastSteps) this.#lossesOfEpoch.shift();
    const step = this.#step(progress);
    while (step > pointsPerDistance * this.#distance) this.#distance *= 2;
    if (step % this.#distance === 0) this.#tell({ kind: 'LOSS', content: { step, loss: progress.loss } });
  }

  #endEpoch(validationLoss: number | null): void {
    const losses = this.#lossesOfEpoch;
    if (!this.#latest || losses.length === 0) return;
    const trainingLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const epoch = this.#epoch(this.#latest);
    this.#tell({ kind: 'EPOCH', content: { epoch, trainingLoss, validationLoss } });
    this.#lossesOfEpoch = [];
  }

  #step({ step }: EpochProgress): number {
    return this.#before.step + step;
  }

  #epoch({ epoch }: EpochProgress): number {
    return this.#before.epoch + epoch;
  }

  #tell(event: TrainingEventContent): void {
    this.#events.push({ ...event, at: new Date().toISOString() });
  }
}
