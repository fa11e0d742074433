import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const folders = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The names of the .ts files of a folder and its subfolders, without the extension and without generated code. */
function filesOf(folder: string): string[] {
  return readdirSync(`src/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('generated/'))
    .map((path) => parse(path).name);
}

describe.each(folders)('src/%s/README.md', (folder) => {
  const text = readFileSync(`src/${folder}/README.md`, 'utf8');
  const files = filesOf(folder);

  test('lists each file of the folder once, and no other', () => {
    const heads = [...text.matchAll(/^- ((?:`[^`]+`(?:, )?)+):/gm)].map(([, head]) => head as string);
    expect(heads.flatMap((head) => head.replaceAll('`', '').split(', ')).sort()).toEqual(files.sort());
  });

  test('names no other file of the folder in its text', () => {
    const named = [...text.matchAll(/`([a-z\d]+(?:-[a-z\d]+)+|[a-z\d-]+\.ts)`/g)].map(([, name]) => name as string);
    expect(named.filter((name) => !files.includes(parse(name).name))).toEqual([]);
  });

  test('wraps at 120 columns', () => {
    expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });
});
