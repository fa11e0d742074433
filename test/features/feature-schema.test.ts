import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type FittedField, featureSchema } from '../../src/features/feature-schema.ts';

const year: FittedField = {
  ...{ entity: 'item', name: 'year', kind: 'numeric', vocabulary: [], slots: 1 },
  ...{ mean: 1990, deviation: 10 },
};

describe('the hash of a feature schema', () => {
  const hashOf = (...fields: FittedField[]) => featureSchema(fields).hash;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  test('is that of stored versions whose fields have no range or no logarithm', () => {
    expect(hashOf(year)).toBe(sha256('[["item","year","numeric",[],1,1990,10]]'));
    expect(hashOf({ ...year, logarithmic: true })).toBe(
      sha256('[["item","year","numeric",[],1,1990,10,"logarithmic"]]'),
    );
  });

  test('tells fields with different ranges apart, and stays when the schema is stored as JSON', () => {
    const fields = [year, { ...year, low: 0, high: 5 }, { ...year, low: 0, high: 6 }, { ...year, low: -1, high: 5 }];
    expect(new Set(fields.map((field) => hashOf(field))).size).toBe(4);
    expect(fields.map((field) => hashOf(JSON.parse(JSON.stringify(field))))).toEqual(
      fields.map((field) => hashOf(field)),
    );
  });
});
