import { describe, expect, test } from '@jest/globals';
import { contextChart, costChart, routeChart } from '../../src/paper/charts.ts';
import { renderChart } from '../../src/paper/render-chart.ts';

const count = (svg: string, pattern: RegExp) => (svg.match(pattern) ?? []).length;

describe('renderChart', () => {
  const points = [
    { scenario: 'War', x: 1, y: 2 },
    { scenario: 'War', x: 2, y: 1 },
    { scenario: 'Romance & love', x: 0, y: 0 },
  ];
  const contexts = { points, explainedVariance: [0.5, 0.25], nearestOfSame: 1, nearestByChance: 0.3 } as const;

  test('draws a point for each context, and names the scenarios and the axes', async () => {
    const svg = await renderChart(contextChart(contexts));
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(count(svg, /aria-roledescription="point"/g)).toBe(3);
    expect(svg).toContain('Romance &amp; love');
    expect(svg).toContain('component 2 (25 % of the variance)');
  });

  test('draws a line for each weight of a route, from light to dark', async () => {
    const layers = [
      {
        weights: [
          [0, 1],
          [1, 0],
        ],
      },
      { weights: [[0.5], [0.5]] },
    ];
    const svg = await renderChart(routeChart({ routes: [{ scenario: 'War', layers }], meanDistance: 0 }));
    const strokes = [...svg.matchAll(/<line aria-label="[^"]*weight: ([\d.]+)[^"]*"[^>]*stroke="([^"]+)"/g)];
    expect(strokes).toHaveLength(6);
    const colors = new Map(strokes.map(([, weight, color]) => [Number(weight), color]));
    expect([...colors.keys()].sort()).toEqual([0, 0.5, 1]);
    expect(new Set(colors.values()).size).toBe(3);
  });

  test('draws two bars for each model of a setting', async () => {
    const cost = { secondsPerEpoch: 2, peakRssMiB: 300 };
    const svg = await renderChart(
      costChart([
        { setting: 'W-W', model: 'melu', ...cost },
        { setting: 'W-W', model: 'film', ...cost },
        { setting: 'scenarios', model: 'film', ...cost },
      ]),
    );
    expect(count(svg, /aria-roledescription="bar"/g)).toBe(6);
  });

  test('gives the same text for the same chart', async () => {
    expect(await renderChart(contextChart(contexts))).toBe(await renderChart(contextChart(contexts)));
  });
});
