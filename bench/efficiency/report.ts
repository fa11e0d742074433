import type { EfficiencyRow } from './measure-rows.ts';
import { modelOf } from './rows.ts';

type Cost = 'trainStepMs' | 'adaptAndScoreMs' | 'peakMiB';

/** Returns the costs of all rows and their ratios to those of the first row, as a table. */
export function efficiencyTable(rows: readonly EfficiencyRow[]): string {
  const header = ['model', 'steps', 'training step', 'adapt and score', 'peak memory', 'operations', 'of training'];
  const lines = [header, ...rows.map((row) => cellsOf(row, rows[0]!))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const print = (line: string[]) => line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return lines.map((line) => `${print(line).trimEnd()}\n`).join('');
}

function cellsOf(row: EfficiencyRow, first: EfficiencyRow): string[] {
  const cell = (key: Cost | 'flops' | 'trainFlops', text: string) =>
    row === first ? text : `${text}, ${figure(row[key] / first[key])} x`;
  return [
    row.model,
    row.steps === null ? 'none' : `${row.steps}`,
    cell('trainStepMs', `${figure(row.trainStepMs)} ms`),
    cell('adaptAndScoreMs', `${figure(row.adaptAndScoreMs)} ms`),
    takesWholeBatches(row) ? cell('peakMiB', `${figure(row.peakMiB)} MiB`) : `${figure(row.peakMiB)} MiB, one task`,
    cell('flops', `${figure(row.flops / 1e6)} million`),
    cell('trainFlops', `${figure(row.trainFlops / 1e6)} million`),
  ];
}

/** What is expected of the first model against one with this number of steps: at most this share of the cost. */
interface Expectation {
  readonly cost: Cost;
  readonly against: number;
  readonly ratio: number;
}

const expectations: readonly Expectation[] = [
  { cost: 'adaptAndScoreMs', against: 1, ratio: 1 },
  { cost: 'trainStepMs', against: 5, ratio: 5 },
  { cost: 'adaptAndScoreMs', against: 5, ratio: 5 },
  { cost: 'trainStepMs', against: 1, ratio: 1 },
  { cost: 'peakMiB', against: 1, ratio: 1 },
];

/** Whether a training step has all tasks of the batch. Only then, its memory can be compared. */
function takesWholeBatches(row: EfficiencyRow): boolean {
  return !modelOf(row).oneTaskPerStep;
}

interface CostInWords {
  readonly what: string;
  readonly purpose: string;
  readonly unit: string;
}

const costsInWords: Readonly<Record<Cost, CostInWords>> = {
  trainStepMs: { what: 'the time', purpose: 'to take a training step', unit: 'ms' },
  adaptAndScoreMs: { what: 'the time', purpose: 'to adapt and score', unit: 'ms' },
  peakMiB: { what: 'the memory', purpose: 'to train', unit: 'MiB' },
};

/** Returns one sentence for each expectation, which says whether it holds for these rows. */
export function comparisons(rows: readonly EfficiencyRow[]): string {
  const [first, ...others] = rows as [EfficiencyRow, ...EfficiencyRow[]];
  const lines = expectations.flatMap((expectation) =>
    others
      .filter((row) => row.steps === expectation.against)
      .filter((row) => expectation.cost !== 'peakMiB' || takesWholeBatches(row))
      .map((other) => `${sentence(expectation, first, other)}\n`),
  );
  return [`${first.model} takes no gradient steps, so its cost does not depend on their number.\n`, ...lines].join('');
}

function sentence({ cost, ratio }: Expectation, first: EfficiencyRow, other: EfficiencyRow): string {
  const holds = first[cost] * ratio <= other[cost] ? 'Holds' : 'Does not hold';
  const { what, purpose, unit } = costsInWords[cost];
  const share = ratio === 1 ? what : `1/${ratio} of ${what}`;
  const measured = against(first[cost], other[cost], unit);
  const fastest =
    cost === 'peakMiB' ? '' : `; of the fastest runs, ${against(first.fastest[cost], other.fastest[cost], 'ms')}`;
  return `${holds}: ${first.model} needs at most ${share} of ${other.model} ${stepsOf(other)} ${purpose} (${measured}${fastest}).`;
}

function stepsOf({ steps }: EfficiencyRow): string {
  return `with ${steps} step${steps === 1 ? '' : 's'}`;
}

function against(first: number, other: number, unit: string): string {
  return `${figure(first)} against ${figure(other)} ${unit}, ${figure(other / first)} x`;
}

function figure(value: number): string {
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { maximumFractionDigits: decimals });
}
