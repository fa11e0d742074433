import { describe, expect, test } from '@jest/globals';
import { datasets } from '../../src/paper/settings.ts';
import { surveyData } from '../../src/paper/survey-data.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder, plantedRatings, plantedScenarios } from '../model-benchmark/planted-folder.ts';

describe('surveyData', () => {
  test('counts the tasks of each setting: C-W trains on a quarter of the users of W-W', async () => {
    const { settings, users, items, interactions, scenarios } = await surveyData(
      await folderWith(plantedFolder()),
      datasets.movielens.settings,
    );
    expect({ users, items, interactions, scenarios }).toEqual({
      users: 60,
      items: 40,
      interactions: 1200,
      scenarios: 10,
    });
    expect(settings).toEqual({
      'W-W': { trainingTasks: 48, testTasks: 12 },
      'C-W': { trainingTasks: 12, testTasks: 12 },
      scenarios: { trainingTasks: 8, testTasks: 2 },
    });
  });

  test('says why the data does not allow a setting', async () => {
    const { settings } = await surveyData(
      await folderWith(plantedFolder(plantedRatings(), { 'genre:Kind 0': [0, 1] })),
      datasets.movielens.settings,
    );
    expect(settings.scenarios).toEqual({ refused: expect.stringContaining('--data: expected at least 2 scenarios') });
    expect(settings['W-W']).toEqual({ trainingTasks: 48, testTasks: 12 });
  });

  test('gives the same data the same fingerprint, and other data another one', async () => {
    const fingerprintOf = async (...data: Parameters<typeof plantedFolder>) =>
      (await surveyData(await folderWith(plantedFolder(...data)), datasets.movielens.settings)).fingerprint;
    const [first, ...others] = plantedRatings();
    const rated = { ...first, value: 4 } as NonNullable<typeof first>;
    const { 'genre:Kind 0': kind, ...kinds } = plantedScenarios;
    const same = await fingerprintOf();
    expect(await fingerprintOf()).toBe(same);
    expect(await fingerprintOf([rated, ...others])).not.toBe(same);
    expect(await fingerprintOf(plantedRatings(), { 'genre:Kind 9b': kind ?? [], ...kinds })).not.toBe(same);
  });
});
