import type { Response } from 'express';
import { refusalHead } from '../access/refusal.ts';
import type { WarmstartError } from '../common/errors.ts';

/** Refuses a request before it becomes an operation, in the form of a GraphQL response. */
export function refuse(response: Response, error: WarmstartError): void {
  const { status, headers } = refusalHead(error);
  response.set(headers);
  answerError(response, status, error.code, error.message);
}

export function answerError(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}
