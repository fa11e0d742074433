import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { benchAdapt } from './adapt.ts';
import { benchChaos, chaosPhases } from './chaos.ts';
import { benchEfficiency } from './efficiency.ts';
import { benchEngine } from './engine.ts';
import { benchImport } from './import.ts';
import { benchNewcomers } from './newcomers.ts';
import { benchRetrieval } from './retrieval.ts';
import { benchScenarioLists } from './scenario-lists.ts';
import { benchServing } from './serving.ts';
import { benchShop } from './shop.ts';
import { benchTrainLarge } from './train-large.ts';

interface Options {
  readonly quick?: boolean;
  readonly only?: string;
}

interface Benchmark {
  readonly summary: string;
  /** What the option `--quick` does, if there is one. */
  readonly quick?: string;
  /** What can be chosen by the option `--only`, if there is such an option. */
  readonly only?: readonly string[];
  readonly run: (options: Options) => Promise<unknown>;
}

/** One row for each benchmark. A benchmark prints ratios measured in one run and returns the results as JSON. */
const benchmarks: Record<string, Benchmark> = {
  adapt: {
    summary: 'time to adapt a model to support sets of several sizes',
    run: benchAdapt,
  },
  chaos: {
    summary: 'attacks on a running platform: kills, overload, stops, damaged models, a full disk, absurd operations',
    quick: 'finish within 4 minutes: fewer kills, stops and operations, and a soak of 20 seconds',
    only: chaosPhases,
    run: benchChaos,
  },
  efficiency: {
    summary: 'training steps, adaptation, memory and operations of CMML and of models that adapt by gradient steps',
    quick: 'finish within half a minute: small sizes and few repetitions, and no figure',
    run: benchEfficiency,
  },
  engine: {
    summary: 'training steps, scoring, an epoch and a GRU on each engine, relative to wasm',
    run: benchEngine,
  },
  import: {
    summary: 'rows per second of a bulk import, relative to a bare COPY of the same rows',
    run: benchImport,
  },
  newcomers: {
    summary: 'lists of new users of MovieLens-1M after a few films of one kind, and the time of training',
    run: benchNewcomers,
  },
  retrieval: {
    summary: 'the search for the best 1,000 of 100,000 and of a million items: time and recall',
    run: () => benchRetrieval(),
  },
  'scenario-lists': {
    summary: 'Recall@20 of lists in scenarios of MovieLens-1M, by the scenario model, the user model and both',
    run: benchScenarioLists,
  },
  serving: {
    summary:
      'a server under traffic: rates beside a bare Apollo Server, latencies, overload, training, bulk, a million items',
    quick: 'finish within 4 minutes: shorter phases, and a hundred thousand items instead of a million',
    run: benchServing,
  },
  shop: {
    summary: 'lists and category pages of the default user model and of simple ones, on a synthetic shop',
    run: benchShop,
  },
  'train-large': {
    summary:
      'training of the default user model for an epoch on data of the size of MovieLens-20M: time and peak memory',
    run: () => benchTrainLarge(),
  },
};

const program = new Command('bench').description('run a benchmark');
for (const [name, { summary, quick, only, run }] of Object.entries(benchmarks)) {
  const command = program
    .command(name)
    .description(summary)
    .option('--json <file>', 'also write the results to this file')
    .action(async ({ json, ...options }: Options & { readonly json?: string }) => {
      const measured = await run(options);
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(measured, null, 2)}\n`);
    });
  if (quick !== undefined) command.option('--quick', quick);
  if (only !== undefined) command.option('--only <names>', `some of ${only.join()}, separated by commas`);
}
await program.parseAsync();
