import type { TrainingProgress } from '../training/training-request.ts';

/** How much of a training is done, from 0 to 1, and a few words about it. */
export function describeProgress(progress: TrainingProgress): [done: number, note: string] {
  if (progress.phase === 'factors') return [0, `factors ${Math.round(100 * progress.fraction)} %`];
  const { epoch, epochs, step, steps, loss } = progress;
  return [step / steps, `epoch ${epoch} of ${epochs}, loss ${loss.toFixed(3)}`];
}
