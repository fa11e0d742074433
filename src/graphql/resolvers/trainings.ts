import { type Metrics, namedMetrics } from '../../registry/version-evaluation.ts';
import { retrainSchedulesPage } from '../../runs/retrain-schedules.ts';
import {
  deleteRetrainSchedule,
  pauseRetrainSchedule,
  resumeRetrainSchedule,
  scheduleNotFound,
  scheduleRetrain,
} from '../../runs/schedule-retrain.ts';
import { cancelTraining, startTraining } from '../../runs/start-and-cancel-training.ts';
import { trainingRunsPage } from '../../runs/training-runs.ts';
import type { RetrainSchedule, TrainingRun, TransactionalDatabase } from '../../store/database.ts';
import { pageById } from '../connection.ts';
import type { Resolvers, TrainingPhase } from '../generated/resolver-types.ts';
import { decodeNumberedId, encodeGlobalId } from '../global-id.ts';
import { payloadOf } from '../user-errors.ts';

/** Training runs, and the schedules that start them. */
export const trainings = {
  Query: {
    trainingRun(_root, { id }, { loaders }) {
      const key = decodeNumberedId('TrainingRun', id);
      return key === undefined ? null : loaders.trainingRun.load(key);
    },
    trainingRuns: (_root, { first, after, ...filter }, { database }) =>
      pageById(
        'trainingRuns',
        { first, after },
        (limit, before) => trainingRunsPage(database, filter, limit, before),
        ({ id }) => id,
      ),
    retrainSchedules: (_root, page, { database }) =>
      pageById(
        'retrainSchedules',
        page,
        (limit, before) => retrainSchedulesPage(database, limit, before),
        ({ id }) => id,
      ),
  },
  Mutation: {
    startTraining: (_root, { input }, { database, loaders }) =>
      payloadOf(async () => {
        const id = await startTraining(database, input);
        return { trainingRun: await loaders.trainingRun.clear(id).load(id) };
      }),
    cancelTraining: (_root, { input }, { database, loaders }) =>
      payloadOf(async () => {
        const id = decodeNumberedId('TrainingRun', input.trainingRun);
        // No run has the ID 0, so that a malformed ID is refused as an unknown one.
        await cancelTraining(database, id ?? 0);
        return { trainingRun: await loaders.trainingRun.clear(id as number).load(id as number) };
      }),
    scheduleRetrain: (_root, { input }, { database }) =>
      payloadOf(async () => ({ retrainSchedule: await scheduleRetrain(database, input) })),
    pauseRetrainSchedule: (_root, { input }, { database }) =>
      payloadOf(() => changed(database, input.retrainSchedule, pauseRetrainSchedule)),
    resumeRetrainSchedule: (_root, { input }, { database }) =>
      payloadOf(() => changed(database, input.retrainSchedule, resumeRetrainSchedule)),
    deleteRetrainSchedule: (_root, { input }, { database }) =>
      payloadOf(async () => {
        await deleteRetrainSchedule(database, scheduleId(input.retrainSchedule));
        return { deletedId: input.retrainSchedule };
      }),
  },
  TrainingRun: {
    id: ({ id }) => encodeGlobalId('TrainingRun', id),
    schedule: ({ scheduleId }, _args, { loaders }) =>
      scheduleId === null ? null : loaders.retrainSchedule.load(scheduleId),
    recipe: ({ config }) => config as Record<string, unknown>,
    phase: (run) => phaseOf(run),
    progress: (run) => fractionOf(run),
    attempts: ({ attempt }) => attempt,
    lossCurve: ({ id }, _args, { loaders }) => loaders.lossCurve.load(id),
    epochs: ({ id }, _args, { loaders }) => loaders.epochs.load(id),
    metrics: ({ metrics }) => namedMetrics(metrics as Metrics),
    log: ({ id }, _args, { loaders }) => loaders.trainingLog.load(id),
    modelVersion: ({ modelVersionId }, _args, { loaders }) =>
      modelVersionId === null ? null : loaders.modelVersion.load(modelVersionId),
  },
  RetrainSchedule: {
    id: ({ id }) => encodeGlobalId('RetrainSchedule', id),
    recipe: ({ config }) => config as Record<string, unknown>,
    lastRun: ({ id }, _args, { loaders }) => loaders.lastRun.load(id),
  },
} satisfies Resolvers;

const phases: Readonly<Record<TrainingPhase, true>> = {
  LOADING: true,
  FACTORS: true,
  TRAINING: true,
  MEASURING: true,
  PUBLISHING: true,
};

interface Progress {
  readonly phase?: string;
  readonly fraction?: number;
}

/** Runs of earlier releases reported their progress in another form. */
function phaseOf({ progress }: TrainingRun): TrainingPhase | null {
  const { phase = '' } = progress as Progress;
  return phase in phases ? (phase as TrainingPhase) : null;
}

function fractionOf({ status, progress }: TrainingRun): number {
  if (status === 'SUCCEEDED') return 1;
  const { fraction } = progress as Progress;
  return typeof fraction === 'number' ? Math.min(Math.max(fraction, 0), 1) : 0;
}

async function changed(
  database: TransactionalDatabase,
  globalId: string,
  change: (database: TransactionalDatabase, id: number) => Promise<RetrainSchedule>,
): Promise<{ retrainSchedule: RetrainSchedule }> {
  return { retrainSchedule: await change(database, scheduleId(globalId)) };
}

function scheduleId(globalId: string): number {
  const id = decodeNumberedId('RetrainSchedule', globalId);
  if (id === undefined) throw scheduleNotFound();
  return id;
}
