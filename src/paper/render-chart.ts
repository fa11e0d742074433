import type { TopLevelSpec } from 'vega-lite';
import { WarmstartError } from '../common/errors.ts';

export type ChartSpec = TopLevelSpec;

/** Renders a Vega-Lite chart as SVG, without a browser. The same chart always gives the same text. */
export async function renderChart(spec: ChartSpec): Promise<string> {
  const { parse, View, compile } = await loadVega();
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

/** Throws INVALID_CONFIGURATION if the libraries are not installed, as in a production install. */
export async function loadVega() {
  try {
    const { parse, View } = await import('vega');
    const { compile } = await import('vega-lite');
    return { parse, View, compile };
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      'charts: expected the packages vega and vega-lite, which a production install leaves out; run npm ci',
      { cause },
    );
  }
}
