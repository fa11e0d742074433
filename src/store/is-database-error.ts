import { linksOf } from './error-links.ts';
import { isConnectionError } from './is-connection-error.ts';

/** An SQLSTATE, or a code of Prisma. */
const codeForm = /^[0-9A-Z]{5}$/;

/** Whether the database is the cause of an error, rather than what was read from it. */
export function isDatabaseError(error: unknown): boolean {
  const isCode = (code: unknown) => typeof code === 'string' && codeForm.test(code);
  return isConnectionError(error) || linksOf(error).some((link) => isCode(link.code) || isCode(link.originalCode));
}
