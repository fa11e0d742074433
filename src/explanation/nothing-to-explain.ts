import { WarmstartError } from '../common/errors.ts';

export function nothingToExplain(message: string): WarmstartError {
  return new WarmstartError('NOTHING_TO_EXPLAIN', message);
}
