import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { publishedArchives } from '../../../src/datasets/download/published-archives.ts';

test.each(Object.entries(publishedArchives))('%s has the files that its mapping reads', (name, { reads }) => {
  const { files } = JSON.parse(readFileSync(`mappings/${name}.json`, 'utf8'));
  expect(reads).toEqual(files.map(({ file }: { file: string }) => file));
});
