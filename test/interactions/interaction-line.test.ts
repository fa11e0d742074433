import { describe, expect, test } from '@jest/globals';
import { readInteractionLine } from '../../src/interactions/interaction-line.ts';

const read = (fields: object) => readInteractionLine(JSON.stringify({ user: 'u', item: 'i', type: 'VIEW', ...fields }));

describe('readInteractionLine', () => {
  test('reads the fields of an interaction, and takes those left out as null', () => {
    expect(read({ value: 1.5, occurredAt: 7, idempotencyKey: 'k' })).toEqual({
      ...{ user: 'u', item: 'i', scenario: null, type: 'VIEW' },
      ...{ value: 1.5, occurredAt: 7, idempotencyKey: 'k' },
    });
  });

  test('takes whole numbers as IDs, as GraphQL does', () => {
    expect(read({ user: 42, scenario: -7 })).toMatchObject({ user: '42', scenario: '-7' });
  });

  test.each([
    [{ user: 2 ** 53 }, 'user: expected a string as an ID, got the number 9007199254740992; send IDs as strings'],
    [{ item: 1.5 }, 'item: expected a string as an ID, got the number 1.5'],
    [{ item: true }, 'item: expected a string as an ID, got a boolean'],
    [{ user: null }, 'user: expected a value, got none'],
    [{ type: 5 }, 'type: expected a string, got a number'],
    [{ value: '5' }, 'value: expected a number, got a string'],
    [{ occurredAt: { seconds: 1 } }, 'occurredAt: expected a time as a string or a number, got an object'],
    [{ idempotencyKey: ['k'] }, 'idempotencyKey: expected a string, got a list'],
    [
      { users: 'u' },
      'expected one of the fields user, item, scenario, type, value, occurredAt, idempotencyKey, got "users"',
    ],
  ])('refuses %j', (fields, message) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(() => read(fields)).toThrow(message);
  });

  test.each([
    ['{"user": "u"', 'expected a line of JSON, got "{\\"user\\": \\"u\\""'],
    ['null', 'expected a JSON object, got null'],
    ['"text"', 'expected a JSON object, got a string'],
    ['{"__proto__": {"user": "u"}}', 'got "__proto__"'],
    [`{"user":"u","item":"i","type":"VIEW","occurredAt":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'got a list'],
  ])('refuses a line that begins with %.20s', (line, message) => {
    expect(() => readInteractionLine(line)).toThrow(message);
  });
});
