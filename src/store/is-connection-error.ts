import { type ErrorLink, linksOf } from './error-links.ts';

/**
 * SQLSTATEs: class 08 for connections, 57P01 to 57P05 for a server that stops, crashed or starts, a database that was
 * dropped, or a session that was idle for too long, 53300 for too many connections.
 */
const sqlStates = /^(08...|57P0[1-5]|53300)$/;
/** Codes of Prisma: unreachable, timeout, closed, no free connection in time, too many connections. */
const prismaCodes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037'];
const driverKinds = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'];
const socketCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];
/**
 * Messages of errors without a code: from the driver, its pool, Prisma's transactions, and a database that accepts no
 * connections.
 */
const messages =
  /Connection terminated|not queryable|timeout exceeded when trying to connect|Query read timeout|timeout expired|Unable to start a transaction in the given time|is not currently accepting connections/;

/** Whether an error or one of its causes means that the database is unreachable, so that a retry may help. */
export function isConnectionError(error: unknown): boolean {
  return linksOf(error).some(saysSo);
}

function saysSo({ code, originalCode, kind, message, originalMessage }: ErrorLink): boolean {
  if ([code, originalCode].some(isCode) || driverKinds.includes(kind as string)) return true;
  return [message, originalMessage].some((text) => typeof text === 'string' && messages.test(text));
}

function isCode(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return sqlStates.test(code) || prismaCodes.includes(code) || socketCodes.includes(code);
}
