import { InvalidArgumentError } from 'commander';

/** An argument of the command line that is a 32-bit integer. */
export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) {
    throw new InvalidArgumentError('expected an integer');
  }
  return value;
}

/** The same, of at least 1. */
export function positiveInteger(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('expected an integer of at least 1');
  return value;
}
