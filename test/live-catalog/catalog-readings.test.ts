import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { CatalogReadings } from '../../src/live-catalog/catalog-readings.ts';

const never = () => new Promise<never>(() => {});

async function millisecondsOf(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return performance.now() - started;
}

describe('the readings of a catalog', () => {
  test('are waited for no longer than a second after a write, and then the catalog is late', async () => {
    let answers = true;
    let readings = 0;
    const catalog = new CatalogReadings(async () => {
      readings++;
      if (!answers) await never();
    });
    await catalog.catchUp();
    answers = false;
    await catalog.upToDate();
    expect([readings, catalog.areLate]).toEqual([1, false]);
    catalog.noteWrite();
    const first = await millisecondsOf(Promise.all([catalog.upToDate(), catalog.upToDate()]));
    expect(first).toBeGreaterThan(900);
    expect([readings, catalog.areLate]).toEqual([2, true]);
    // Lists do not wait once more.
    expect(await millisecondsOf(catalog.upToDate())).toBeLessThan(100);
  });

  test('that fail do not stop lists, and the next one tries again', async () => {
    let fails = true;
    const catalog = new CatalogReadings(async () => {
      if (fails) throw new Error('away');
    });
    catalog.noteWrite();
    await catalog.upToDate();
    expect(catalog.areLate).toBe(true);
    await expect(catalog.catchUp()).rejects.toThrow('away');
    fails = false;
    await catalog.upToDate();
    expect(catalog.areLate).toBe(false);
  });

  test('are shared by calls at the same time, but each begins after the call', async () => {
    const begun: number[] = [];
    let stored = 0;
    const catalog = new CatalogReadings(async () => {
      begun.push(stored);
      await setTimeout(5);
    });
    const first = catalog.catchUp();
    stored = 1;
    await Promise.all([first, catalog.catchUp(), catalog.catchUp()]);
    expect(begun).toEqual([0, 1]);
  });
});
