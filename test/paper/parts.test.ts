import { describe, expect, test } from '@jest/globals';
import { partsNamed } from '../../src/paper/parts.ts';

describe('partsNamed', () => {
  test('returns all tables and figures by default', () => {
    expect(partsNamed()).toEqual({
      tables: new Set([2, 3, 4, 5, 6, 7, 8, 9]),
      figures: new Set([2, 3, 4]),
      option: '',
    });
  });

  test('returns the named ones, and the option that names them', () => {
    expect(partsNamed(['table-9', 'figure-4'])).toEqual({
      tables: new Set([9]),
      figures: new Set([4]),
      option: ' --only table-9,figure-4',
    });
  });

  test('refuses another name, and lists those that exist', () => {
    expect(() => partsNamed(['table-1'])).toThrow(/^--only: expected some of table-2, .*, figure-4, got "table-1"$/);
  });

  test('refuses figure 2 without a table, since it shows the cost of its models', () => {
    expect(() => partsNamed(['figure-2', 'figure-4'])).toThrow('--only: expected a table beside figure-2');
    expect(partsNamed(['figure-2', 'table-3']).figures).toEqual(new Set([2]));
  });
});
