import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openMappedFiles } from '../../src/cli/mapping-file.ts';

const mapping = { name: 'shop', files: [{ file: 'events.csv', interactions: { user: 'u', item: 'i', type: 'VIEW' } }] };

describe('the file of a mapping', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warmstart-mapping-file-'));
    await writeFile(join(folder, 'events.csv'), 'u,i\nu1,i1\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = async (text: string) => {
    const file = join(folder, 'mapping.json');
    await writeFile(file, text);
    return openMappedFiles([join(folder, 'events.csv')], file, { minimum: 1, maximum: 5 });
  };

  test('can begin with a byte order mark, as some editors write it', async () => {
    await expect(open(`\uFEFF${JSON.stringify(mapping)}`)).resolves.toMatchObject({ name: 'shop' });
  });

  test('is named in the error about what is not JSON, with a command that finds the line', async () => {
    await expect(open('{"name": "shop",}')).rejects.toThrow(
      /mapping\.json: expected JSON, got the error .*position 16.*; find the line with jq \. .*mapping\.json/,
    );
  });
});
