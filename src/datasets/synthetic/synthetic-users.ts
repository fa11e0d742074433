import type { FeatureField } from '../../features/feature-schema.ts';
import type { UserRecord } from '../dataset.ts';
import { blend, type Latent, randomLatent, randomLatents } from './latent.ts';
import { normal, pick, type Random } from './random.ts';
import { ageGroups, regions } from './words.ts';

/** A user with what stands behind their ratings. */
export interface SyntheticUser {
  readonly record: UserRecord;
  readonly taste: Latent;
  /** How kindly they rate, standard normal. */
  readonly kindness: number;
}

export const syntheticUserFields: readonly FeatureField[] = [
  { entity: 'user', name: 'ageGroup', kind: 'categorical' },
  { entity: 'user', name: 'region', kind: 'categorical' },
];

/** The square of the features' weights is their share of the taste's variance: 9%. The rest only ratings can tell. */
const weights = { ageGroup: 0.25, region: 0.17, own: 0.953 };

/** Users whose features tell little of what they like. */
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
