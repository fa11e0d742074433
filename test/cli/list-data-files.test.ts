import { link, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listDataFiles } from '../../src/cli/list-data-files.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';

const mapping = JSON.stringify({ name: 'shop', files: [{ file: 'a.csv', users: { id: 'u' } }] });
const files = {
  'a.csv': 'u\n',
  'mapping.json': mapping,
  'older.json': mapping,
  'users.json': '{"name":"Ada","files":[1]}',
};

describe('the files with data', () => {
  test('of a folder have no mappings, whichever of them is in use', async () => {
    const folder = await folderWith(files);
    for (const map of ['mapping.json', 'older.json', '../elsewhere.json']) {
      const found = await listDataFiles([folder], join(folder, map));
      expect(found.map((file) => basename(file))).toEqual(['a.csv', 'users.json']);
    }
  });

  test('have a file of any content that is named, besides the mapping in use', async () => {
    const folder = await folderWith(files);
    const [older, used] = [join(folder, 'older.json'), join(folder, 'mapping.json')];
    expect(await listDataFiles([older, used, '-'], used)).toEqual([older, '-']);
    await expect(listDataFiles([used], used)).rejects.toThrow(`expected files with data in ${used}, got only mappings`);
  });

  test('are refused if one comes twice: by its name, by its folder, by a link, or as standard input', async () => {
    const folder = await folderWith({ 'a.csv': 'u\n' });
    const other = await folderWith({ 'c.csv': 'u\n' });
    const [file, soft, hard] = [join(folder, 'a.csv'), join(other, 'soft.csv'), join(other, 'hard.csv')];
    await symlink(file, soft);
    await link(file, hard);
    const refusal = (...paths: string[]) =>
      listDataFiles(paths, 'none.json').catch(({ code, message }) => `${code} ${message}`);
    const expected = 'INVALID_CONFIGURATION expected each file once, got';
    expect(await refusal(file, file)).toBe(`${expected} ${file} twice; name it once`);
    expect(await refusal(file, folder)).toBe(`${expected} ${file} twice; name it once`);
    expect(await refusal('-', '-')).toBe(`${expected} - twice; name it once`);
    expect(await refusal(file, soft)).toBe(`${expected} ${file} and ${soft}, which are the same file; name it once`);
    expect(await refusal(file, hard)).toBe(`${expected} ${file} and ${hard}, which are the same file; name it once`);
  });
});
