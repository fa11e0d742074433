import { type ErrorCode, type FieldPath, WarmstartError, WarmstartErrors } from '../common/errors.ts';

/** A fault of a client's input. The message begins with the way to the field, `path`. */
export function inputFault(
  path: FieldPath,
  message: string,
  code: ErrorCode = 'BAD_USER_INPUT',
): WarmstartError {
  return new WarmstartError(code, `${path.join('.')}: ${message}`, { field: path });
}

const notFoundCodes = {
  user: 'USER_NOT_FOUND',
  item: 'ITEM_NOT_FOUND',
  scenario: 'SCENARIO_NOT_FOUND',
} as const;

/** The fault of a client's id at `path` that nothing of its kind has. */
export function notFoundFault(path: FieldPath, kind: keyof typeof notFoundCodes, id: string): WarmstartError {
  return inputFault(path, `there is no ${kind} with the id ${shown(id)}`, notFoundCodes[kind]);
}

/** Most faults that are told of one batch. */
const maxFaults = 100;

/** Throws them at once, if there are any; of many the first, and how many more there are. */
export function throwFaults(faults: readonly WarmstartError[]): void {
  const told = faults.slice(0, maxFaults);
  const last = told.at(-1);
  if (!last) return;
  const more = faults.length - told.length;
  if (more > 0) told.push(new WarmstartError(last.code, `and ${more} faults more`));
  throw new WarmstartErrors(told);
}

const longestShown = 100;

/** A value as messages show it: as JSON, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown).toWellFormed()}…`;
}
