import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { openEngine } from '../src/engine/engines.ts';
import { encodeFeatures } from '../src/features/encode-features.ts';
import { type FeatureField, idField } from '../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../src/features/fit-feature-schema.ts';
import { type Random, randomSource } from '../src/tasks/random.ts';
import type { Task, TrainingData } from '../src/tasks/training-data.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';

/** The size of MovieLens-20M. */
const size = { users: 138_000, items: 27_000, interactions: 20_000_000 } as const;
/** Users like the items of one of these groups. */
const groups = 50;

/**
 * Trains the default user model for one epoch on synthetic data of the size of MovieLens-20M. The closed-form head and the
 * rating head are left out: they are made before the first epoch, and their cost does not depend on the epochs.
 */
export async function benchTrainLarge(): Promise<object> {
  const engine = await openEngine('onnx');
  const data = syntheticData();
  const config = { closedForm: { width: 0 }, ratingHead: { width: 0 } };
  const recipe = recipeFor('USER', { config, options: { epochs: 1 } });
  let first: number | undefined;
  let last = 0;
  let steps = 0;
  await train({
    recipe,
    data,
    engine,
    onProgress(progress) {
      if (progress.phase !== 'training') return;
      first ??= performance.now();
      last = performance.now();
      steps = progress.step;
      if (steps % 100 === 0)
        process.stderr.write(`step ${steps} of ${progress.steps}, loss ${progress.loss.toFixed(3)}\n`);
    },
  });
  const seconds = (last - (first ?? last)) / 1000;
  const result = {
    ...size,
    steps,
    secondsPerEpoch: Math.round(seconds),
    millisecondsPerStep: Number(((seconds * 1000) / Math.max(steps - 1, 1)).toFixed(1)),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

function syntheticData(): TrainingData {
  const random = randomSource(1);
  const fields: FeatureField[] = [
    { entity: 'user', name: 'group', kind: 'categorical' },
    { entity: 'item', name: 'group', kind: 'categorical' },
    { entity: 'item', name: idField, kind: 'categorical' },
  ];
  const items = Array.from({ length: size.items }, (_, item) => ({
    group: String(item % groups),
    [idField]: String(item),
  }));
  const users = Array.from({ length: size.users }, (_, user) => ({ group: String(user % groups) }));
  const schema = fitFeatureSchema(fields, users, items);
  const perUser = Math.round(size.interactions / size.users);
  const tasks = Array.from({ length: size.users }, (_, user): Task => historyOf(user, perUser, random));
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', users),
    items: encodeFeatures(schema, 'item', items),
    tasks,
  };
}

/** Half of a user's items are of the user's group. Popular items come first in the catalog. */
function historyOf(user: number, length: number, random: Random): Task {
  const drawn = Int32Array.from({ length }, () => {
    const item = Math.floor(size.items * uniformFloat64(random) ** 2);
    return uniformFloat64(random) < 0.5 ? item : Math.min(item - (item % groups) + (user % groups), size.items - 1);
  });
  const items = Int32Array.from(new Set(drawn));
  const labels = Float32Array.from(items, () => 1 + Math.floor(5 * uniformFloat64(random)));
  return { users: Int32Array.of(user), items, labels, types: new Uint8Array(items.length) };
}
