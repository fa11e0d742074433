import { describe, expect, test } from '@jest/globals';
import { modelUnits } from '../../src/paper/model-units.ts';
import { paperTables } from '../../src/paper/paper-tables.ts';
import type { RunConditions } from '../../src/paper/unit.ts';

const conditions: RunConditions = { data: 'd', engine: { choice: 'wasm' }, epochs: undefined };
const movieLens = paperTables.filter(({ dataset }) => dataset === 'movielens');
const source = (changes: Partial<RunConditions> = {}) => ({
  folders: ['nowhere'],
  conditions: { ...conditions, ...changes },
});
const unitsOf = (changes: Partial<RunConditions> = {}, seeds = 1, tables = movieLens) =>
  modelUnits(tables, { sources: { movielens: source(changes) }, seeds });

describe('modelUnits', () => {
  test('trains a model once for all tables that have it', () => {
    const titles = unitsOf().map(({ title }) => title);
    expect(titles.filter((title) => title === 'MovieLens film-paper, seed 1')).toHaveLength(1);
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

  test('trains a model for each dataset, with the sizes that the paper has for it', () => {
    const sources = { movielens: source(), taobao: source(), hybrid: source() };
    const units = modelUnits(paperTables, { sources, seeds: 1 });
    const films = units.filter(({ setting, model }) => setting === 'scenarios' && model === 'film-paper');
    expect(films.map(({ title }) => title)).toEqual([
      'MovieLens film-paper, seed 1',
      'Taobao film-paper, seed 1',
      'MovieLens-Taobao film-paper, seed 1',
    ]);
    expect(new Set(units.map(({ title }) => title)).size).toBe(units.length);
  });

  test('leaves out tables whose dataset is not given', () => {
    const units = modelUnits(paperTables, { sources: { taobao: source() }, seeds: 1 });
    expect(new Set(units.map(({ dataset }) => dataset))).toEqual(new Set(['taobao']));
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
