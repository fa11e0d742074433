import type { FeatureField } from '../../features/feature-schema.ts';
import type { UserRecord } from '../dataset.ts';
import type { RowFormat } from '../read-rows.ts';

/** The user features of MeLU and CMML. Values are MovieLens' codes: the age "25" means 25 to 34 years. */
export const userFields: readonly FeatureField[] = [
  { entity: 'user', name: 'gender', kind: 'categorical' },
  { entity: 'user', name: 'age', kind: 'categorical' },
  { entity: 'user', name: 'occupation', kind: 'categorical' },
  { entity: 'user', name: 'zipCode', kind: 'categorical' },
];

export const usersFile: RowFormat<UserRecord> = {
  file: 'users.dat',
  syntax: 'dat',
  columns: ['userId', 'gender', 'age', 'occupation', 'zipCode'],
  ids: 1,
  unique: true,
  record: (id, gender, age, occupation, zipCode) => ({
    id,
    features: {
      gender: gender || null,
      age: age || null,
      occupation: occupation || null,
      zipCode: zipCode || null,
    },
  }),
};
