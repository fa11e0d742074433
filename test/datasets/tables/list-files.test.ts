import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listFiles } from '../../../src/datasets/tables/list-files.ts';
import { folderWith } from '../dataset-fixtures.ts';

describe('listFiles', () => {
  test('replaces a folder by its files in the order of their names, without hidden ones and folders', async () => {
    const folder = await folderWith({ 'b.csv': '', 'a.csv': '', 'B.csv': '', '.hidden': '', _SUCCESS: '' });
    await mkdir(join(folder, 'inner'));
    expect(await listFiles([join(folder, 'b.csv'), folder, '-'])).toEqual([
      join(folder, 'b.csv'),
      join(folder, 'B.csv'),
      join(folder, 'a.csv'),
      join(folder, 'b.csv'),
      '-',
    ]);
  });

  test('refuses a folder without files, and a path without a file', async () => {
    const folder = await folderWith({ '.hidden': '' });
    const message = (got: string) => `expected files in the folder ${folder}, got ${got}; name files`;
    await expect(listFiles([folder])).rejects.toMatchObject({ code: 'INVALID_DATA', message: message('none') });
    await mkdir(join(folder, 'year=2024'));
    await expect(listFiles([folder])).rejects.toThrow(message('only folders (year=2024)'));
    await expect(listFiles([join(folder, 'none')])).rejects.toThrow('got nothing; check the path');
  });
});
