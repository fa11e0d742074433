import { readFile } from 'node:fs/promises';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, type GraphQLEnumType } from 'graphql';
import { errorCodes } from '../../src/common/errors.ts';

/** Codes that only the command line uses. */
const commandLine = ['INVALID_CONFIGURATION', 'INVALID_DATA', 'ENGINE_NOT_AVAILABLE', 'INTERRUPTED'];
/** Codes of a protocol that the server does not support. */
const unused = ['PERSISTED_QUERY_NOT_FOUND', 'PERSISTED_QUERY_NOT_SUPPORTED'];

describe('docs/errors.md', () => {
  test('lists exactly the codes of the schema and of the command line', async () => {
    const page = await readFile('docs/errors.md', 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => (row.split('|')[1] as string).match(/[A-Z_]+/g) ?? []);
    expect(named.sort()).toEqual([...(await codesOfSchema()), ...commandLine].sort());
  });

  test('the schema has every code that the platform or Apollo Server returns', async () => {
    const given = [...errorCodes, ...Object.values(ApolloServerErrorCode)];
    const returned = given.filter((code) => !commandLine.includes(code) && !unused.includes(code));
    expect([...(await codesOfSchema())].sort()).toEqual([...new Set(returned)].sort());
  });
});

async function codesOfSchema(): Promise<string[]> {
  const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
  return (schema.getType('ErrorCode') as GraphQLEnumType).getValues().map(({ name }) => name);
}
