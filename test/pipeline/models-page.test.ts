import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { parseDcnConfig } from '../../src/models/dcn/dcn-config.ts';
import { parseTrainingOptions } from '../../src/training/training-options.ts';

/** Every name in an object and in the objects within it. */
function namesOf(value: object): string[] {
  return Object.entries(value).flatMap(([name, inner]) => [
    name,
    ...(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? namesOf(inner) : []),
  ]);
}

describe('docs/models.md', () => {
  test.each([
    ['the configuration of CMML', namesOf(parseCmmlConfig({}))],
    ['the configuration of DCN', namesOf(parseDcnConfig({}))],
    ['options', namesOf(parseTrainingOptions({ factors: { regularisation: 1 } }))],
  ])('has every name of %s', async (_title, names) => {
    const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'models.md'), 'utf8');
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
