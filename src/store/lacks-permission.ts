import { WarmstartError } from '../common/errors.ts';

/** Whether PostgreSQL refused a statement because the role lacks a permission, possibly as the cause of the error. */
export function isPermissionDenied(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return [code, cause?.code].includes('42501');
}

/** The error for an operator whose role may use `what`, but may not do `task`. */
export function lacksPermission(task: string, what: string, cause: unknown): WarmstartError {
  const message =
    `DATABASE_URL: its role lacks the permission to ${task} (${(cause as Error).message}); ` +
    `run the command "migrate" once as a role that has it, and grant this role all privileges on ${what}`;
  return new WarmstartError('INVALID_CONFIGURATION', message, { cause });
}
