import { describe, expect, test } from '@jest/globals';
import { modelNames } from '../../src/model-benchmark/benchmark-models.ts';
import { paperTables } from '../../src/paper/paper-tables.ts';
import { settings } from '../../src/paper/settings.ts';

/** Models of the paper, and of later ones, that the benchmark may have or not. */
const optional = ['conet', 's2meta', 'tanp'];

describe('the tables of the paper', () => {
  test('have a number for each metric, or none', () => {
    for (const { metrics, rows } of paperTables) {
      for (const { reported } of rows) expect([0, metrics.length]).toContain(reported.length);
    }
  });

  test('name models of the benchmark', () => {
    const unknown = paperTables.flatMap(({ setting, rows }) => {
      const names = [...modelNames(settings[setting].protocol), ...optional];
      return rows.map(({ model }) => model).filter((model) => !names.includes(model));
    });
    expect(unknown).toEqual([]);
  });

  test('agree where the paper prints a number twice', () => {
    const reported = (table: number, name: string) =>
      paperTables.find((one) => one.table === table)?.rows.find((row) => row.name === name)?.reported;
    expect(reported(9, 'SE-dot')).toEqual(reported(6, 'CMML-Linear'));
    expect(reported(4, 'SE-dot')?.slice(0, 2)).toEqual(reported(5, 'Linear'));
    expect(reported(2, 'CMML-FiLM')?.slice(0, 2)).toEqual(reported(5, 'F-LM'));
  });

  test('have recalls as shares, which the paper prints in percent', () => {
    const popularity = paperTables.find(({ table }) => table === 6)?.rows.find(({ name }) => name === 'DCN');
    expect(popularity?.reported[0]?.mean).toBeCloseTo(0.3125, 10);
    expect(popularity?.reported[0]?.ci95).toBeCloseTo(0.0012, 10);
  });
});
