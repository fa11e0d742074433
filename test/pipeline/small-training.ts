import { pino } from 'pino';
import { syntheticDataset } from '../../src/datasets/synthetic/synthetic-dataset.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { startTrainingWorker, type TrainingWorker } from '../../src/pipeline/training-worker.ts';
import type { RequestedTraining } from '../../src/runs/requested-training.ts';
import type { testDatabase } from '../support/test-database.ts';

type TestDatabase = ReturnType<typeof testDatabase>;

export const ratingScale = { minimum: 1, maximum: 5 };

/** A training that takes a second and includes every phase. */
export const smallTraining = {
  taskKind: 'USER',
  config: {
    objective: 'mse',
    embeddingWidth: 4,
    labelWidths: [4, 4],
    contextWidths: [8],
    hyperWidths: [8],
    backboneWidths: [8],
    factorWidth: 4,
  },
  options: { tasksPerStep: 8, patience: 100_000 },
  epochs: 2,
} as const satisfies RequestedTraining;

/** A training that does not end during a test. */
export const endlessTraining = { ...smallTraining, epochs: 100_000 } as const satisfies RequestedTraining;

export async function loadSmallData(db: Pick<TestDatabase, 'pool'>, users = 60): Promise<void> {
  const dataset = syntheticDataset({ users, items: 80, scenarios: 12, ratings: 20 });
  await loadDataset(db.pool, dataset, { ratingScale });
}

/** Starts a worker in this process. */
export async function startTestWorker(db: TestDatabase): Promise<TrainingWorker> {
  const engine = await openEngine('wasm');
  const logger = pino({ level: 'silent' });
  return startTrainingWorker({ database: db.database, pool: db.pool, engine, ratingScale, logger });
}
