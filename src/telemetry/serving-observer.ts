import type { Tracing } from './tracing.ts';

/** The scores of a list's candidates. */
export interface Scored {
  readonly scores: ArrayLike<number>;
}

/** Receives what serving reports. */
export interface ServingObserver {
  /** Runs `work`, which adapts a model and scores the candidates of one list. */
  scoring<T extends Scored>(taskKind: string, work: () => Promise<T>): Promise<T>;
  /** Reports that a list of popular items was served instead of an adapted one. */
  servedPopular(cause: 'no_model' | 'nothing_to_adapt_to'): void;
}

/** Ignores all reports. */
export const noObserver: ServingObserver = {
  scoring: (_taskKind, work) => work(),
  servedPopular: () => {},
};

/** Returns an observer that also creates a span for each scoring. */
export function traceServing(observer: ServingObserver, tracing: Tracing): ServingObserver {
  return {
    scoring: (taskKind, work) =>
      tracing.span('score candidates', { 'warmstart.task_kind': taskKind }, async () => {
        const scored = await observer.scoring(taskKind, work);
        tracing.describe({ 'warmstart.candidates': scored.scores.length });
        return scored;
      }),
    servedPopular: (cause) => observer.servedPopular(cause),
  };
}
