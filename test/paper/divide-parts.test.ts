import { describe, expect, test } from '@jest/globals';
import { divideParts } from '../../src/paper/divide-parts.ts';
import { partsNamed } from '../../src/paper/parts.ts';
import type { DataSurvey } from '../../src/paper/survey-data.ts';

const counts = { trainingTasks: 8, testTasks: 2 };
const surveyOf = (settings: DataSurvey['settings']) => ({ settings }) as DataSurvey;
const taobao = surveyOf({ scenarios: counts });
const movielens = surveyOf({ 'W-W': counts, 'C-W': counts, scenarios: { refused: 'too few scenarios' } });

describe('divideParts', () => {
  test('allows the tables of the given dataset, and says what those of the others need', () => {
    const { allowed, missing } = divideParts(partsNamed(), { taobao });
    expect(allowed.tables.map(({ table, dataset }) => [table, dataset])).toEqual([
      [2, 'taobao'],
      [5, 'taobao'],
      [7, 'taobao'],
    ]);
    const needed = new Map(missing.map(({ title, needed }) => [title, needed]));
    expect(needed.get('Table 3, W-W')).toBe('expected a MovieLens folder, given by --data');
    expect(needed.get('Table 8, MovieLens-Taobao')).toMatch(
      /^expected both a MovieLens folder and a folder of the Cloud/,
    );
    expect(needed.get('Figure 3')).toBe(needed.get('Table 3, W-W'));
    expect(needed.has('Figure 2')).toBe(false);
  });

  test('gives the reason of a setting that the data does not allow', () => {
    const { allowed, missing } = divideParts(partsNamed(['table-3', 'table-9', 'figure-4']), { movielens, taobao });
    expect(allowed.tables.map(({ table }) => table)).toEqual([3, 3]);
    expect(allowed.figures).toEqual(new Set());
    expect(missing).toEqual([
      { title: 'Table 9, MovieLens', needed: 'too few scenarios' },
      { title: 'Figure 4', needed: 'too few scenarios' },
    ]);
  });

  test('allows the trained figures with scenarios of MovieLens', () => {
    const { allowed } = divideParts(partsNamed(), {
      movielens: surveyOf({ 'W-W': counts, 'C-W': counts, scenarios: counts }),
    });
    expect(allowed.figures).toEqual(new Set([3, 4]));
  });
});
