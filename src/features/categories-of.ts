import type { FeatureValue } from './feature-schema.ts';

/** The distinct categories a value names, in the client's order; none when it is unknown. */
export function categoriesOf(value: FeatureValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'object') return [...new Set(value)];
  return [String(value)];
}
