import type { FeatureField } from '../../features/feature-schema.ts';
import type { UserRecord } from '../dataset.ts';
import { blend, type Latent, randomLatent, randomLatents } from './latent.ts';
import { normal, pick, type Random } from './random.ts';
import { ageGroups, regions } from './words.ts';

/** A user with the latent variables behind their ratings. */
export interface SyntheticUser {
  readonly record: UserRecord;
  readonly taste: Latent;
  /** How generously the user rates, standard normal. */
  readonly kindness: number;
}

export const syntheticUserFields: readonly FeatureField[] = [
  { entity: 'user', name: 'ageGroup', kind: 'categorical' },
  { entity: 'user', name: 'region', kind: 'categorical' },
];

/** The squares of the features' weights are their share of the taste's variance: 9 %. Only ratings reveal the rest. */
const weights = { ageGroup: 0.25, region: 0.17, own: 0.953 };

/** Generates users whose features explain little of what they like. */
export function makeUsers(random: Random, count: number): SyntheticUser[] {
  const ofAgeGroup = randomLatents(random, ageGroups);
  const ofRegion = randomLatents(random, regions);
  return Array.from({ length: count }, (_, index) => {
    const ageGroup = pick(random, ageGroups);
    const region = pick(random, regions);
    const taste = blend([
      [weights.ageGroup, ofAgeGroup.get(ageGroup) as Latent],
      [weights.region, ofRegion.get(region) as Latent],
      [weights.own, randomLatent(random)],
    ]);
    const id = `user-${String(index + 1).padStart(4, '0')}`;
    return { record: { id, features: { ageGroup, region } }, taste, kindness: normal(random) };
  });
}
