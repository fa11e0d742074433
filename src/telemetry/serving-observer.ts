import type { Logger } from 'pino';
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
  servedPopular(cause: PopularCause): void;
  /** Reports that an active model version could not be loaded, or does not score items. It makes no lists. */
  refusedModel(taskKind: string, versionId: number, error: unknown): void;
  /** Reports that a list of popular items took the place of a list whose scoring failed. */
  failedScoring(taskKind: string, versionId: number, error: unknown): void;
}

/** Why a list has popular items instead of adapted ones. */
export type PopularCause = 'no_model' | 'nothing_to_adapt_to' | 'model_failed';

/** Ignores all reports. */
export const noObserver: ServingObserver = {
  scoring: (_taskKind, work) => work(),
  servedPopular: () => {},
  refusedModel: () => {},
  failedScoring: () => {},
};

/** Returns an observer that also creates a span for each scoring, and logs failures. */
export function traceServing(observer: ServingObserver, tracing: Tracing, logger: Logger): ServingObserver {
  return {
    scoring: (taskKind, work) =>
      tracing.span('score candidates', { 'warmstart.task_kind': taskKind }, async () => {
        const scored = await observer.scoring(taskKind, work);
        tracing.describe({ 'warmstart.candidates': scored.scores.length });
        return scored;
      }),
    servedPopular: (cause) => observer.servedPopular(cause),
    refusedModel(taskKind, versionId, err) {
      observer.refusedModel(taskKind, versionId, err);
      logger.error({ err, taskKind, modelVersion: versionId }, 'the active model version cannot be used');
    },
    failedScoring(taskKind, versionId, err) {
      observer.failedScoring(taskKind, versionId, err);
      logger.error({ err, taskKind, modelVersion: versionId }, 'a list has popular items, because scoring failed');
    },
  };
}
