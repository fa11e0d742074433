import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine, Tensors, TrainingDefinition } from '../../../src/engine/engine.ts';
import { adam } from '../../../src/models/adam.ts';
import { cmmlLoss } from '../../../src/models/cmml/cmml-loss.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { matrix, numbersOf } from '../../engine/matrix.ts';
import {
  batch,
  batchSize,
  config,
  encodedItems,
  encodedUsers,
  parameters,
  schema,
} from '../../models/cmml/small-cmml.ts';
import { availableEngines } from '../../support/available-engines.ts';

const cmml: TrainingDefinition = {
  loss: cmmlLoss(config, schema),
  optimizer: adam(),
  parameters,
  constants: embeddingConstants(config, encodedUsers, encodedItems),
  inputs: episodeInputs(batchSize),
};

const cpu = availableEngines.find(({ name }) => name === 'cpu')!.engine;
const steps = 100;
let expected: readonly number[];
beforeAll(async () => {
  expected = await lossesOn(cpu);
});

describe.each(availableEngines)('training on engine $name', ({ engine }) => {
  test('a hundred steps of CMML have the same losses as on eager cpu, to 1e-4', async () => {
    const losses = await lossesOn(engine);
    const worst = Math.max(...losses.map((loss, step) => Math.abs(loss - expected[step]!)));
    expect(worst).toBeLessThan(1e-4);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  });

  test('a refused step changes nothing', async () => {
    const training = await engine.compileTraining(cmml);
    const before = await training.parameters();
    await expect(training.run({}, 1e-3)).rejects.toThrow(TypeError);
    expect(await training.parameters()).toEqual(before);
    training.dispose();
  });

  test('returned parameters are copies that later steps do not change', async () => {
    const training = await engine.compileTraining(cmml);
    const before = await training.parameters();
    const copied = Object.values(before).map(({ data }) => [...data]);
    await training.run(batch, 1e-2);
    await training.run(batch, 1e-2);
    expect(Object.values(before).map(({ data }) => [...data])).toEqual(copied);
    expect(await training.parameters()).not.toEqual(before);
    training.dispose();
  });

  test('differentiates through five inner steps of gradient descent, as in MAML', async () => {
    const inner = (weight: tf.Tensor) =>
      tf.mean(tf.square(tf.sub(tf.tanh(tf.matMul(supportX, weight)), supportY))) as tf.Scalar;
    const [supportX, supportY] = [tf.tensor2d(support.x), tf.tensor2d(support.y)];
    const fn = (_parameters: Tensors, { weight }: Tensors) => {
      const outer = (initial: tf.Tensor) => {
        let adapted = initial;
        for (let step = 0; step < innerSteps; step++)
          adapted = tf.sub(adapted, tf.mul(innerRate, tf.grad(inner)(adapted)));
        return tf.mean(
          tf.square(tf.sub(tf.tanh(tf.matMul(tf.tensor2d(query.x), adapted as tf.Tensor2D)), tf.tensor2d(query.y))),
        );
      };
      const { value, grad } = tf.valueAndGrad(outer)(weight!);
      return { loss: value, gradient: grad };
    };
    const start = [0.3, -0.5];
    const compiled = await engine.compile({
      fn,
      parameters: {},
      inputs: { weight: { dtype: 'float32', shape: [2, 1] } },
    });
    const results = await compiled.run({ weight: matrix(start.map((value) => [value])) });
    compiled.dispose();
    expect(numbersOf(results, 'loss')[0]).toBeCloseTo(outerLoss(start), 5);
    const slopes = start.map((_, axis) => {
      const at = (shift: number) => outerLoss(start.with(axis, start[axis]! + shift));
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
    numbersOf(results, 'gradient').forEach((slope, axis) => {
      expect(slope).toBeCloseTo(slopes[axis]!, 4);
    });
  });
});

async function lossesOn(engine: Engine): Promise<number[]> {
  const training = await engine.compileTraining(cmml);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push(await training.run(batch, 3e-2));
  training.dispose();
  return losses;
}

const [innerSteps, innerRate] = [5, 0.4];
const support = {
  x: [
    [1, 0.5],
    [-0.3, 0.8],
    [0.2, -1],
  ],
  y: [[0.5], [-0.2], [0.9]],
};
const query = {
  x: [
    [0.7, -0.4],
    [-1, 0.1],
  ],
  y: [[0.1], [0.6]],
};

/** The same loss in double precision, with an explicit gradient of the inner loss. */
function outerLoss(initial: readonly number[]): number {
  let weight = [...initial];
  for (let step = 0; step < innerSteps; step++) {
    const gradient = weight.map((_, axis) =>
      meanOf(
        support.x.map((row, index) => {
          const output = Math.tanh(dot(row, weight));
          return 2 * (output - support.y[index]![0]!) * (1 - output ** 2) * row[axis]!;
        }),
      ),
    );
    weight = weight.map((value, axis) => value - innerRate * gradient[axis]!);
  }
  return meanOf(query.x.map((row, index) => (Math.tanh(dot(row, weight)) - query.y[index]![0]!) ** 2));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
