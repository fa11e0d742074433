import { beforeAll, describe, expect, test } from '@jest/globals';
import { fieldsOf } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import type { Database } from '../../src/store/database.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveModel, serveUntrainedModel, untrainedListModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const edges = '{ edges { score predictedRating reason node { externalId } } }';

interface Edge {
  readonly score: number;
  readonly predictedRating: number | null;
  readonly reason: string;
  readonly node: { readonly externalId: string };
}

/**
 * A model with one factor of ratings from 1 to 5, whose mean is 3 and deviation 1. The bias of item n is n / 10. Item 5 has
 * the factor 1, item 6 the factor 2, and the others 0.
 */
async function ratingModel(database: Database): Promise<ModelArtifact> {
  const artifact = await untrainedListModel(database, 3, {
    labels: { mean: 3, deviation: 1 },
    positiveFrom: 4,
    ratingHead: { width: 1, regularization: 7, biasRegularization: 4 },
  });
  const { 'rating.items': items, 'rating.range': range } = artifact.parameters;
  const ids = fieldsOf(artifact.schema, 'item').at(-1)?.vocabulary ?? [];
  for (const [row, id] of ids.entries()) {
    items?.data.set([Number(id.slice(1)) / 10, { i5: 1, i6: 2 }[id] ?? 0], 2 * (row + 1));
  }
  range?.data.set([1, 5]);
  return artifact;
}

/**
 * User u1 rates item 5 with 4.5: 4.5 − 3 − 0.5 = 1 is left for z = (1, 1) and the penalty (4, 7). The matrix [[5, 1], [1, 8]]
 * has the determinant 39, so the user's bias is (8 − 1) / 39, and the factor (5 − 1) / 39.
 */
const [bias, factor] = [7 / 39, 4 / 39];
const expected = (id: string) => 3 + Number(id.slice(1)) / 10 + bias + factor * ({ i5: 1, i6: 2 }[id] ?? 0);

describe('predicted ratings', () => {
  const db = testDatabase();
  const server = testServer(db);
  const listOf = async (arguments_: string, fields = edges): Promise<readonly Edge[]> => {
    const { data, errors } = await server.ask(`{ recommendations(${arguments_}) ${fields} }`);
    expect(errors).toBeUndefined();
    return (data as { recommendations: { edges: Edge[] } }).recommendations.edges;
  };
  const ofU1 = 'for: { user: "u1" }, includeSeen: true, first: 100';

  beforeAll(async () => {
    const scenarios = [
      { id: 's1', title: 'First', items: ['i1', 'i2', 'i6'] },
      { id: 's2', title: 'Second', items: ['i3', 'i4', 'i6'] },
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 8), scenarios }), { ratingScale });
    await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: 'i7', type: 'VIEW' });
    await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: 'i5', type: 'RATE', value: 4.5 });
  });

  test('are null in lists of popular items', async () => {
    const listed = await listOf(ofU1);
    expect(listed).toHaveLength(8);
    for (const edge of listed) expect(edge.predictedRating).toBeNull();
  });

  describe('of a model that ranks the catalog and was trained with ratings', () => {
    beforeAll(async () => serveModel(db.database, await ratingModel(db.database), { servesFrom: 0 }));

    const expectRatings = (listed: readonly Edge[]) => {
      for (const { predictedRating, node } of listed) expect(predictedRating).toBeCloseTo(expected(node.externalId), 5);
    };

    test('follow from the ratings of the user as worked out by hand, and do not order the list', async () => {
      const listed = await listOf(ofU1);
      expect(listed).toHaveLength(8);
      expectRatings(listed);
      const ratings = listed.map(({ predictedRating }) => predictedRating as number);
      expect(ratings).not.toEqual(ratings.toSorted((a, b) => b - a));
    });

    test('are those of the mean user without ratings', async () => {
      for (const target of ['user: "u2"', 'visitor: {}']) {
        const listed = await listOf(`for: { ${target} }, first: 100`);
        expect(listed).toHaveLength(8);
        for (const { predictedRating, node } of listed)
          expect(predictedRating).toBeCloseTo(3 + Number(node.externalId.slice(1)) / 10, 5);
      }
    });

    test('of a visitor equal those of a user with the same interactions', async () => {
      const interactions = '[{ item: "i7", type: VIEW }, { item: "i5", type: RATE, value: 4.5 }]';
      expectRatings(await listOf(`for: { visitor: { interactions: ${interactions} } }, first: 100`));
    });

    test('are on later pages and on shelves', async () => {
      const first = `recommendations(${ofU1.replace('100', '3')}) { pageInfo { endCursor } }`;
      const { data } = await server.ask(`{ ${first} }`);
      const { endCursor } = (data as { recommendations: { pageInfo: { endCursor: string } } }).recommendations.pageInfo;
      const later = await listOf(`${ofU1}, after: "${endCursor}"`);
      expect(later).toHaveLength(5);
      expectRatings(later);
      const { data: shelved } = await server.ask(
        `{ shelves(for: { user: "u1" }, scenarios: ["s1", "s2"], first: 2) { recommendations ${edges} } }`,
      );
      const shelves = shelved?.shelves as { recommendations: { edges: Edge[] } }[];
      expect(shelves.flatMap(({ recommendations }) => recommendations.edges).length).toBeGreaterThanOrEqual(4);
      for (const { recommendations } of shelves) expectRatings(recommendations.edges);
    });

    test('of a new item are those of an item of which nothing is known', async () => {
      await db.database.item.create({ data: { externalId: 'new', title: 'New', features: {} } });
      const listed = await listOf(ofU1);
      await db.database.item.delete({ where: { externalId: 'new' } });
      const edge = listed.find(({ node }) => node.externalId === 'new');
      expect(edge?.predictedRating).toBeCloseTo(3 + bias, 5);
    });

    test('take no SQL statement of their own', async () => {
      await listOf(ofU1);
      const without = await countStatements(() => listOf(ofU1, '{ edges { score } }'));
      expect(await countStatements(() => listOf(ofU1, '{ edges { score predictedRating } }'))).toBe(without);
    });
  });

  test('are null if the model was trained without ratings', async () => {
    const untaught = await untrainedListModel(db.database, 3, { ratingHead: { width: 0 } });
    await serveModel(db.database, untaught, { servesFrom: 0 });
    const listed = await listOf(ofU1);
    expect(listed).toHaveLength(8);
    for (const { predictedRating } of listed) expect(predictedRating).toBeNull();
  });

  test('are the scores of a model that was trained to predict ratings', async () => {
    await serveUntrainedModel(db.database, 3);
    const listed = await listOf(ofU1);
    expect(listed).toHaveLength(8);
    for (const { predictedRating, score } of listed) expect(predictedRating).toBe(score);
  });

  describe('in the list of a scenario model', () => {
    const inScenario = (user: string) =>
      listOf(`for: { user: "${user}" }, scenario: "s1", includeSeen: true, first: 100`);
    beforeAll(async () => {
      await serveUntrainedModel(db.database, 4, { taskKind: 'SCENARIO', support: 'positives' });
      const purchase = { userId: 'u2', itemId: 'i1', type: 'PURCHASE' } as const;
      await recordInteraction(db.pool, ratingScale, purchase);
    });

    test('are those of the personal model', async () => {
      await serveModel(db.database, await ratingModel(db.database), { servesFrom: 0 });
      const listed = await inScenario('u1');
      expect(listed).toHaveLength(3);
      for (const { predictedRating, node } of listed) expect(predictedRating).toBeCloseTo(expected(node.externalId), 5);
    });

    test('are null if the user model predicts ratings only, because it has no part in the list', async () => {
      await serveUntrainedModel(db.database, 3);
      for (const { predictedRating } of await inScenario('u1')) expect(predictedRating).toBeNull();
    });

    test('are null for a user without interactions, because no personal model takes part', async () => {
      const listed = await inScenario('u3');
      expect(listed).toHaveLength(3);
      for (const { predictedRating } of listed) expect(predictedRating).toBeNull();
    });
  });
});
