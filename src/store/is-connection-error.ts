/** SQLSTATEs of PostgreSQL: class 08, connections; 57P01 to 57P03, it stops, crashed or starts; 53300, it has too many. */
const sqlStates = /^(08...|57P0[123]|53300)$/;
/** Prisma's own: not reached, timed out, closed, no connection of the pool in time, too many. */
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
/** Where there is no code: of the driver, of its pool, of Prisma's transactions, and of a database that lets nobody in. */
const messages =
  /Connection terminated|not queryable|timeout exceeded when trying to connect|Query read timeout|timeout expired|Unable to start a transaction in the given time|is not currently accepting connections/;
/** Most links of a chain of causes that are looked at. */
const maxLinks = 8;

/** Whether an error, or one that it wraps, says that the database was not reached or left: to ask again may help. */
export function isConnectionError(error: unknown): boolean {
  return saysSo(error, maxLinks);
}

interface Link {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly originalMessage?: unknown;
  readonly cause?: unknown;
  readonly originalError?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown } | undefined;
  readonly errors?: unknown;
}

function saysSo(error: unknown, links: number): boolean {
  if (typeof error !== 'object' || error === null || links === 0) return false;
  // Connections of HTTP are not the database's, though they fail with the same codes.
  if ((error as Link).message === 'fetch failed') return false;
  const link = error as Link;
  if ([link.code, link.originalCode].some(isCode) || driverKinds.includes(link.kind as string)) return true;
  if ([link.message, link.originalMessage].some((text) => typeof text === 'string' && messages.test(text)))
    return true;
  const within = [link.cause, link.originalError, link.meta?.driverAdapterError];
  if (Array.isArray(link.errors)) within.push(...link.errors);
  return within.some((one) => saysSo(one, links - 1));
}

function isCode(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return sqlStates.test(code) || prismaCodes.includes(code) || socketCodes.includes(code);
}
