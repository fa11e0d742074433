import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeVersion, measuringFolders } from '../../src/paper/code-version.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';

describe('codeVersion', () => {
  test('changes with the text and the name of a file, but not with files of other folders or kinds', async () => {
    const source = await folderWith({});
    for (const folder of ['tasks', 'other']) await mkdir(join(source, folder));
    const write = (path: string, text: string) => writeFile(join(source, path), text);
    const version = () => codeVersion(['tasks'], source);
    await write('tasks/a.ts', 'one');
    const first = version();
    await write('other/a.ts', 'one');
    await write('tasks/README.md', 'one');
    expect(version()).toBe(first);
    await write('tasks/a.ts', 'two');
    const second = version();
    expect(second).not.toBe(first);
    await rename(join(source, 'tasks/a.ts'), join(source, 'tasks/b.ts'));
    expect(version()).not.toBe(second);
  });

  test('is that of folders of the project by default', () => {
    expect(codeVersion(measuringFolders)).toMatch(/^[\da-f]{64}$/);
    expect(codeVersion(['tasks'])).not.toBe(codeVersion(['features']));
  });
});
