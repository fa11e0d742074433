import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { engineBenchmark } from './engine.ts';
import { type Measurement, printTable } from './support/measurement.ts';

/** Each prints what it measured in one run: ratios between machines mean nothing. */
const benchmarks: Readonly<Record<string, () => AsyncIterable<Measurement>>> = { engine: engineBenchmark };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const benchmark = benchmarks[positionals[0] ?? ''];
if (benchmark === undefined) {
  process.stderr.write(`usage: npm run -s bench -- <${Object.keys(benchmarks).join('|')}> [--json FILE]\n`);
  process.exitCode = 1;
} else {
  const measurements: Measurement[] = [];
  for await (const measurement of benchmark()) {
    measurements.push(measurement);
    process.stderr.write(`measured ${measurement.what}, ${measurement.how}\n`);
  }
  process.stdout.write(printTable(measurements));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, null, 2)}\n`);
}
