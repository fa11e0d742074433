import { Command } from 'commander';
import { benchImport } from './import.ts';

/** A row a benchmark: each prints ratios measured in one run, and gives what it printed as JSON. */
const benchmarks: Record<string, { readonly summary: string; readonly run: () => Promise<unknown> }> = {
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
    .action(async () => void (await run()));
}
await program.parseAsync();
