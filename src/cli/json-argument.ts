import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** An argument that is a JSON object, or `@` and the name of a file that has one. */
export function jsonObject(text: string): object {
  const value = parse(text.startsWith('@') ? read(text.slice(1)) : text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('expected a JSON object, as in \'{"epochs": 5}\'');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`cannot read the file: ${(error as Error).message}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`expected a JSON object or @file: ${(error as Error).message}`);
  }
}
