import { millisecondsOf } from './dates.ts';
import {
  type EntityKind,
  type FeatureField,
  type FeatureKind,
  type Features,
  type FeatureValue,
  featureOf,
} from './feature-schema.ts';
import { isVectorOf } from './vectors.ts';

/** A stored feature that is ignored, since its value is not of the declared kind. */
export interface IgnoredFeature {
  /** The external ID of the user or item. */
  readonly id: string;
  readonly field: FeatureField;
}

/** Receives features that are ignored. */
export type OnIgnored = (ignored: IgnoredFeature) => void;

/** Whether a value is of the kind of a field. */
export const isOfKind: Readonly<
  Record<FeatureKind, (value: unknown, field: Pick<FeatureField, 'width'>) => value is FeatureValue>
> = {
  categorical: (value): value is string => typeof value === 'string',
  multiValued: (value): value is string[] => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  numeric: (value): value is number => typeof value === 'number' && Number.isFinite(value),
  vector: (value, field): value is readonly number[] => isVectorOf(field, value),
  date: (value): value is string => millisecondsOf(value) !== undefined,
};

/**
 * Returns a function that reads the stored features of a user or an item: those that are declared and have a value of
 * their kind. Features can be stored otherwise, such as by SQL or before a field was undeclared, and then count as
 * missing.
 */
export function readableFeatures(
  fields: readonly FeatureField[],
  entity: EntityKind,
  onIgnored: OnIgnored = () => {},
): (id: string, stored: unknown) => Features {
  const declared = fields.filter((field) => field.entity === entity);
  return (id, stored) => {
    const features: [string, FeatureValue][] = [];
    for (const field of declared) {
      const value = featureOf(stored as Features, field.name);
      if (value === undefined || value === null) continue;
      if (isOfKind[field.kind](value, field)) features.push([field.name, value]);
      else onIgnored({ id, field });
    }
    return Object.fromEntries(features);
  };
}
