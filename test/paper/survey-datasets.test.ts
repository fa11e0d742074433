import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { requestedModel } from '../../src/model-benchmark/benchmark-request.ts';
import { openExperiment, readBenchmarkData } from '../../src/model-benchmark/open-experiment.ts';
import { splitSeed } from '../../src/paper/survey-data.ts';
import { surveyDatasets } from '../../src/paper/survey-datasets.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { plantedFolder, plantedRatings } from '../model-benchmark/planted-folder.ts';
import { plantedThemes } from '../model-benchmark/planted-themes.ts';

describe('surveyDatasets', () => {
  const files = plantedThemes();
  // A theme with an item without an ID: a row that cannot be used.
  const themes = { ...files, 'theme_item_pool.csv': `${files['theme_item_pool.csv']}3,\n` };
  const both = async () => [await folderWith(plantedFolder()), await folderWith(themes)] as const;

  test('finds the hybrid of two folders, with as many tasks as the experiment of both has', async () => {
    const [films, clicks] = await both();
    const { movielens, taobao, hybrid } = await surveyDatasets([clicks, films]);
    const request = { taskKind: 'SCENARIO', data: [films, clicks], seeds: 1, splitSeed } as const;
    const { trainingTasks, testTasks } = openExperiment(
      request,
      await readBenchmarkData(request),
      requestedModel(request, 'itempop'),
    );
    expect(hybrid?.settings).toEqual({ scenarios: { trainingTasks, testTasks } });
    expect(hybrid).toMatchObject({ folders: [films, clicks], users: 120, items: 80, scenarios: 20 });
    expect(taobao?.settings).toEqual({ scenarios: { trainingTasks: 8, testTasks: 2 } });
    expect(movielens?.settings).toHaveProperty('C-W');
    expect(taobao?.rejected.map(({ file }) => file)).toEqual([join(clicks, 'theme_item_pool.csv')]);
  });

  test('has no hybrid of a single folder', async () => {
    const [, clicks] = await both();
    const surveys = await surveyDatasets([clicks]);
    expect(Object.keys(surveys)).toEqual(['taobao']);
    expect(surveys.taobao?.rejected).toMatchObject([{ file: 'theme_item_pool.csv', count: 1 }]);
  });

  test('says for the hybrid why one of its datasets has too few scenarios', async () => {
    const films = await folderWith(plantedFolder(plantedRatings(), { 'genre:Kind 0': [0, 1] }));
    const { movielens, hybrid } = await surveyDatasets([films, await folderWith(files)]);
    expect(hybrid?.settings.scenarios).toEqual(movielens?.settings.scenarios);
    expect(hybrid?.settings.scenarios).toHaveProperty('refused');
  });

  test('refuses two folders of the same dataset, and names them', async () => {
    const [first, second] = [await folderWith(plantedFolder()), await folderWith(plantedFolder())];
    await expect(surveyDatasets([first, second])).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: `--data: expected one folder of MovieLens, got ${first} and ${second}; leave one of them out`,
    });
  });
});
