const signals = ['SIGINT', 'SIGTERM'] as const;
const handlers: (() => void)[] = [];

/**
 * Calls `handler` when the process is asked to stop (Ctrl+C, SIGTERM) unless somebody who registered later takes it,
 * who knows better what is under way. Returns how to unregister. Once everybody has, a signal ends the process as ever.
 */
export function onInterruption(handler: () => void): () => void {
  if (handlers.length === 0) for (const signal of signals) process.on(signal, dispatch);
  handlers.push(handler);
  return () => {
    const index = handlers.indexOf(handler);
    if (index >= 0) handlers.splice(index, 1);
    if (handlers.length === 0) for (const signal of signals) process.off(signal, dispatch);
  };
}

/** A handler is called once, so that asking again reaches the one before it, and in the end ends the process. */
function dispatch(): void {
  const handler = handlers.pop();
  if (handlers.length === 0) for (const signal of signals) process.off(signal, dispatch);
  handler?.();
}
