import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** An argument of the command line that is a JSON object, or `@` and the name of a file that holds one. */
export function jsonObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  } catch (error) {
    throw new InvalidArgumentError(`expected JSON, or @ and a file with it: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('expected a JSON object');
}
