import { serveThread } from '../common/run-in-thread.ts';
import { type AlsProgress, alternatingLeastSquares, type UserAndItemFactors } from './alternating-least-squares.ts';
import type { FactorizationOptions } from './factorization-options.ts';
import type { Factors } from './factors.ts';
import { checkFeatureRows, type FeatureMap, type FeatureRows } from './feature-map.ts';
import { fitFeatureMap } from './fit-feature-map.ts';
import type { Interactions } from './interactions.ts';

/** The request that `factorize` sends to its thread. */
export interface ThreadRequest {
  readonly interactions: Interactions;
  readonly features: { readonly users?: FeatureRows; readonly items?: FeatureRows };
  readonly options: FactorizationOptions;
  readonly start?: Factors | undefined;
}

export interface Factorization extends UserAndItemFactors {
  /** The maps that place users and items without interactions by their features, for each side with features. */
  readonly maps: { readonly users?: FeatureMap; readonly items?: FeatureMap };
}

const sides = ['users', 'items'] as const;

function factorizeHere(
  { interactions, features, options, start }: ThreadRequest,
  report: (progress: AlsProgress) => void,
): Factorization {
  for (const side of sides) {
    const rows = features[side];
    if (rows) checkFeatureRows(rows, interactions[side], side);
  }
  const factors = alternatingLeastSquares(interactions, options, atMostEvery(reportInterval, report), start);
  const maps = sides.flatMap((side) => {
    const rows = features[side];
    return rows ? [[side, fitFeatureMap(rows, factors[side], options)]] : [];
  });
  return { ...factors, maps: Object.fromEntries(maps) };
}

/** Milliseconds between reports. More frequent messages would keep the main thread busy for no reader. */
const reportInterval = 100;

function atMostEvery(milliseconds: number, report: (progress: AlsProgress) => void): typeof report {
  let reported = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.fraction < 1 && now - reported < milliseconds) return;
    reported = now;
    report(progress);
  };
}

function arraysOf({ users, items, maps }: Factorization): ArrayBufferView[] {
  const factors = [users, items].flatMap(({ data, known }) => [data, known]);
  return [...factors, ...sides.flatMap((side) => (maps[side] ? [maps[side].data, maps[side].bias] : []))];
}

serveThread(factorizeHere, arraysOf);
