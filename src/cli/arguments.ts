import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import type { TaskKind } from '../tasks/training-data.ts';

/** Parses a command-line argument as a 32-bit integer. */
export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) {
    throw new InvalidArgumentError('expected an integer');
  }
  return value;
}

/** Parses a command-line argument as a 32-bit integer of at least 0. */
export function wholeNumber(text: string): number {
  const value = integer(text);
  if (value < 0) throw new InvalidArgumentError('expected an integer of at least 0');
  return value;
}

/** Parses a command-line argument as a 32-bit integer of at least 1. */
export function positiveInteger(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('expected an integer of at least 1');
  return value;
}

/** Parses a command-line argument as a number of processes; `max` is one for each core. */
export function processCount(text: string): number {
  if (text === 'max') return availableParallelism();
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('expected an integer from 1 to 999, or max');
  return Number(text);
}

/** Parses a command-line argument as a number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** Parses a command-line argument as a share: more than 0 and less than 1. */
export function share(text: string): number {
  const value = finiteNumber(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('expected a number between 0 and 1');
  return value;
}

/** Collects the arguments of an option that can be given several times. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Parses a command-line argument that is a JSON object, or `@` followed by the name of a file that contains one. */
export function jsonObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  } catch (error) {
    throw new InvalidArgumentError(`expected JSON, or @ and the name of a JSON file: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError('expected a JSON object');
}

/** A kind of task, as the option `--task` names it. */
export type TaskName = Lowercase<TaskKind>;

const taskKindsByName: Readonly<Record<TaskName, TaskKind>> = { user: 'USER', scenario: 'SCENARIO' };

/** Returns the option `--task` with its help text. */
export function taskOption(help: string): Option {
  return new Option('--task <kind>', help).choices(Object.keys(taskKindsByName)).default('user' satisfies TaskName);
}

export function taskKindOf(task: TaskName): TaskKind {
  return taskKindsByName[task];
}
