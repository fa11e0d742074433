import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { FeatureField, FeatureSchema, Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Interactions, Task, TaskKind, TrainingData } from '../../src/tasks/training-data.ts';

export const groups = 4;

/** The group of an item, a user or a scenario is its row modulo `groups`. */
export const groupOf = (row: number) => row % groups;

const fields: FeatureField[] = [
  { entity: 'user', name: 'country', kind: 'categorical' },
  { entity: 'user', name: 'id', kind: 'categorical' },
  { entity: 'item', name: 'genre', kind: 'categorical' },
  { entity: 'item', name: 'id', kind: 'categorical' },
];

const itemCount = 40;

export interface PlantedOptions {
  readonly taskKind: TaskKind;
  /** The number of tasks: users or scenarios. */
  readonly tasks: number;
  readonly seed: number;
  /** Whether the country of a user is the user's group. */
  readonly tells?: boolean;
  /** The schema of other planted data with the same items. */
  readonly schema?: FeatureSchema;
}

/**
 * Implicit feedback in groups: the items of a task's pairs are in the group of the task. An item's genre is its group.
 * Only the pairs of a task show the group of the task, unless `tells` is set and it is a user.
 */
export function plantedData({
  taskKind,
  tasks: count,
  seed,
  tells = false,
  schema: given,
}: PlantedOptions): TrainingData {
  const random = randomSource(seed);
  const people: Features[] = Array.from({ length: taskKind === 'USER' ? count : 60 }, (_, user) => ({
    country: tells ? `country ${groupOf(user)}` : 'X',
    id: `user ${user} of ${seed}`,
  }));
  const things: Features[] = Array.from({ length: itemCount }, (_, item) => ({
    genre: `genre ${groupOf(item)}`,
    id: `item ${item}`,
  }));
  const schema = given ?? fitFeatureSchema(fields, people, things);
  const tasks = Array.from({ length: count }, (_, task) => taskOf(taskKind, task, random));
  return {
    taskKind,
    schema,
    users: encodeFeatures(schema, 'user', people),
    items: encodeFeatures(schema, 'item', things),
    tasks,
  };
}

/** Eight pairs of a user with different items, or twenty pairs of a scenario with random users and items. */
function taskOf(taskKind: TaskKind, task: number, random: ReturnType<typeof randomSource>): Task {
  const own = [...Array(itemCount).keys()].filter((item) => groupOf(item) === groupOf(task));
  if (taskKind === 'USER') {
    while (own.length > 8) own.splice(uniformInt(random, 0, own.length - 1), 1);
    return { users: Int32Array.of(task), items: Int32Array.from(own), labels: new Float32Array(8).fill(1) };
  }
  const draw = (values: number, of: (index: number) => number) =>
    Int32Array.from({ length: 20 }, () => of(uniformInt(random, 0, values - 1)));
  return {
    users: draw(60, (user) => user),
    items: draw(own.length, (index) => own[index] as number),
    labels: new Float32Array(20).fill(1),
  };
}

/** Returns pairs as interactions. */
export function pairsOf(pairs: readonly (readonly [user: number, item: number])[]): Interactions {
  return {
    users: Int32Array.from(pairs, ([user]) => user),
    items: Int32Array.from(pairs, ([, item]) => item),
  };
}
