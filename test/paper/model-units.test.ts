import { describe, expect, test } from '@jest/globals';
import { modelUnits } from '../../src/paper/model-units.ts';
import { paperTables } from '../../src/paper/paper-tables.ts';
import type { RunConditions } from '../../src/paper/unit.ts';

const conditions: RunConditions = { data: 'd', engine: { choice: 'wasm' }, epochs: undefined };
const movieLens = paperTables.filter(({ dataset }) => dataset === 'movielens');
const unitsOf = (changes: Partial<RunConditions> = {}, seeds = 1, tables = movieLens) =>
  modelUnits(tables, { folder: 'nowhere', seeds, conditions: { ...conditions, ...changes } });

describe('modelUnits', () => {
  test('trains a model once for all tables that have it', () => {
    const titles = unitsOf().map(({ title }) => title);
    expect(titles.filter((title) => title === 'scenarios film-paper, seed 1')).toHaveLength(1);
    expect(titles).toContain('W-W film-paper, seed 1');
    expect(titles).toContain('C-W film-paper, seed 1');
  });

  test('trains a model with each seed, but counts item popularity once', () => {
    const units = unitsOf({}, 3);
    const seedsOf = (name: string) => units.filter(({ model }) => model === name).map(({ seed }) => seed);
    expect(seedsOf('se-dot')).toEqual([1, 2, 3]);
    expect(seedsOf('itempop')).toEqual([1]);
    expect(units.map(({ seed }) => seed)).toEqual(units.map(({ seed }) => seed).sort());
  });

  test('leaves out rows whose model does not exist', () => {
    const table = movieLens[0] as (typeof movieLens)[number];
    const row = { name: 'New', model: 'not-there', reported: [] };
    expect(unitsOf({}, 1, [{ ...table, rows: [row] }])).toEqual([]);
  });

  test('has a key that changes with the data, the engine, the epochs, the setting, the model and the seed', () => {
    const all = [
      ...unitsOf({}, 2),
      ...unitsOf({ data: 'other' }, 2),
      ...unitsOf({ engine: { choice: 'onnx' } }, 2),
      ...unitsOf({ epochs: 1 }, 2),
    ];
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    expect(unitsOf().map(({ key }) => key)).toEqual(unitsOf().map(({ key }) => key));
  });
});
