import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, Kind, parse, validate } from 'graphql';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const examples = pages.flatMap((page) =>
  Array.from(readFileSync(page, 'utf8').matchAll(/^```graphql\n(.*?)^```/gms), ([, text], index) => [
    `${page}, example ${index + 1}`,
    text as string,
  ]),
);

describe('every GraphQL example in README and docs is valid', () => {
  test('README and docs have examples', () => {
    expect(examples.length).toBeGreaterThan(3);
  });

  test.each(examples)('%s', (_name, text) => {
    const { definitions } = parse(text);
    const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    // Several operations without names may stand beside each other for a reader, though not in one request.
    for (const operation of definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      const document = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] } as const;
      expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
    }
  });
});
