import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Returns a chart of Vega-Lite as the text of an SVG file. Needs no browser. */
export async function renderChart(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
