import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { loadCmml } from '../../../src/models/cmml/cmml-recommender.ts';
import type { Adaptation, ModelArtifact, Recommender } from '../../../src/models/recommender.ts';
import { selectRows } from '../../support/select-rows.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { weightsOf } from './reference-weights.ts';
import { config, encodedItems, encodedUsers, parameters, schema } from './small-cmml.ts';

const artifact: ModelArtifact = { kind: 'cmml', config, schema, parameters };
const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
const history = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
const candidates = [3, 1, 0, 2, 1];

async function load(changed: Partial<ModelArtifact> = {}, rowsPerRun = 256): Promise<Recommender> {
  const engine = { ...(await openEngine('wasm')), rowsPerRun };
  return loadCmml({ ...artifact, ...changed }, engine);
}

async function adapt(
  recommender: Recommender,
  user: number,
  pairs: readonly { item: number; label: number }[],
  earlier?: Adaptation,
): Promise<Adaptation> {
  const users = await recommender.embedUsers(selectRows(encodedUsers, [user]));
  const rows = pairs.map(({ item }) => item);
  const items = await recommender.embedItems(selectRows(encodedItems, rows));
  return recommender.adapt({ users, items, labels: Float32Array.from(pairs, ({ label }) => label) }, earlier);
}

async function scores(recommender: Recommender, user: number, adaptation: Adaptation): Promise<number[]> {
  const users = await recommender.embedUsers(selectRows(encodedUsers, [user]));
  const items = await recommender.embedItems(selectRows(encodedItems, candidates));
  return [...(await recommender.score(adaptation, users, items))];
}

function expectClose(received: readonly number[], expected: readonly number[]): void {
  expect(received).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(received[index]).toBeCloseTo(value, 4);
}

function referenceScores(user: number, pairs: readonly { item: number; label: number }[]): number[] {
  const support = pairs.map((pair) => ({ user, ...pair }));
  return candidates.map((item) => reference.score(weightsOf(parameters), { user, item }, support));
}

describe('the CMML recommender', () => {
  test.each([0, 1, 3])('matches the equations of the paper after %i interactions', async (count) => {
    const recommender = await load();
    const adaptation = await adapt(recommender, 1, history.slice(0, count));
    expectClose(await scores(recommender, 1, adaptation), referenceScores(1, history.slice(0, count)));
    recommender.dispose();
  });

  test('loads an artifact without a ridge prior as if the prior were zero', async () => {
    const { 'ridge.prior': prior, ...earlier } = parameters;
    const recommender = await load({ parameters: earlier });
    const adaptation = await adapt(recommender, 1, history);
    const weights = { ...weightsOf(parameters), 'ridge.prior': Array.from(prior?.data ?? [], () => 0) };
    const support = history.map((pair) => ({ user: 1, ...pair }));
    const expected = candidates.map((item) => reference.score(weights, { user: 1, item }, support));
    expectClose(await scores(recommender, 1, adaptation), expected);
    expect(prior?.data).toHaveLength(4);
    recommender.dispose();
  });

  test('uses the plain mean of the paper without shrinkage', async () => {
    const plain = { ...config, contextShrinkage: 0 };
    const recommender = await load({ config: plain });
    const paper = new ReferenceCmml(plain, schema, encodedUsers, encodedItems);
    for (const pairs of [history, history.slice(0, 1)]) {
      const support = pairs.map((pair) => ({ user: 1, ...pair }));
      const expected = candidates.map((item) => paper.score(weightsOf(parameters), { user: 1, item }, support));
      expectClose(await scores(recommender, 1, await adapt(recommender, 1, pairs)), expected);
    }
    expect(await scores(recommender, 1, await adapt(recommender, 1, []))).not.toContain(Number.NaN);
    recommender.dispose();
  });

  test('gives the same result for interactions one by one and all at once', async () => {
    const recommender = await load();
    const together = await adapt(recommender, 0, history);
    let folded: Adaptation | undefined;
    for (const pair of history) folded = await adapt(recommender, 0, [pair], folded);
    expect(folded?.pairs).toBe(together.pairs);
    expectClose([...(folded as Adaptation).state], [...together.state]);
    recommender.dispose();
  });

  test('does not depend on the order of interactions', async () => {
    const recommender = await load();
    const forwards = await adapt(recommender, 0, history);
    const backwards = await adapt(recommender, 0, history.toReversed());
    expectClose([...backwards.state], [...forwards.state]);
    recommender.dispose();
  });

  test('does not change an earlier adaptation', async () => {
    const recommender = await load();
    const earlier = await adapt(recommender, 0, history.slice(0, 1));
    const before = [...earlier.state];
    await adapt(recommender, 0, history.slice(1), earlier);
    expect([...earlier.state]).toEqual(before);
    recommender.dispose();
  });

  test('gives the same result in chunks of two rows as in one run', async () => {
    const chunked = await load({}, 2);
    const adaptation = await adapt(chunked, 2, history);
    expectClose(await scores(chunked, 2, adaptation), referenceScores(2, history));
    chunked.dispose();
  });

  test('lets the event loop turn between chunks', async () => {
    const recommender = await load({}, 1);
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await recommender.embedItems(encodedItems);
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(encodedItems.rows - 1);
    recommender.dispose();
  });

  test('accepts a different user for each pair', async () => {
    const recommender = await load();
    const [a, b] = history as [(typeof history)[0], (typeof history)[0]];
    const oneByOne = await adapt(recommender, 2, [b], await adapt(recommender, 1, [a]));
    const together = await recommender.adapt({
      users: await recommender.embedUsers(selectRows(encodedUsers, [1, 2])),
      items: await recommender.embedItems(selectRows(encodedItems, [a.item, b.item])),
      labels: Float32Array.of(a.label, b.label),
    });
    expectClose([...together.state], [...oneByOne.state]);
    recommender.dispose();
  });

  test('does not run the engine to score zero candidates', async () => {
    const recommender = await load();
    const users = await recommender.embedUsers(selectRows(encodedUsers, [0]));
    const none = await recommender.embedItems(selectRows(encodedItems, []));
    expect(await recommender.score(await adapt(recommender, 0, history), users, none)).toHaveLength(0);
    recommender.dispose();
  });

  test('gives identical scores after saving and loading', async () => {
    const first = await load();
    const second = await loadCmml(first.save(), await openEngine('wasm'));
    const [one, two] = await Promise.all(
      [first, second].map(async (recommender) => scores(recommender, 0, await adapt(recommender, 0, history))),
    );
    expect(two).toEqual(one);
    first.dispose();
    second.dispose();
  });

  test('refuses a support set without exactly one label per item', async () => {
    const recommender = await load();
    const support = {
      users: await recommender.embedUsers(selectRows(encodedUsers, [0])),
      items: await recommender.embedItems(selectRows(encodedItems, [0, 1])),
      labels: Float32Array.of(1),
    };
    await expect(recommender.adapt(support)).rejects.toThrow(
      'Expected one label for each of 2 items, and one user for each item or for all, got 1 labels and 1 users.',
    );
    recommender.dispose();
  });

  test('refuses an artifact with a missing parameter or a parameter of the wrong shape', async () => {
    const { 'output.bias': _, ...incomplete } = parameters;
    const expected = 'Expected parameter "output.bias" to be float32 [1] of 1 numbers, got';
    await expect(load({ parameters: incomplete })).rejects.toThrow(`${expected} none`);
    const wrong = {
      ...parameters,
      'output.bias': { dtype: 'float32', shape: [2], data: new Float32Array(2) },
    };
    await expect(load({ parameters: wrong as never })).rejects.toThrow(`${expected} float32 [2] of 2 numbers`);
  });

  test('refuses an artifact with an unknown parameter', async () => {
    const more = { ...parameters, extra: parameters['output.bias'] as never };
    await expect(load({ parameters: more })).rejects.toThrow('Expected no parameter "extra"');
  });
});
