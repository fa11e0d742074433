import { contextChart, costChart, type ModelCost, routeChart } from './charts.ts';
import type { FigureUnits } from './figure-units.ts';
import type { FinishedUnits } from './finished-units.ts';
import type { MeasurementsOf } from './measured-tables.ts';
import type { ModelUnit } from './model-units.ts';
import type { Parts } from './parts.ts';
import { renderChart } from './render-chart.ts';
import type { ScenarioRoutes } from './scenario-routes.ts';
import { partTitle } from './settings.ts';
import type { TaskContexts } from './task-contexts.ts';
import type { Unit } from './unit.ts';

/** A figure as SVG, with its file name and what it shows. */
export interface DrawnFigure {
  readonly title: string;
  readonly name: string;
  readonly text: string;
  readonly svg: string;
}

export interface FigureSources {
  readonly parts: Parts;
  readonly models: readonly ModelUnit[];
  /** Absent if the data has too few scenarios of MovieLens. */
  readonly trained: FigureUnits | undefined;
  readonly finished: FinishedUnits;
  readonly measurementsOf: MeasurementsOf;
}

/** Draws the chosen figures whose units are finished. */
export async function drawFigures(sources: FigureSources): Promise<DrawnFigure[]> {
  const { parts, trained, finished } = sources;
  const resultOf = <Result>(unit: Unit<Result> | undefined) =>
    unit && (finished.get(unit.key)?.result as Result | undefined);
  const costs = costsOf(sources);
  const contexts = resultOf(trained?.contexts);
  const routes = resultOf(trained?.routes);
  return [
    ...(parts.figures.has(2) && costs.length > 0 ? [await drawCosts(costs)] : []),
    ...(parts.figures.has(3) && contexts ? [await drawContexts(contexts)] : []),
    ...(parts.figures.has(4) && routes ? [await drawRoutes(routes)] : []),
  ];
}

/** The costs of all models with epochs, means over their seeds. */
function costsOf({ models, measurementsOf }: FigureSources): ModelCost[] {
  const groups = new Map(models.map((unit) => [unit.group, unit]));
  return [...groups.values()].flatMap((unit): ModelCost[] => {
    const runs = measurementsOf(unit).filter(({ epochs }) => epochs > 0);
    if (runs.length === 0) return [];
    const mean = (field: 'secondsPerEpoch' | 'peakRssMiB') =>
      runs.reduce((sum, run) => sum + run[field], 0) / runs.length;
    const { model } = unit;
    return [
      { setting: partTitle(unit), model, secondsPerEpoch: mean('secondsPerEpoch'), peakRssMiB: mean('peakRssMiB') },
    ];
  });
}

async function drawCosts(costs: readonly ModelCost[]): Promise<DrawnFigure> {
  return {
    title: 'Figure 2: time and memory',
    name: 'paper-figure-2.svg',
    text:
      'Seconds for one epoch of training and validation, and the peak memory of the process that trained and measured ' +
      'a model. Whatever else ran on the machine counts too.',
    svg: await renderChart(costChart(costs)),
  };
}

async function drawContexts(contexts: TaskContexts): Promise<DrawnFigure> {
  const { points, nearestOfSame, nearestByChance } = contexts;
  const scenarios = new Set(points.map(({ scenario }) => scenario)).size;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return {
    title: 'Figure 3: contexts of tasks',
    name: 'paper-figure-3.svg',
    text:
      `Contexts that \`film-paper\` computes for ${points.length / scenarios} support sets of each of ${scenarios} test scenarios, ` +
      `projected by PCA. For ${percent(nearestOfSame)} of the contexts, the nearest other context is of the same scenario; ` +
      `by chance, it would be ${percent(nearestByChance)}. In the paper, the contexts of a scenario form a cluster.`,
    svg: await renderChart(contextChart(contexts)),
  };
}

async function drawRoutes(routes: ScenarioRoutes): Promise<DrawnFigure> {
  return {
    title: 'Figure 4: routes of soft modules',
    name: 'paper-figure-4.svg',
    text:
      `Weights between the modules of \`soft-paper\` in ${routes.routes.length} test scenarios; darker is larger. ` +
      `The weights of two scenarios differ by ${routes.meanDistance.toFixed(3)} on average. ` +
      'In the paper, two tasks activate visibly different routes.',
    svg: await renderChart(routeChart(routes)),
  };
}
