/**
 * Prints the resident memory in megabytes as JSON, five times: each after another thousand training steps and a thousand
 * runs of a function with results of 1 MB. Run it with `--expose-gc`.
 */
import { neg } from '@tensorflow/tfjs-core';
import { openEngine } from '../../src/engine/engines.ts';
import { adam } from '../../src/models/adam.ts';
import { cmmlLoss } from '../../src/models/cmml/cmml-loss.ts';
import { embeddingConstants } from '../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../src/models/episodes.ts';
import { batch, batchSize, config, encodedItems, encodedUsers, parameters, schema } from '../models/cmml/small-cmml.ts';

const engine = await openEngine('onnx');
const training = await engine.compileTraining({
  loss: cmmlLoss(config, schema),
  optimizer: adam(),
  parameters,
  constants: embeddingConstants(config, encodedUsers, encodedItems),
  inputs: episodeInputs(batchSize),
});
const compiled = await engine.compile({
  fn: (_parameters, { x }) => ({ y: neg(x!) }),
  parameters: {},
  inputs: { x: { dtype: 'float32', shape: ['rows', 256] } },
});
const x = { dtype: 'float32', shape: [1000, 256], data: new Float32Array(256_000) } as const;

async function residentAfterThousand(): Promise<number> {
  for (let step = 0; step < 1000; step++) {
    await training.run(batch, 1e-3);
    await compiled.run({ x });
  }
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

const resident: number[] = [];
while (resident.length < 5) resident.push(await residentAfterThousand());
process.stdout.write(`${JSON.stringify(resident)}\n`);
