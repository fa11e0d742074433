import { agesOf } from '../../src/features/ages.ts';
import type { EncodedFeatures } from '../../src/features/encode-features.ts';
import {
  type Adaptation,
  type Embeddings,
  type Recommender,
  type ScoringModel,
  selectEmbeddings,
} from '../../src/models/recommender.ts';
import { personalScale, sumOf } from '../../src/serving/score-list.ts';
import type { Task, TrainingData } from '../../src/tasks/training-data.ts';

export interface Person {
  /** Returns what a user, by row, did; `undefined` for nothing. */
  readonly historyOf: (user: number) => Task | undefined;
  /** Whose scores count. */
  readonly parts: 'scenario' | 'own' | 'both';
}

export interface PersonOptions {
  /** The data of the user model, with the rows of the scenario model's data. */
  readonly userData: Pick<TrainingData, 'users' | 'items'>;
  /** The features of users that the scenario model ranks for. By default, those of its data. */
  readonly newUsers: EncodedFeatures | undefined;
}

/**
 * Returns a scenario model whose scores are combined with those of a user model, as `scoreList` does for a user model
 * that serves everybody. Embeddings are row numbers: both models embed all users and items once.
 */
export async function withPerson(
  scenarioModel: Recommender,
  userModel: ScoringModel,
  { historyOf, parts }: Person,
  { userData, newUsers }: PersonOptions,
): Promise<ScoringModel> {
  const profiles = await userModel.embedUsers(userData.users);
  const ownItems = await userModel.embedItems(userData.items);
  const ranked = newUsers && (await scenarioModel.embedUsers(newUsers));
  const own = new Map<number, Adaptation>();
  let users: Embeddings;
  let items: Embeddings;
  const adaptTo = async (user: number): Promise<Adaptation> => {
    const known = own.get(user);
    if (known) return known;
    const { items: rows, labels, types, times } = historyOf(user) ?? nothing;
    const adaptation = await userModel.adapt({
      users: selectEmbeddings(profiles, [user]),
      items: selectEmbeddings(ownItems, rows),
      labels,
      ...(types && { types }),
      ...(times && { ages: agesOf(times) }),
    });
    own.set(user, adaptation);
    return adaptation;
  };
  return {
    schema: scenarioModel.schema,
    supportLimit: scenarioModel.supportLimit,
    support: scenarioModel.support,
    predictsLabels: false,
    async embedUsers(features) {
      users = await scenarioModel.embedUsers(features);
      return rowNumbers(features.rows);
    },
    async embedItems(features) {
      items = await scenarioModel.embedItems(features);
      return rowNumbers(features.rows);
    },
    adapt: (support) =>
      scenarioModel.adapt({
        ...support,
        users: selectEmbeddings(users, support.users.data),
        items: selectEmbeddings(items, support.items.data),
      }),
    async score(adaptation, { data: [user] }, { data: rows }) {
      const person = [user as number];
      const scenario = await scenarioModel.score(
        adaptation,
        selectEmbeddings(ranked ?? users, person),
        selectEmbeddings(items, rows),
      );
      if (parts === 'scenario') return scenario;
      const adapted = await adaptTo(user as number);
      const personal = await userModel.score(
        adapted,
        selectEmbeddings(profiles, person),
        selectEmbeddings(ownItems, rows),
        'pool',
      );
      if (parts === 'own') return personal;
      return sumOf(scenario, personal, personalScale(scenario, personal));
    },
  };
}

const nothing: Pick<Task, 'items' | 'labels' | 'types' | 'times'> = {
  items: new Int32Array(),
  labels: new Float32Array(),
  types: new Uint8Array(),
};

function rowNumbers(rows: number): Embeddings {
  return { rows, width: 1, data: Float32Array.from({ length: rows }, (_, row) => row) };
}
