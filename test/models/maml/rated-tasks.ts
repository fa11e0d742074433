import type { HostTensors } from '../../../src/engine/engine.ts';
import { batch, batchSize } from '../cmml/small-cmml.ts';
import type { LabeledPair } from '../gradient-steps/reference-task-network.ts';

/** Returns the tasks of the small batch, without the one that is padding, as lists of pairs. */
export function ratedTasks(): { readonly support: LabeledPair[]; readonly query: LabeledPair[] }[] {
  return [0, 1, 2].map((task) => ({ support: pairsOf('support', task), query: pairsOf('query', task) }));
}

function pairsOf(set: 'support' | 'query', task: number): LabeledPair[] {
  const of = (name: string) => (batch as HostTensors)[`${set}${name}`]?.data as Float32Array;
  return Array.from({ length: batchSize[set] }, (_, place) => task * batchSize[set] + place)
    .filter((place) => of('Mask')[place] === 1)
    .map((place) => ({
      user: of('Users')[task] as number,
      item: of('Items')[place] as number,
      label: of('Labels')[place] as number,
    }));
}
