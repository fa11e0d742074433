import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { openEngine } from '../src/engine/engines.ts';
import { encodeFeatures } from '../src/features/encode-features.ts';
import { type FeatureField, idField } from '../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../src/features/fit-feature-schema.ts';
import { type Random, randomSource } from '../src/tasks/random.ts';
import type { Task, TrainingData } from '../src/tasks/training-data.ts';
import { recipeFor } from '../src/training/recipe-for.ts';
import { train } from '../src/training/train.ts';

interface DataSize {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

const movieLens20M: DataSize = { users: 138_000, items: 27_000, interactions: 20_000_000 };
/** Users like the items of one of these groups. */
const groups = 50;

/**
 * Trains the default user model for one epoch on synthetic data of the size of MovieLens-20M. What is made before the
 * epoch, which does not depend on the number of epochs, is measured separately: the closed-form head, the rating head
 * and the counts of positives.
 */
export async function benchTrainLarge(size: DataSize = movieLens20M) {
  const engine = await openEngine('onnx');
  const data = syntheticData(size);
  const peakOfData = peakMiB();
  const began = performance.now();
  let first: { readonly at: number; readonly peak: number } | undefined;
  let last = 0;
  let steps = 0;
  await train({
    recipe: recipeFor('USER', { options: { epochs: 1 } }),
    data,
    engine,
    onProgress(progress) {
      if (progress.phase !== 'training') return;
      last = performance.now();
      first ??= { at: last, peak: peakMiB() };
      steps = progress.step;
      if (steps === 1 || steps % 100 === 0)
        process.stderr.write(`step ${steps} of ${progress.steps}, loss ${progress.loss.toFixed(3)}\n`);
    },
  });
  if (!first) throw new Error('the epoch has no step');
  const milliseconds = last - first.at;
  const result = {
    ...size,
    steps,
    secondsBeforeEpoch: seconds(first.at - began),
    secondsPerEpoch: seconds(milliseconds),
    millisecondsPerStep: Number((milliseconds / Math.max(steps - 1, 1)).toFixed(1)),
    // The peaks of the process so far.
    peakMiB: { data: peakOfData, beforeEpoch: first.peak, whole: peakMiB() },
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

function seconds(milliseconds: number): number {
  return Number((milliseconds / 1000).toFixed(3));
}

/** Returns the largest resident memory of this process so far, in MiB. The threads are part of the process. */
function peakMiB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

function syntheticData(size: DataSize): TrainingData {
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
  const tasks = Array.from({ length: size.users }, (_, user): Task => historyOf(user, perUser, size.items, random));
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', users),
    items: encodeFeatures(schema, 'item', items),
    tasks,
  };
}

/** Half of a user's items are of the user's group. Popular items come first in the catalog. */
function historyOf(user: number, length: number, catalog: number, random: Random): Task {
  const drawn = Int32Array.from({ length }, () => {
    const item = Math.floor(catalog * uniformFloat64(random) ** 2);
    return uniformFloat64(random) < 0.5 ? item : Math.min(item - (item % groups) + (user % groups), catalog - 1);
  });
  const items = Int32Array.from(new Set(drawn));
  const labels = Float32Array.from(items, () => 1 + Math.floor(5 * uniformFloat64(random)));
  return { users: Int32Array.of(user), items, labels, types: new Uint8Array(items.length) };
}
