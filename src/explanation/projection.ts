import { PCA } from 'ml-pca';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { UMAP } from 'umap-js';
import { randomSource } from '../tasks/random.ts';

const projectionMethods = ['PCA', 'UMAP'] as const;
export type ProjectionMethod = (typeof projectionMethods)[number];

/** Points of a plane, one for each projected row. */
export interface Projection {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** The share of the variance that each axis shows; only PCA has it. */
  readonly explainedVariance: readonly [number, number] | null;
}

/** Projects at least three rows with the same number of columns. The same input always gives the same points. */
export function project(method: ProjectionMethod, rows: readonly number[][]): Projection {
  return projections[method](rows);
}

const projections: Record<ProjectionMethod, (rows: readonly number[][]) => Projection> = {
  PCA: projectOnVariance,
  UMAP: projectNeighbors,
};

function projectOnVariance(rows: readonly number[][]): Projection {
  const dataset = [...rows];
  const pca = new PCA(dataset, { center: true });
  const shares = pca.getExplainedVariance();
  // If all rows are equal, there is no variance.
  const explainedVariance = [0, 1].map((axis) => shares[axis] || 0) as [number, number];
  const directions = pca.getLoadings().to2DArray();
  const signs = [0, 1].map((axis) => signOf(directions[axis] ?? []));
  const projected = pca.predict(dataset).to2DArray();
  return { points: projected.map((point) => onPlane(point, signs)), explainedVariance };
}

/** A direction and its opposite are equivalent. Chooses the one whose largest component is positive. */
function signOf(direction: readonly number[]): number {
  return direction.reduce((largest, value) => (Math.abs(value) > Math.abs(largest) ? value : largest), 0) < 0 ? -1 : 1;
}

function onPlane([x = 0, y = 0]: readonly number[], [signX = 1, signY = 1]: readonly number[]): [number, number] {
  return [signX * x, signY * y];
}

const maxNeighbors = 15;
const seed = 1;

function projectNeighbors(rows: readonly number[][]): Projection {
  const random = randomSource(seed);
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(maxNeighbors, rows.length - 1),
    random: () => uniformFloat64(random),
  });
  return { points: umap.fit([...rows]).map((point) => onPlane(point, [])), explainedVariance: null };
}
