import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openPublished, published } from '../../../src/datasets/mapping/open-published.ts';
import { cloudThemeFolder } from '../../mappings/cloud-theme-folder.ts';
import { later } from '../../mappings/movielens-folders.ts';
import { folderWith } from '../dataset-fixtures.ts';

test('each file in mappings/ is the mapping of one layout', () => {
  expect(published.layouts.map(({ mapping }) => mapping).sort()).toEqual(readdirSync('mappings').sort());
});

test.each([
  ['movielens-20m', later],
  ['taobao-cloud-theme', cloudThemeFolder],
])('openPublished recognizes %s by its files, and ignores others', async (name, files) => {
  expect((await openPublished(await folderWith({ ...files, README: 'about' }))).name).toBe(name);
});

test('openPublished names what it expects of each dataset', async () => {
  const { 'theme_item_pool.csv': _, ...files } = cloudThemeFolder;
  await expect(openPublished(await folderWith(files))).rejects.toThrow(
    /^expected a MovieLens folder or a folder of the Cloud Theme Click Dataset at .* with the files .* or theme_click_log\.csv, .*\(missing: theme_item_pool\.csv\); unpack ml-1m\.zip .*, or unpack the files of https:\/\/tianchi/,
  );
});
