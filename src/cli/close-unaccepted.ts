import type { Worker } from 'node:cluster';

/**
 * Closes the connection that was being handed to a server process when that ended. Node hands over one connection at a
 * time and waits until the process has accepted it. If the process is killed meanwhile, Node forgets the connection
 * without closing it, and its client would wait forever.
 */
export function closeUnaccepted({ process }: Worker): void {
  let latest: { close(): void } | undefined;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  process.send = (...message: unknown[]) => {
    const [, handle] = message;
    if (typeof handle === 'object' && handle) latest = handle as typeof latest;
    return send(...message);
  };
  // Closing a connection that was accepted does nothing, because this process has closed its side already.
  process.once('exit', () => latest?.close());
}
