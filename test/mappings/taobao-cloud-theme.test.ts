import { describe, expect, test } from '@jest/globals';
import { openCloudTheme } from '../../src/datasets/mapping/open-cloud-theme.ts';
import { folderWith } from '../datasets/dataset-fixtures.ts';
import { readAll } from '../datasets/mapping/table-in-memory.ts';
import { cloudThemeFolder } from './cloud-theme-folder.ts';

async function read(files: Readonly<Record<string, string>> = {}) {
  return readAll(await openCloudTheme(await folderWith({ ...cloudThemeFolder, ...files })));
}

/** Writes the same rows as another program would. */
const rewritten = (rewrite: (text: string) => string) =>
  Object.fromEntries(Object.entries(cloudThemeFolder).map(([name, text]) => [name, rewrite(text)]));

describe('the Cloud Theme Click Dataset', () => {
  test('has clicks in their themes, and purchases in none, with the times of China', async () => {
    const { interactions, rejects } = await read();
    expect(rejects).toEqual([]);
    // China is eight hours ahead of UTC all year.
    expect(interactions).toEqual([
      { userId: '1', itemId: '501', scenarioId: '11', ...click, time: new Date('2018-10-07T13:35:58Z') },
      { userId: '1', itemId: '502', scenarioId: '11', ...click, time: new Date('2018-10-07T13:36:01Z') },
      { userId: '2', itemId: '502', scenarioId: '12', ...click, time: new Date('2018-12-06T16:00:00Z') },
      { userId: '1', itemId: '503', ...purchase, time: new Date('2018-09-30T00:00:00Z') },
      { userId: '3', itemId: '900', ...purchase, time: new Date('2018-09-01T04:30:00Z') },
    ]);
  });

  test('has themes with the items of their pools', async () => {
    const { scenarios } = await read();
    expect(scenarios).toEqual([
      { id: '11', title: 'Theme 11', items: ['501', '502', '503'] },
      { id: '12', title: 'Theme 12', items: ['502', '504'] },
    ]);
  });

  test('has every item and every user that a file names, with categories and embeddings where they are known', async () => {
    const { users, items } = await read();
    const none = { leafCategory: null, category: null, embedding: null };
    expect(Object.fromEntries(items.map(({ id, features }) => [id, features]))).toEqual({
      501: { leafCategory: '50011980', category: '16', embedding: [0.5, -1.25, 0.001] },
      502: { leafCategory: '121458013', category: '50008165', embedding: null },
      503: none,
      504: { ...none, embedding: [1, 2, 3] },
      900: none,
    });
    expect(Object.fromEntries(users.map(({ id, features }) => [id, features]))).toEqual({
      1: { embedding: [0.25, -4] },
      2: { embedding: null },
      3: { embedding: null },
      4: { embedding: [8, 16] },
    });
  });

  test.each([
    ['carriage returns', rewritten((text) => text.replaceAll('\n', '\r\n'))],
    [
      'quotes around every cell',
      rewritten((text) => text.replace(/[^,\n"]+|"[^"]*"/g, (cell) => `"${cell.replaceAll('"', '')}"`)),
    ],
    [
      'times of digits alone',
      rewritten((text) => text.replace(/(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/g, '$1$2$3$4$5$6')),
    ],
    ['commas in the embeddings', rewritten((text) => text.replace(/"[^"]*"/g, (cell) => cell.replaceAll(' ', ',')))],
    [
      'embeddings in brackets',
      rewritten((text) => text.replace(/"([^"]*)"/g, (_, cell: string) => `"[${cell.replaceAll(' ', ',  ')}]"`)),
    ],
    ['another column in the pool', rewritten((text) => text.replace(/^(theme_id,item_id|1\d,50\d)$/gm, '$1,77'))],
  ])('is the same with %s', async (_, files) => {
    expect(files).not.toEqual(cloudThemeFolder);
    const [expected, found] = [await read(), await read(files)];
    expect({ ...found, bytes: 0 }).toEqual({ ...expected, bytes: 0 });
  });

  test('rejects a click without a time, and an embedding of another length', async () => {
    const { rejects } = await read({
      'theme_click_log.csv': `${cloudThemeFolder['theme_click_log.csv']}2,12,504,1,2,1,\n`,
      'item_embedding.csv': `${cloudThemeFolder['item_embedding.csv']}502,"1 2"\n`,
    });
    expect(rejects.map(({ file, line, reason }) => `${file}:${line} ${reason}`)).toEqual([
      'item_embedding.csv:4 emb: expected a list of 3 numbers, got "1 2"; this list has 2',
      'theme_click_log.csv:5 reach_time: expected a time such as 2024-05-31T18:30:00Z, got none',
    ]);
  });
});

const click = { type: 'CLICK', value: null };
const purchase = { type: 'PURCHASE', value: null };
