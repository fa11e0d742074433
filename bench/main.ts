import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { benchAdapt } from './adapt.ts';
import { benchApi } from './api.ts';
import { benchEngine } from './engine.ts';
import { benchImport } from './import.ts';

/** A row a benchmark: each prints ratios measured in one run, and gives what it printed as JSON. */
const benchmarks: Record<string, { readonly summary: string; readonly run: () => Promise<unknown> }> = {
  adapt: {
    summary: 'adapting a model to support sets of several sizes',
    run: benchAdapt,
  },
  api: {
    summary: 'answers of a server process over HTTP, against answers that say nothing',
    run: benchApi,
  },
  engine: {
    summary: 'training steps, scoring, an epoch and a recurrence on each engine, against one another',
    run: benchEngine,
  },
  import: {
    summary: 'rows per second of a bulk load, against a bare COPY of the same rows',
    run: benchImport,
  },
};

const program = new Command('bench').description('benchmarks');
for (const [name, { summary, run }] of Object.entries(benchmarks)) {
  program
    .command(name)
    .description(summary)
    .option('--json <file>', 'also write what was measured to a file')
    .action(async ({ json }: { json?: string }) => {
      const measured = await run();
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(measured, null, 2)}\n`);
    });
}
await program.parseAsync();
