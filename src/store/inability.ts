import { linksOf } from './error-links.ts';

/** The reason that passes by itself. */
export const conflict = 'other statements were in the way of this one';

/** By SQLSTATE: why a database that answers cannot do what it usually does. */
const inabilities: Readonly<Record<string, string>> = {
  '25006': 'the database is read-only',
  '40001': conflict,
  '40P01': conflict,
  '53000': 'the database lacks a resource',
  '53100': 'the disk of the database is full',
  '53200': 'the database is out of memory',
  '53400': 'a limit in the configuration of the database is reached',
  '55P03': conflict,
  '57014': 'the database cancelled the statement',
  '58030': 'the database cannot read or write its files',
  '2200H': 'the database has no more IDs for new rows',
};

/**
 * Returns in words why the database is unable to execute a statement that is right, with the name of a sequence that is
 * at its end; `undefined` for any other error. A retry helps, in most cases when the operator has acted.
 */
export function inabilityOf(error: unknown): string | undefined {
  for (const { code, originalCode, message, originalMessage } of linksOf(error)) {
    const inability = inabilities[String(originalCode)] ?? inabilities[String(code)];
    if (inability === undefined) continue;
    const [sequence] = /sequence "\w+"/.exec(`${originalMessage ?? message}`) ?? [];
    return sequence ? `${inability}: ${sequence} is at its end` : inability;
  }
  return undefined;
}
