import type { Engine, HostTensors } from '../../../src/engine/engine.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { typeIndex } from '../../../src/features/interaction-types.ts';
import {
  type Adaptation,
  type Embeddings,
  type ModelArtifact,
  type Recommender,
  type SupportSet,
  selectEmbeddings,
} from '../../../src/models/recommender.ts';
import { loadRecommender } from '../../../src/models/recommenders.ts';
import { encodedItems, encodedUsers } from './small-catalog.ts';

/** More pairs than the support limit of the small models. Positives and negatives are mixed. */
export const history = [
  { item: 2, label: 4 },
  { item: 0, label: 0 },
  { item: 3, label: 5 },
  { item: 2, label: 1 },
  { item: 5, label: 0 },
  { item: 4, label: 3 },
  { item: 1, label: 0 },
];
type History = typeof history;

/** A recommender with its users and items embedded. */
export interface Loaded {
  readonly recommender: Recommender;
  readonly users: Embeddings;
  readonly items: Embeddings;
}

/** All results of a model for the first user and every item. */
export interface Results {
  readonly adaptation: Adaptation;
  readonly scores: Float32Array;
  readonly explained: HostTensors;
  /** The predicted ratings after the first pairs of the history, if the model predicts any beside its scores. */
  readonly ratings: Float32Array | undefined;
}

export async function load(artifact: ModelArtifact, engine: Engine, rowsPerRun = 256): Promise<Loaded> {
  const recommender = await loadRecommender(artifact, { ...engine, rowsPerRun });
  const users = await recommender.embedUsers(encodedUsers);
  return { recommender, users, items: await recommender.embedItems(encodedItems) };
}

export function adapt(loaded: Loaded, pairs: History, earlier?: Adaptation): Promise<Adaptation> {
  return loaded.recommender.adapt(supportOf(loaded, pairs), earlier);
}

export function supportOf({ users, items }: Loaded, pairs: History): SupportSet {
  const rows = pairs.map(({ item }) => item);
  const labels = Float32Array.from(pairs, ({ label }) => label);
  // All pairs are ratings.
  const types = new Uint8Array(pairs.length).fill(typeIndex('RATE'));
  return { users: selectEmbeddings(users, [0]), items: selectEmbeddings(items, rows), labels, types };
}

export async function resultsOf(loaded: Loaded, adaptation: Adaptation): Promise<Results> {
  const { recommender, items } = loaded;
  const user = selectEmbeddings(loaded.users, [0]);
  const scores = await recommender.score(adaptation, user, items);
  const explained = await recommender.explain(adaptation, user, items);
  return { adaptation, scores, explained, ratings: await ratingsOf(loaded, history.slice(0, adaptation.pairs)) };
}

/** Returns the predicted ratings of every item after these pairs; `undefined` if the model predicts none. */
export async function ratingsOf(loaded: Loaded, pairs: History): Promise<Float32Array | undefined> {
  const { ratings } = loaded.recommender;
  return ratings?.predict(await ratings.adapt(supportOf(loaded, pairs)), loaded.items);
}

export function numbersOf({ adaptation, scores, explained, ratings }: Results): HostTensors {
  const { state } = adaptation;
  return {
    ...explained,
    state: floatTensor([state.length], state),
    scores: floatTensor([scores.length], scores),
    ...(ratings && { ratings: floatTensor([ratings.length], ratings) }),
  };
}
