import { encodeFeatures } from '../../../src/features/encode-features.ts';
import { type FeatureField, type Features, idField } from '../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../src/features/fit-feature-schema.ts';

const fields: FeatureField[] = [
  { entity: 'user', name: 'gender', kind: 'categorical' },
  { entity: 'user', name: idField, kind: 'categorical' },
  { entity: 'item', name: 'genres', kind: 'multiValued' },
  { entity: 'item', name: idField, kind: 'categorical' },
];
const users: Features[] = [
  { gender: 'f', id: 'u1' },
  { gender: 'm', id: 'u2' },
];
const items: Features[] = [
  { genres: ['drama', 'crime'], id: 'a' },
  { genres: ['comedy'], id: 'b' },
  { genres: ['drama', 'comedy', 'action'], id: 'c' },
  { genres: [], id: 'd' },
  { genres: ['crime'], id: 'e' },
];
const newItem: Features = { genres: ['comedy', 'action'], id: 'f' };

/** Users and items with IDs, for every kind of model. The last item is unknown to the schema. */
export const schema = fitFeatureSchema(fields, users, items, { minimumCount: { user: 1, item: 1 } });
export const encodedUsers = encodeFeatures(schema, 'user', users);
export const encodedItems = encodeFeatures(schema, 'item', [...items, newItem]);
export const everyItem = [...items.keys(), items.length];
