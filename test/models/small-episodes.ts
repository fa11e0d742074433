import type { HostTensors } from '../../src/engine/engine.ts';
import { floatTensor, integerTensor } from '../../src/engine/host-tensor.ts';
import type { BatchSize } from '../../src/models/episodes.ts';
import type { ObjectiveKind } from '../../src/models/objectives.ts';
import * as ratings from './cmml/small-cmml.ts';
import type { Rated } from './cmml/small-recommender.ts';
import type { LabeledPair } from './gradient-steps/reference-task-network.ts';

/** Tasks whose labels suit an objective. */
export interface SmallEpisodes {
  /** Fields for the configuration of a model. */
  readonly fields: {
    readonly objective: ObjectiveKind;
    readonly labels: { readonly mean: number; readonly deviation: number };
    readonly embeddingDeviation: number;
  };
  readonly batchSize: BatchSize;
  /** Three tasks, of which the third has no support pairs, and one that is padding. */
  readonly batch: HostTensors;
  /** Support sets of one user, at most 3 pairs each. */
  readonly histories: readonly (readonly Rated[])[];
}

export interface SmallTask {
  readonly user: number;
  readonly support: readonly LabeledPair[];
  readonly query: readonly LabeledPair[];
}

const rated = (...pairs: (readonly [item: number, label: number])[]): Rated[] =>
  pairs.map(([item, label]) => ({ item, label }));

const ratedEpisodes: SmallEpisodes = {
  fields: { objective: 'mse', labels: { mean: 3, deviation: 1.5 }, embeddingDeviation: 0.7 },
  batchSize: ratings.batchSize,
  batch: ratings.batch,
  histories: [rated([2, 4], [0, 1], [3, 5])],
};

/**
 * Positives in the first half of the places, and their negatives in the second half. The first task has two of both in
 * each set, the others have one, which is not always in the first place of its half. Scores differ enough for leads
 * above 1, whose hinge loss is 0, and below.
 */
const likedEpisodes = (objective: ObjectiveKind): SmallEpisodes => ({
  fields: { objective, labels: { mean: 0.5, deviation: 4 }, embeddingDeviation: 1.5 },
  batchSize: { tasks: 4, support: 4, query: 4, userPerPair: false },
  batch: {
    supportUsers: integerTensor([4], Int32Array.of(0, 1, 2, 0)),
    queryUsers: integerTensor([4], Int32Array.of(0, 1, 2, 0)),
    supportItems: integerTensor([4, 4], Int32Array.of(0, 2, 1, 3, 1, 3, 2, 0, 3, 0, 1, 2, 0, 0, 0, 0)),
    supportLabels: floatTensor([4, 4], Float32Array.of(1, 1, 0, 0, 9, 1, 9, 0, 9, 9, 9, 9, 9, 9, 9, 9)),
    supportMask: floatTensor([4, 4], Float32Array.of(1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
    queryItems: integerTensor([4, 4], Int32Array.of(3, 1, 2, 0, 2, 1, 0, 3, 2, 0, 3, 1, 0, 0, 0, 0)),
    queryLabels: floatTensor([4, 4], Float32Array.of(1, 1, 0, 0, 1, 9, 0, 9, 9, 1, 9, 0, 9, 9, 9, 9)),
    queryMask: floatTensor([4, 4], Float32Array.of(1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0)),
  },
  // Without a partner are the second positive, the second negative, all positives and all negatives.
  histories: [
    rated([2, 1], [0, 1], [3, 0]),
    rated([3, 0], [1, 0], [0, 1]),
    rated([2, 1], [0, 1]),
    rated([3, 0], [1, 0]),
  ],
});

/** The episodes of each objective: ratings for the errors of predicted labels, and otherwise likes. */
export const smallEpisodes: Record<ObjectiveKind, SmallEpisodes> = {
  mse: ratedEpisodes,
  bce: likedEpisodes('bce'),
  hinge: likedEpisodes('hinge'),
  bpr: likedEpisodes('bpr'),
};

/** Returns the tasks of a batch as lists of pairs. The last task, which is padding, is left out. */
export function tasksOf({ batch, batchSize }: Pick<SmallEpisodes, 'batch' | 'batchSize'>): SmallTask[] {
  const pairsOf = (set: 'support' | 'query', task: number): LabeledPair[] => {
    const of = (name: string, place: number) => batch[`${set}${name}`]?.data[place] as number;
    return Array.from({ length: batchSize[set] }, (_, place) => task * batchSize[set] + place)
      .filter((place) => of('Mask', place) === 1)
      .map((place) => ({ user: of('Users', task), item: of('Items', place), label: of('Labels', place) }));
  };
  return Array.from({ length: batchSize.tasks - 1 }, (_, task) => ({
    user: batch.queryUsers?.data[task] as number,
    support: pairsOf('support', task),
    query: pairsOf('query', task),
  }));
}
