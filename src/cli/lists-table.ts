import { shownCounts } from '../evaluation/evaluate-lists.ts';
import { type MetricName, metricTitle } from '../evaluation/metrics.ts';
import type { ListCounts, MeasuredLists, Metrics } from '../model-benchmark/experiment.ts';
import type { Estimate, Estimates, ModelMeasurement } from '../model-benchmark/measure-model.ts';
import { alignedLines, formatEstimate } from './benchmark-table.ts';

type Lists = Estimates<MeasuredLists>;

/** A model that was measured by the protocol of lists. */
interface ListsRow extends ModelMeasurement {
  readonly lists: Lists;
  readonly listCounts: ListCounts;
}

/** Formats a block of lines for each kind of metric. Each block has one line for each model. */
export function listsTable(measured: readonly ModelMeasurement[]): string {
  const rows = measured.filter(isListsRow);
  const counts = (rows[0] as ListsRow).listCounts;
  return [
    byShown(rows, 'recall20', 4),
    byShown(rows, 'ndcg20', 4),
    byShown(rows, 'coverage10', 0),
    ...(counts.newItems > 0 ? [newItems(rows)] : []),
    training(rows),
    testUsers(counts),
  ].join('\n\n');
}

/** Returns the results file of the protocol of lists, without what describes the request. */
export function listsResults(measured: readonly ModelMeasurement[]) {
  const rows = measured.filter(isListsRow);
  return {
    ...(rows[0] as ListsRow).listCounts,
    rows: rows.map(({ metrics: _, lists, listCounts: __, trainingTasks: ___, testTasks: ____, model, ...rest }) => ({
      model,
      ...lists,
      ...rest,
    })),
  };
}

function isListsRow(row: ModelMeasurement): row is ListsRow {
  return row.lists !== undefined && row.listCounts !== undefined;
}

/** One column for each number of shown interactions, and one for users of whom nothing is known. */
function byShown(rows: readonly ListsRow[], name: MetricName, digits: number): string {
  const cells = ({ lists }: ListsRow) => [
    lists.withoutFeatures[0]?.[name],
    ...shownCounts.map((shown) => lists.shown[shown]?.[name]),
  ];
  const header = [metricTitle(name), 'nothing known', ...shownCounts.map((shown) => `${shown} shown`)];
  return block(header, rows, (row) => cells(row).map((cell) => formatEstimate(cell, digits)));
}

/** Lists of only new items, and recall in lists of all items by the number of interactions in training. */
function newItems(rows: readonly ListsRow[]): string {
  const ranges = ['0', '1-5', '6-20', 'more'] as const;
  const header = ['New items', 'Recall@20', 'NDCG@20', ...ranges.map((range) => `Recall@20, ${range} trained`)];
  return block(header, rows, ({ lists: { newItems } }) => {
    const among: Estimates<Metrics> = newItems?.amongThemselves ?? {};
    const byCount = ranges.map((range) => newItems?.wholeList[range]?.recall20);
    return [among.recall20, among.ndcg20, ...byCount].map((cell: Estimate | undefined) => formatEstimate(cell, 4));
  });
}

function training(rows: readonly ListsRow[]): string {
  return block(['Training', 's/epoch', 'epochs', 'parameters', 'peak MiB'], rows, (row) => [
    row.secondsPerEpoch.toFixed(2),
    row.epochs.toFixed(1),
    row.parameters.toLocaleString('en'),
    row.peakRssMiB.toFixed(0),
  ]);
}

function block(
  header: readonly string[],
  rows: readonly ListsRow[],
  cells: (row: ListsRow) => readonly string[],
): string {
  return alignedLines([header, ...rows.map((row) => [row.model, ...cells(row)])]).join('\n');
}

function testUsers({ users, items, newItems, positive }: ListCounts): string {
  const counts = shownCounts.filter((shown) => shown !== 'all' && shown > 0);
  const withAsMany = counts.map((shown) => users[shown]).join(', ');
  const ofWhich = newItems > 0 ? `, ${newItems} of them new` : '';
  const toShow = `${users.all} test users; with at least ${counts.join(', ')} interactions to show: ${withAsMany}`;
  return `${toShow}\n${items} items${ofWhich}; ratings from ${positive} on are liked, and all other interactions`;
}
