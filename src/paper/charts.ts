import type { ChartSpec } from './render-chart.ts';
import type { ScenarioRoutes } from './scenario-routes.ts';
import type { TaskContexts } from './task-contexts.ts';

/** What training a model costs, in one setting. */
export interface ModelCost {
  readonly setting: string;
  readonly model: string;
  readonly secondsPerEpoch: number;
  readonly peakRssMiB: number;
}

/** Figure 2: bars of the time and the memory that models need, a row of charts for each setting. */
export function costChart(costs: readonly ModelCost[]): ChartSpec {
  const bars = (field: keyof ModelCost, title: string) => ({
    mark: 'bar' as const,
    width: 260,
    encoding: {
      y: { field: 'model', type: 'nominal' as const, title: null, sort: null },
      x: { field, type: 'quantitative' as const, title },
    },
  });
  const settings = [...new Set(costs.map(({ setting }) => setting))];
  return {
    vconcat: settings.map((setting) => ({
      title: { text: setting, anchor: 'start' as const },
      data: { values: costs.filter((cost) => cost.setting === setting) },
      hconcat: [bars('secondsPerEpoch', 'seconds per epoch'), bars('peakRssMiB', 'peak memory, MiB')],
    })),
  };
}

/** Figure 3: a point for the context of each support set, in the color of its scenario. */
export function contextChart({ points, explainedVariance }: TaskContexts): ChartSpec {
  const axis = (index: 0 | 1) =>
    `component ${index + 1} (${Math.round(100 * explainedVariance[index])} % of the variance)`;
  return {
    width: 420,
    height: 320,
    data: { values: points.map((point) => ({ ...point })) },
    mark: { type: 'point', filled: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: axis(0) },
      y: { field: 'y', type: 'quantitative', title: axis(1) },
      color: { field: 'scenario', type: 'nominal', scale: { scheme: 'tableau10' }, legend: { labelLimit: 0 } },
      shape: { field: 'scenario', type: 'nominal' },
    },
  };
}

/** Figure 4: the modules of each layer, and between them the weights, from light (0) to dark (1). */
export function routeChart({ routes }: ScenarioRoutes): ChartSpec {
  const edges = routes.flatMap(({ scenario, layers }) =>
    layers.flatMap(({ weights }, layer) =>
      weights.flatMap((row, module) =>
        row.map((weight, target) => ({
          ...{ scenario, weight, layer, next: layer + 1 },
          module: centered(module, weights.length),
          target: centered(target, row.length),
        })),
      ),
    ),
  );
  const place = { type: 'quantitative' as const, axis: null };
  return {
    data: { values: edges },
    facet: { field: 'scenario', type: 'nominal', title: null },
    columns: 2,
    config: { view: { stroke: null } },
    spec: {
      width: 240,
      height: 160,
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 4, strokeCap: 'round' },
          encoding: {
            x: { field: 'layer', ...place },
            x2: { field: 'next' },
            y: { field: 'module', ...place },
            y2: { field: 'target' },
            color: { field: 'weight', type: 'quantitative', scale: { scheme: 'blues', domain: [0, 1] } },
          },
        },
        {
          mark: { type: 'circle', size: 160, opacity: 1, color: '#444' },
          encoding: { x: { field: 'layer', ...place }, y: { field: 'module', ...place } },
        },
        {
          mark: { type: 'circle', size: 160, opacity: 1, color: '#444' },
          encoding: { x: { field: 'next', ...place }, y: { field: 'target', ...place } },
        },
      ],
    },
  };
}

/** Returns the place of one of `count` modules. The middle of a layer is at 0. */
function centered(index: number, count: number): number {
  return (count - 1) / 2 - index;
}
