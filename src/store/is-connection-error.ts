/**
 * SQLSTATEs: class 08 for connections, 57P01 to 57P03 for a server that stops, crashed or starts, 53300 for too many
 * connections.
 */
const sqlStates = /^(08...|57P0[123]|53300)$/;
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
/** Maximum length of a chain of causes. */
const maxLinks = 8;

/** Whether an error or one of its causes means that the database is unreachable, so that a retry may help. */
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
  // HTTP connections fail with the same codes, but are not connections to the database.
  if ((error as Link).message === 'fetch failed') return false;
  const link = error as Link;
  if ([link.code, link.originalCode].some(isCode) || driverKinds.includes(link.kind as string)) return true;
  if ([link.message, link.originalMessage].some((text) => typeof text === 'string' && messages.test(text))) return true;
  const within = [link.cause, link.originalError, link.meta?.driverAdapterError];
  if (Array.isArray(link.errors)) within.push(...link.errors);
  return within.some((one) => saysSo(one, links - 1));
}

function isCode(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return sqlStates.test(code) || prismaCodes.includes(code) || socketCodes.includes(code);
}
