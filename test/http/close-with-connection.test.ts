import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closeWithConnection } from '../../src/http/close-with-connection.ts';
import { eventually } from '../support/eventually.ts';

describe('closeWithConnection', () => {
  const server = createServer((request, response) => {
    closeWithConnection(request, response);
    const place = responses.push(response) - 1;
    response.once('close', () => closed.push(place));
  });
  let responses: ServerResponse[] = [];
  let closed: number[] = [];
  beforeEach(async () => {
    [responses, closed] = [[], []];
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** Sends requests without waiting for the answers. */
  async function pipeline(count: number) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.resume();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(count));
    await eventually(async () => responses.length === count);
    return socket;
  }

  test('closes the responses to all requests of a connection that is lost', async () => {
    const socket = await pipeline(3);
    expect(closed).toEqual([]);
    socket.destroy();
    await eventually(async () => closed.length === 3);
    expect([...closed].sort()).toEqual([0, 1, 2]);
    expect(responses.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  test('leaves no listener on a connection whose requests have been answered', async () => {
    const socket = await pipeline(3);
    const [held] = responses.map(({ socket }) => socket).filter(Boolean);
    const before = held?.listenerCount('close') as number;
    for (const response of responses) response.end();
    await eventually(async () => closed.length === 3);
    expect(closed).toEqual([0, 1, 2]);
    // One for each of the two that were waiting, and one that Node has for the response that it is sending.
    expect(held?.listenerCount('close')).toBe(before - 3);
    socket.destroy();
  });
});
