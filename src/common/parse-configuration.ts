import type { z } from 'zod';
import { WarmstartError } from './errors.ts';

/**
 * Checks a configuration and fills in its defaults. Throws INVALID_CONFIGURATION if any field is invalid. The message
 * names `subject` and, for every invalid field, the allowed values and the given value. Unknown fields have no value.
 */
export function parseConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  subject: string,
): z.output<Schema> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ code, path, message, input: got }) => {
    const field = path.length > 0 ? `${path.join('.')}: ` : '';
    return `${field}${message}${code === 'unrecognized_keys' ? '' : `, got ${JSON.stringify(got)}`}`;
  });
  throw new WarmstartError('INVALID_CONFIGURATION', `${subject} is wrong: ${problems.join('; ')}.`, {
    cause: result.error,
  });
}
