/** What errors of the database, of its driver and of Prisma have in common. */
export interface ErrorLink {
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

/** Maximum length of a chain of causes. */
const maxLinks = 8;

/** Returns an error and its causes, and the causes of these. HTTP connections fail with codes that sockets have too. */
export function linksOf(error: unknown, links = maxLinks): readonly ErrorLink[] {
  if (typeof error !== 'object' || error === null || links === 0) return [];
  const link = error as ErrorLink;
  if (link.message === 'fetch failed') return [];
  const within = [link.cause, link.originalError, link.meta?.driverAdapterError];
  if (Array.isArray(link.errors)) within.push(...link.errors);
  return [link, ...within.flatMap((one) => linksOf(one, links - 1))];
}
