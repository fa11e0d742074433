import type { z } from 'zod';
import { quote, WarmstartError } from './errors.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks a configuration and fills in its defaults. Throws INVALID_CONFIGURATION if any field is invalid. The message
 * names `subject` and, for every invalid field, the allowed values and the given value. Unknown fields have no value.
 */
export function parseConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  subject: string,
): z.output<Schema> {
  const result = schema.safeParse(input, { error: messageOf, reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(innermost).map((issue) => problemOf(issue, input));
  throw new WarmstartError('INVALID_CONFIGURATION', `${subject} is wrong: ${problems.join('; ')}.`, {
    cause: result.error,
  });
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  number: 'a number',
  boolean: 'true or false',
};

/** The messages of schemas that state none. Other messages are those of zod. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return types[issue.expected] && `expected ${types[issue.expected]}`;
  if (issue.code === 'invalid_value') return `expected ${listed(issue.values)}`;
  if (issue.code === 'too_small') return sizeMessage('at least', issue.origin, issue.minimum);
  if (issue.code === 'too_big') return sizeMessage('at most', issue.origin, issue.maximum);
  if (issue.code === 'invalid_union' && issue.options) return `expected ${listed(issue.options as unknown[])}`;
  return undefined;
}

function sizeMessage(limit: 'at least' | 'at most', origin: string, size: number | bigint): string | undefined {
  const one = Number(size) === 1;
  if (origin === 'array') return `expected a list of ${limit} ${one ? 'one element' : `${size} elements`}`;
  if (origin === 'string') return `expected a text of ${limit} ${one ? 'one character' : `${size} characters`}`;
  return undefined;
}

function listed(values: readonly unknown[]): string {
  return `${values.length > 1 ? 'one of ' : ''}${values.map(quote).join(', ')}`;
}

/** Replaces the problem of a value that can be of several kinds by its inner problems, if it is clearly of one kind. */
function innermost(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const near = issue.errors.filter((issues) => issues.every(({ code, path }) => path.length > 0 || isOfKeys(code)));
  const [only] = near;
  if (only === undefined || near.length > 1 || only.length === 0) return [issue];
  return only.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isOfKeys(code: Issue['code']): boolean {
  return code === 'unrecognized_keys';
}

function problemOf({ code, path, message }: Issue, input: unknown): string {
  const field = path.length > 0 ? `${path.join('.')}: ` : '';
  if (isOfKeys(code)) return `${field}${message}`;
  const got = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
  return `${field}${message}, got ${got === undefined ? 'none' : quote(got)}`;
}
