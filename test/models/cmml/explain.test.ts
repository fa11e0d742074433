import { describe, expect, test } from '@jest/globals';
import type { CompiledFunction, Engine, HostTensor, HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { type CmmlConfigInput, contextEncoderKinds, hybridKinds } from '../../../src/models/cmml/cmml-config.ts';
import { loadCmml } from '../../../src/models/cmml/cmml-recommender.ts';
import type { Recommender } from '../../../src/models/recommender.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { referenceBackbone } from './reference-modulations.ts';
import { dense, weightsOf } from './reference-weights.ts';
import { encodedItems, encodedUsers, schema, smallModel } from './small-cmml.ts';
import { adapt, expectAllClose, itemRows, loadSmall, scoresOf, smallArtifact, userRow } from './small-recommender.ts';

const history = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
];
const candidates = [3, 1, 0, 2, 1];

async function explain(recommender: Recommender, items = candidates): Promise<HostTensors> {
  const adaptation = await adapt(recommender, 1, history);
  return recommender.explain(adaptation, await userRow(recommender, 1), await itemRows(recommender, items));
}

/** Returns an item's row of an explanation array of any shape. */
function rowAt(explained: HostTensors, name: string, item: number): number[] {
  const { shape, data } = explained[name] as HostTensors[string];
  const size = data.length / (shape[0] as number);
  return [...data.slice(item * size, (item + 1) * size)];
}

/** Expects that `score` computes the model's standardized score from the explanation, for each candidate. */
async function expectRecombined(
  variant: CmmlConfigInput,
  score: (explained: HostTensors, item: number, embedding: readonly number[]) => number,
): Promise<void> {
  const { config, parameters } = smallModel(variant);
  const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
  const support = history.map((pair) => ({ user: 1, ...pair }));
  const recommender = await loadSmall(variant, 'onnx');
  const explained = await explain(recommender);
  const user = await userRow(recommender, 1);
  const items = await itemRows(recommender, candidates);
  const scores = await scoresOf(recommender, 1, await adapt(recommender, 1, history), candidates);
  const recombined = candidates.map((_, item) => {
    const embedding = [...user.data, ...items.data.slice(item * items.width, (item + 1) * items.width)];
    const pair = { user: 1, item: candidates[item] as number };
    const [ridge] = rowAt(explained, 'ridge', item) as [number];
    expect(ridge).toBeCloseTo(reference.ridge(weightsOf(parameters), pair, support), 4);
    return config.labels.mean + config.labels.deviation * (score(explained, item, embedding) + ridge);
  });
  expectAllClose(recombined, scores);
  recommender.dispose();
}

describe.each(hybridKinds)('an explanation with the hybrid %s', (hybrid) => {
  test('of linear has the weights, the bias and the weighted hidden units', async () => {
    await expectRecombined({ hybrid, modulation: 'linear' }, (explained, item) => {
      const [weight, hidden] = [rowAt(explained, 'weight', item), rowAt(explained, 'hidden', item)];
      const [bias] = rowAt(explained, 'bias', item) as [number];
      return weight.reduce((sum, value, unit) => sum + value * (hidden[unit] as number), bias);
    });
  });

  test('of film has the scales and shifts of the backbone', async () => {
    const variant = { hybrid, modulation: 'film' } as const;
    const weights = weightsOf(smallModel(variant).parameters);
    await expectRecombined(variant, (explained, item, embedding) => {
      const at = (name: string, layer: number) => rowAt(explained, `${name}.${layer + 1}`, item);
      const hidden = referenceBackbone(
        weights,
        embedding,
        (value, layer, unit) => value * (at('scale', layer)[unit] as number) + (at('shift', layer)[unit] as number),
      );
      return dense(weights, 'output', hidden)[0] as number;
    });
  });

  test('of sigmoid has the gates of the backbone, between 0 and 1', async () => {
    const variant = { hybrid, modulation: 'sigmoid' } as const;
    const weights = weightsOf(smallModel(variant).parameters);
    await expectRecombined(variant, (explained, item, embedding) => {
      const hidden = referenceBackbone(weights, embedding, (value, layer, unit) => {
        const gate = rowAt(explained, `gate.${layer + 1}`, item)[unit] as number;
        expect(gate).toBeGreaterThan(0);
        expect(gate).toBeLessThan(1);
        return value * gate;
      });
      return dense(weights, 'output', hidden)[0] as number;
    });
  });

  test.each([
    ['linear', { weight: [5, 3], bias: [5, 1], hidden: [5, 3] }],
    ['sigmoid', { 'gate.1': [5, 4], 'gate.2': [5, 3] }],
    ['film', { 'scale.1': [5, 4], 'shift.1': [5, 4], 'scale.2': [5, 3], 'shift.2': [5, 3] }],
    ['softModules', { 'route.1': [5, 3, 3], 'route.2': [5, 3, 3], 'route.3': [5, 3, 1] }],
  ] as const)('of %s has a row for each item, in chunks of two rows too', async (modulation, shapes) => {
    const whole = await loadSmall({ hybrid, modulation });
    const chunked = await loadSmall({ hybrid, modulation }, 'wasm', 2);
    const [expected, explained] = [await explain(whole), await explain(chunked)];
    const found = Object.entries(explained).map(([name, { shape }]) => [name, [...shape]]);
    expect(Object.fromEntries(found)).toEqual({ ...shapes, context: [5, 12], ridge: [5] });
    for (const [name, { data }] of Object.entries(expected)) {
      expectAllClose([...dataOf(explained[name])], [...data], 5);
    }
    whole.dispose();
    chunked.dispose();
  });
});

describe.each(contextEncoderKinds)('the context in an explanation with the encoder %s', (encoder) => {
  test('matches the equations of the paper and is the same for each item', async () => {
    const { config, parameters } = smallModel({ encoder });
    const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
    const support = history.map((pair) => ({ user: 1, ...pair }));
    // Without a hybrid, the hybrid context is the context itself.
    const none = new ReferenceCmml({ ...config, hybrid: 'none' }, schema, encodedUsers, encodedItems);
    const expected = none.hybrid(weightsOf(parameters), { user: 1, item: 0 }, support);
    expect(reference.hybrid(weightsOf(parameters), { user: 1, item: 0 }, support)).not.toEqual(expected);
    const recommender = await loadSmall({ encoder });
    const explained = await explain(recommender);
    for (const item of candidates.keys()) expectAllClose(rowAt(explained, 'context', item), expected);
    recommender.dispose();
  });
});

describe('explaining', () => {
  test('compiles its function once, on first use, and disposes of it with the others', async () => {
    const { engine, live } = await counting();
    const recommender = await loadCmml(smallArtifact({}), engine);
    const before = live();
    await Promise.all([explain(recommender), explain(recommender)]);
    expect(live()).toBe(before + 1);
    recommender.dispose();
    await Promise.resolve();
    expect(live()).toBe(0);
  });

  test('compiles again after a failed compilation', async () => {
    const engine = await openEngine('wasm');
    let failing = false;
    const compile: Engine['compile'] = (definition) =>
      failing ? Promise.reject(new Error('out of memory')) : engine.compile(definition);
    const recommender = await loadCmml(smallArtifact({}), { ...engine, compile });
    failing = true;
    await expect(explain(recommender)).rejects.toThrow('out of memory');
    failing = false;
    expect(Object.keys(await explain(recommender))).toContain('scale.1');
    recommender.dispose();
  });

  test('gives no arrays without items', async () => {
    const recommender = await loadSmall({});
    expect(await explain(recommender, [])).toEqual({});
    recommender.dispose();
  });
});

/** An engine that counts its functions that are not disposed of. */
async function counting(): Promise<{ engine: Engine; live: () => number }> {
  const engine = await openEngine('wasm');
  let live = 0;
  const compile = async (definition: Parameters<Engine['compile']>[0]): Promise<CompiledFunction> => {
    const { run, dispose } = await engine.compile(definition);
    live += 1;
    return {
      run,
      dispose: () => {
        live -= 1;
        dispose();
      },
    };
  };
  return { engine: { ...engine, compile }, live: () => live };
}

function dataOf(tensor: HostTensor | undefined): Float32Array {
  return (tensor as HostTensor).data as Float32Array;
}
