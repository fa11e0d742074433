import type { EpochProgress, TrainingProgress } from '../training/training-request.ts';
import type { NewTrainingEvent, RunProgress, TrainingEventContent } from './training-events.ts';

export type TrainingPhase = 'LOADING' | 'FACTORS' | 'TRAINING' | 'MEASURING' | 'PUBLISHING';

/** The part of the whole run that each phase takes, as fractions from 0 to 1. */
type Spans = Readonly<Record<TrainingPhase, readonly [from: number, to: number]>>;

/** When the training that is measured is also the one that is published. */
const once: Spans = {
  LOADING: [0, 0.05],
  FACTORS: [0.05, 0.2],
  TRAINING: [0.2, 0.9],
  MEASURING: [0.9, 0.98],
  PUBLISHING: [0.98, 1],
};

/** When one training is measured, and a second one is published. */
const measured: Spans = { ...once, FACTORS: [0.05, 0.12], TRAINING: [0.12, 0.45], MEASURING: [0.45, 0.5] };
const served: Spans = { ...once, FACTORS: [0.5, 0.57], TRAINING: [0.57, 0.98] };

/** The distance between stored losses doubles each time this many would be exceeded. */
const pointsPerDistance = 500;
/** An epoch's training loss is the mean of this many last steps. */
const lastSteps = 50;

/**
 * Collects a run's progress and events until they are stored. The fraction never decreases. The number of losses stays
 * small however long the training takes: first every step is kept, then every second, every fourth and so on. The steps
 * and epochs of a second training continue the count of the first.
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

  /** Returns the events since the last call, and removes them from the journal. */
  takeEvents(): readonly NewTrainingEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  log(message: string): void {
    this.#addEvent({ kind: 'LOG', content: { message } });
  }

  /** Begins a training that is only measured, or the one that is published after another was measured. */
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

  /** Ends the last epoch, whether or not it was validated. */
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
    if (step % this.#distance === 0) this.#addEvent({ kind: 'LOSS', content: { step, loss: progress.loss } });
  }

  #endEpoch(validationLoss: number | null): void {
    const losses = this.#lossesOfEpoch;
    if (!this.#latest || losses.length === 0) return;
    const trainingLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const epoch = this.#epoch(this.#latest);
    this.#addEvent({ kind: 'EPOCH', content: { epoch, trainingLoss, validationLoss } });
    this.#lossesOfEpoch = [];
  }

  #step({ step }: EpochProgress): number {
    return this.#before.step + step;
  }

  #epoch({ epoch }: EpochProgress): number {
    return this.#before.epoch + epoch;
  }

  #addEvent(event: TrainingEventContent): void {
    this.#events.push({ ...event, at: new Date().toISOString() });
  }
}
