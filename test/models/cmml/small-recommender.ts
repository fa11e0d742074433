import { expect } from '@jest/globals';
import type { EngineName } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import type { CmmlConfigInput } from '../../../src/models/cmml/cmml-config.ts';
import { loadCmml } from '../../../src/models/cmml/cmml-recommender.ts';
import type { Adaptation, Embeddings, ModelArtifact, Recommender } from '../../../src/models/recommender.ts';
import { selectRows } from '../../support/select-rows.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { weightsOf } from './reference-weights.ts';
import { encodedItems, encodedUsers, schema, smallModel } from './small-cmml.ts';

export interface Rated {
  readonly item: number;
  readonly label: number;
}

export function smallArtifact(variant: CmmlConfigInput): ModelArtifact {
  return { kind: 'cmml', schema, ...smallModel(variant) };
}

export async function loadSmall(
  variant: CmmlConfigInput,
  name: EngineName = 'wasm',
  rowsPerRun = 256,
): Promise<Recommender> {
  return loadCmml(smallArtifact(variant), { ...(await openEngine(name)), rowsPerRun });
}

export async function adapt(
  recommender: Recommender,
  user: number,
  pairs: readonly Rated[],
  earlier?: Adaptation,
): Promise<Adaptation> {
  const users = await userRow(recommender, user);
  const items = await itemRows(
    recommender,
    pairs.map(({ item }) => item),
  );
  return recommender.adapt({ users, items, labels: Float32Array.from(pairs, ({ label }) => label) }, earlier);
}

export async function scoresOf(
  recommender: Recommender,
  user: number,
  adaptation: Adaptation,
  items: readonly number[],
): Promise<number[]> {
  const candidates = await itemRows(recommender, items);
  return [...(await recommender.score(adaptation, await userRow(recommender, user), candidates))];
}

export function userRow(recommender: Recommender, user: number): Promise<Embeddings> {
  return recommender.embedUsers(selectRows(encodedUsers, [user]));
}

export function itemRows(recommender: Recommender, items: readonly number[]): Promise<Embeddings> {
  return recommender.embedItems(selectRows(encodedItems, items));
}

/** Returns the result of the equations of the paper in double precision. */
export function referenceScores(
  variant: CmmlConfigInput,
  user: number,
  pairs: readonly Rated[],
  items: readonly number[],
): number[] {
  const { config, parameters } = smallModel(variant);
  const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
  const weights = weightsOf(parameters);
  const support = pairs.map((pair) => ({ user, ...pair }));
  return items.map((item) => reference.score(weights, { user, item }, support));
}

export function expectAllClose(received: readonly number[], expected: readonly number[], digits = 4): void {
  expect(received).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(received[index]).toBeCloseTo(value, digits);
}
