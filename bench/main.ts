import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { benchAdapt } from './adapt.ts';
import { benchApi } from './api.ts';
import { benchEngine } from './engine.ts';
import { benchImport } from './import.ts';
import { benchNewcomers } from './newcomers.ts';
import { benchRetrieval } from './retrieval.ts';
import { benchScenarioLists } from './scenario-lists.ts';
import { benchShop } from './shop.ts';
import { benchTrainLarge } from './train-large.ts';

/** One row for each benchmark. A benchmark prints ratios measured in one run and returns the results as JSON. */
const benchmarks: Record<string, { readonly summary: string; readonly run: () => Promise<unknown> }> = {
  adapt: {
    summary: 'time to adapt a model to support sets of several sizes',
    run: benchAdapt,
  },
  api: {
    summary: 'requests per second of a server over HTTP, relative to requests for `__typename`',
    run: benchApi,
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
for (const [name, { summary, run }] of Object.entries(benchmarks)) {
  program
    .command(name)
    .description(summary)
    .option('--json <file>', 'also write the results to this file')
    .action(async ({ json }: { json?: string }) => {
      const measured = await run();
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(measured, null, 2)}\n`);
    });
}
await program.parseAsync();
