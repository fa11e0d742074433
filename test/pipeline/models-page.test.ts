import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { parseListConfig } from '../../src/models/cmml/lists/list-config.ts';
import { parseConetConfig } from '../../src/models/conet/conet-config.ts';
import { parseDcnConfig } from '../../src/models/dcn/dcn-config.ts';
import { parseMamlConfig } from '../../src/models/maml/maml-config.ts';
import { parseS2MetaConfig } from '../../src/models/s2meta/s2meta-config.ts';
import { parseTanpConfig } from '../../src/models/tanp/tanp-config.ts';
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
    ['the configuration of CMML that ranks the catalog', namesOf(parseListConfig({ objective: 'softmax' }))],
    ['the configuration of DCN', namesOf(parseDcnConfig({}))],
    ['the configuration of MAML', namesOf(parseMamlConfig({}))],
    ['the configuration of s²Meta', namesOf(parseS2MetaConfig({}))],
    ['the configuration of TaNP', namesOf(parseTanpConfig({}))],
    ['the configuration of CoNet', namesOf(parseConetConfig({}))],
    ['options', namesOf(parseTrainingOptions({ factors: { regularization: 1 } }))],
  ])('has every name of %s', async (_title, names) => {
    const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'models.md'), 'utf8');
    expect(names.length).toBeGreaterThan(5);
    // A name stands alone, behind the name of its section, or before the names of its own fields.
    const isNamed = (name: string) => [`\`${name}\``, `.${name}\``, `\`${name}.`].some((form) => page.includes(form));
    expect(names.filter((name) => !isNamed(name))).toEqual([]);
  });
});
