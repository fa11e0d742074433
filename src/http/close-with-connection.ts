import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Closes a response when its connection is lost. Node closes only the one that it is sending, and none of those to
 * further requests that a client has sent without waiting for the answer.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  // It is the one that Node is sending.
  if (response.socket) return;
  const close = () => {
    response.destroy();
    response.emit('close');
  };
  socket.once('close', close);
  response.once('close', () => socket.off('close', close));
}
