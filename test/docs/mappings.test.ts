import { expect, test } from '@jest/globals';
import { openMappedFiles } from '../../src/cli/mapping-file.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import { openMovieLens } from '../../src/datasets/movielens/open-movielens.ts';
import { collect, folderWith } from '../datasets/dataset-fixtures.ts';
import { published } from '../datasets/movielens/movielens-folders.ts';

const ratingScale = { minimum: 1, maximum: 5 };

/** The records of a dataset, without the titles of items. */
async function recordsOf(dataset: Dataset) {
  const items = await collect((onReject) => dataset.items(onReject));
  return {
    fields: dataset.fields,
    users: (await collect((onReject) => dataset.users(onReject))).records,
    items: items.records.map(({ id, features }) => ({ id, features })),
    interactions: (await collect((onReject) => dataset.interactions(onReject))).records,
  };
}

test('mappings/movielens-1m.json reads the published files as the reader of MovieLens does', async () => {
  const folder = await folderWith(published);
  const mapped = await openMappedFiles([folder], 'mappings/movielens-1m.json', ratingScale);
  const read = await openMovieLens(folder);
  expect(await recordsOf(mapped)).toEqual(await recordsOf(read));
  expect(mapped.name).toBe(read.name);
});
