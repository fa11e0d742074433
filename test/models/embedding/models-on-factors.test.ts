import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { type CmmlConfigInput, parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { cmmlLoss } from '../../../src/models/cmml/cmml-loss.ts';
import { declareCmml, declareTrainedCmml } from '../../../src/models/cmml/cmml-network.ts';
import { type DcnConfigInput, parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';
import { declareDcn } from '../../../src/models/dcn/dcn-network.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { selectEmbeddings } from '../../../src/models/recommender.ts';
import { loadRecommender } from '../../../src/models/recommenders.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { ReferenceCmml } from '../cmml/reference-cmml.ts';
import { referenceEntity } from '../cmml/reference-embedding.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { ReferenceDcn } from '../dcn/reference-dcn.ts';
import { embeddings, features, items, schema, startOf, users } from './factor-catalog.ts';

const labels = { mean: 3, deviation: 1.5 };
const sizes = { embeddingWidth: 2, factorWidth: 3, labels };
const history = [
  { item: 2, label: 4 },
  { item: 5, label: 1 },
  { item: 0, label: 5 },
];
const everyItem = [...Array(items.rows).keys()];

function cmmlOf(input: CmmlConfigInput) {
  const config = parseCmmlConfig({
    ...sizes,
    labelWidths: [3],
    contextWidths: [4],
    hyperWidths: [4, 3],
    backboneWidths: [4, 3],
    ridgeWidth: 3,
    ...input,
  });
  return { kind: 'cmml', schema, config, parameters: startOf(declareCmml(config, schema)) };
}

function dcnOf(input: DcnConfigInput) {
  const config = parseDcnConfig({ ...sizes, deepWidths: [4, 3], supportLimit: 4, ...input });
  return { kind: 'dcn', schema, config, parameters: startOf(declareDcn(config, schema)) };
}

/** A user with a known ID, a user with only known features, and a user without either. */
const everyUser = [0, 2, 3];

/** Returns the served scores of every item for each of these users, who all have the history. */
async function served(
  artifact: ReturnType<typeof cmmlOf> | ReturnType<typeof dcnOf>,
  name: 'onnx' | 'wasm',
  rows: readonly number[],
): Promise<Float32Array[]> {
  const recommender = await loadRecommender(artifact, await openEngine(name));
  const all = await recommender.embedItems(items);
  const seen = history.map(({ item }) => item);
  const scores: Float32Array[] = [];
  for (const row of rows) {
    const user = selectEmbeddings(await recommender.embedUsers(users), [row]);
    const adaptation = await recommender.adapt({
      users: user,
      items: selectEmbeddings(all, seen),
      labels: Float32Array.from(history, ({ label }) => label),
    });
    scores.push(await recommender.score(adaptation, user, all));
  }
  recommender.dispose();
  return scores;
}

/** Expects the reference's score of every item for each user, known or new. */
function expectScores(scores: readonly Float32Array[], expected: (user: number, item: number) => number): void {
  for (const [at, user] of everyUser.entries()) {
    for (const item of everyItem) {
      const value = expected(user, item);
      expect(Math.abs((scores[at]?.[item] as number) - value)).toBeLessThan(1e-3 * (1 + Math.abs(value)));
    }
  }
}

describe.each(embeddings)('on $embedding, with factorProduct $factorProduct,', (embedding) => {
  const engines = ['onnx', 'wasm'] as const;

  test.each(engines)('CMML matches the reference for known and new users and items on %s', async (name) => {
    const { config, parameters } = cmmlOf(embedding);
    const reference = new ReferenceCmml(config, schema, users, items);
    const weights = weightsOf(parameters);
    expectScores(await served(cmmlOf(embedding), name, everyUser), (user, item) =>
      reference.score(
        weights,
        { user, item },
        history.map((pair) => ({ user, ...pair })),
      ),
    );
  });

  test.each(engines)('DCN matches the reference for known and new users and items on %s', async (name) => {
    const { config, parameters } = dcnOf(embedding);
    const reference = new ReferenceDcn(config, { schema, features });
    const weights = weightsOf(parameters);
    expectScores(await served(dcnOf(embedding), name, everyUser), (user, item) =>
      reference.score(weights, { user, item }),
    );
  });

  test('DCN-F fine-tunes towards the labels of a support set', async () => {
    const errorAfter = async (steps: number) => {
      const fineTuning = { steps, learningRate: 0.02 };
      const [scores] = await served(dcnOf({ ...embedding, fineTuning }), 'onnx', [0]);
      return history.reduce((sum, { item, label }) => sum + ((scores?.[item] as number) - label) ** 2, 0);
    };
    expect(await errorAfter(8)).toBeLessThan(await errorAfter(0));
  });
});

describe('the CMML loss on features and factors, with the product of these,', () => {
  const artifact = cmmlOf({ embedding: 'both', factorProduct: true });
  const { config, parameters } = artifact;
  const trained = Object.keys(declareTrainedCmml(config, schema));
  const catalog = { schema, features, config };
  const tasks = [
    {
      user: 0,
      support: history,
      query: [
        { item: 1, label: 2 },
        { item: 5, label: 4 },
      ],
    },
    {
      user: 2,
      support: history.slice(1),
      query: [
        { item: 4, label: 5 },
        { item: 3, label: 1 },
      ],
    },
  ];
  const factorsOf = (entity: 'user' | 'item') => {
    const weights = Object.fromEntries(
      Object.entries(weightsOf(parameters)).filter(([name]) => !name.endsWith('.embedding')),
    );
    const rows = features[entity].rows;
    const data = Array.from({ length: rows }, (_, row) => referenceEntity(weights, catalog, entity, row)).flat();
    return { rows, width: 3, data: Float32Array.from(data) };
  };
  const size = { tasks: 2, support: 3, query: 2, userPerPair: false };
  const places = (part: 'support' | 'query', of: (pair: { item: number; label: number } | undefined) => number) =>
    tasks.flatMap((task) => Array.from({ length: size[part] }, (_, at) => of(task[part][at])));
  const ints = (shape: number[], values: number[]) => integerTensor(shape, Int32Array.from(values));
  const floats = (shape: number[], values: number[]) => floatTensor(shape, Float32Array.from(values));
  const batch = Object.assign(
    {},
    ...(['support', 'query'] as const).map((part) => ({
      [`${part}Users`]: ints(
        [2],
        tasks.map(({ user }) => user),
      ),
      [`${part}Items`]: ints(
        [2, size[part]],
        places(part, (pair) => pair?.item ?? 0),
      ),
      [`${part}Labels`]: floats(
        [2, size[part]],
        places(part, (pair) => pair?.label ?? 0),
      ),
      [`${part}Mask`]: floats(
        [2, size[part]],
        places(part, (pair) => (pair ? 1 : 0)),
      ),
    })),
  );

  test.each(['onnx', 'wasm'] as const)(
    'on %s has the gradients of finite differences, and fixed factors',
    async (name) => {
      const frozen = weightsOf(parameters);
      const reference = new ReferenceCmml(config, schema, users, items);
      const lossOf = (weights: Weights) => {
        const losses = tasks.map(({ user, support, query }) => {
          const pairs = support.map((pair) => ({ user, ...pair }));
          const errors = query.map(
            ({ item, label }) => reference.score(weights, { user, item }, pairs, frozen) - label,
          );
          return errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
        });
        return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      };
      const learned = Object.fromEntries(trained.map((parameter) => [parameter, parameters[parameter] as never]));
      const gradients = await gradientsOf(await openEngine(name), cmmlLoss(config, schema), learned, {
        constants: embeddingConstants(config, users, items, {
          users: factorsOf('user'),
          items: factorsOf('item'),
        }),
        inputs: episodeInputs(size),
        batch,
      });
      expect(Object.keys(gradients).sort()).toEqual(trained.sort());
      for (const parameter of trained) {
        const values = frozen[parameter] as number[];
        for (const [index, value] of values.entries()) {
          const at = (changed: number) => lossOf({ ...frozen, [parameter]: values.with(index, changed) });
          const difference = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - difference)).toBeLessThan(1e-3 * (1 + Math.abs(difference)));
        }
      }
    },
  );
});
