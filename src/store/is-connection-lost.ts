/** SQLSTATEs of a server that ends connections or takes none; beside them all of class 08. */
const statesOfServer: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03']);
/** Prisma's codes and kinds of the same, and those of the sockets below. */
const codes: ReadonlySet<string> = new Set([
  'P1001',
  'P1002',
  'P1017',
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** What the driver says of a connection that ended has no code. */
const saying = /Connection terminated|Client has encountered a connection error/;
const deepest = 6;

/** Whether a statement failed because its connection was lost or none could be made: sent again it may succeed. */
export function isConnectionLost(error: unknown): boolean {
  return isLoss(error, 0);
}

function isLoss(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth > deepest) return false;
  const { code, originalCode, kind, message } = error as Record<string, unknown>;
  if ([code, originalCode, kind].some(isLossCode)) return true;
  if (typeof message === 'string' && saying.test(message)) return true;
  // Prisma hides the driver's error within its own, at different places.
  const { cause, meta, driverAdapterError, errors } = error as Record<string, unknown>;
  const inner = [cause, meta, driverAdapterError, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((each) => isLoss(each, depth + 1));
}

function isLossCode(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return codes.has(code) || statesOfServer.has(code) || /^08[0-9A-Z]{3}$/.test(code);
}
