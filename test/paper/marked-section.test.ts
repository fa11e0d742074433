import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkPage, writeSection } from '../../src/paper/marked-section.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';

describe('the section of a page', () => {
  let page: string;

  beforeEach(async () => {
    page = join(await folderWith({}), 'results.md');
  });

  test('is replaced between its comments, and everything else stays as it is', async () => {
    const around = (section: string) =>
      `# Before\r\n\ttext\n<!-- paper:start -->\n\n${section}\n\n<!-- paper:end -->\n\n\nafter`;
    await writeFile(page, around('old $&'));
    await checkPage(page);
    expect(await readFile(page, 'utf8')).toBe(around('old $&'));
    await writeSection(page, 'new $1\n');
    expect(await readFile(page, 'utf8')).toBe(around('new $1'));
  });

  test('is written into a new page, where it can be replaced again', async () => {
    await checkPage(page);
    await writeSection(page, 'first');
    await writeSection(page, 'second');
    const text = await readFile(page, 'utf8');
    expect(text).toMatch(/^# .*\n\n<!-- paper:start -->\n\nsecond\n\n<!-- paper:end -->\n$/);
  });

  test.each([
    ['a page without the comments', async () => writeFile(page, '# Mine\n'), 'it has no section between the lines'],
    ['a folder', async () => mkdir(page), 'EISDIR'],
    [
      'a page in a missing folder',
      async () => {
        page = join(page, 'no', 'page.md');
      },
      'ENOENT',
    ],
  ])('is refused in %s', async (_, prepare, reason) => {
    await prepare();
    await expect(checkPage(page)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(`^--out: expected a writable page, got .*: .*${reason}`),
    });
  });
});
