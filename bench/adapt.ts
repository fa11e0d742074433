import { openEngine } from '../src/engine/engines.ts';
import { parseCmmlConfig } from '../src/models/cmml/cmml-config.ts';
import { declareCmml } from '../src/models/cmml/cmml-network.ts';
import { initialize } from '../src/models/parameter-declarations.ts';
import { selectEmbeddings } from '../src/models/recommender.ts';
import { loadRecommender } from '../src/models/recommenders.ts';
import { syntheticTasks } from './support/synthetic-tasks.ts';

const runs = 200;

/** Measures the median time to adapt CMML-FiLM to support sets of several sizes. */
export async function benchAdapt(): Promise<object[]> {
  const { schema, users, items } = syntheticTasks();
  const config = parseCmmlConfig({ labels: { mean: 3.5, deviation: 1 } });
  const artifact = { kind: 'cmml', config, schema, parameters: initialize(declareCmml(config, schema), 1) };
  const recommender = await loadRecommender(artifact, await openEngine('onnx'));
  const user = selectEmbeddings(await recommender.embedUsers(users), [0]);
  const embedded = await recommender.embedItems(items);
  const measured = [];
  for (const pairs of [1, 10, 90]) {
    const rows = Array.from({ length: pairs }, (_, index) => index);
    const support = {
      users: user,
      items: selectEmbeddings(embedded, rows),
      labels: new Float32Array(pairs).fill(4),
    };
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const started = performance.now();
      await recommender.adapt(support);
      times.push(performance.now() - started);
    }
    const milliseconds = times.sort((a, b) => a - b)[runs / 2] as number;
    process.stdout.write(
      `adapt to ${String(pairs).padStart(2)} pairs, onnx, 1 thread: ${milliseconds.toFixed(3)} ms\n`,
    );
    measured.push({ pairs, milliseconds });
  }
  recommender.dispose();
  return measured;
}
