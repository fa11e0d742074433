import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { OverloadError, type ShedCause, WaitingRoom, type WaitingRoomOptions } from '../../src/http/waiting-room.ts';
import { eventually } from '../support/eventually.ts';

/** A waiting room whose requests run until they are told to end, and are named by letters. */
function roomOf(options: Partial<WaitingRoomOptions> = {}) {
  const shed: ShedCause[] = [];
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const room = new WaitingRoom({ maxInProgress: 1000, shed: (cause) => shed.push(cause), ...options });
  const come = (name: string, isGone = () => false) =>
    room.run(() => {
      begun.push(name);
      return new Promise((end) => ends.set(name, end));
    }, isGone);
  const end = (name: string) => ends.get(name)?.();
  return { room, shed, begun, come, end };
}

/** Waits until the requests whose turn it is have begun. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const letters = (count: number) => Array.from({ length: count }, (_, n) => String.fromCharCode(97 + n));

describe('WaitingRoom', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Stops the clock, and returns a function that moves it. */
  function stopClock(): (milliseconds: number) => void {
    let now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    return (milliseconds) => {
      now += milliseconds;
    };
  }

  test('begins requests in the order in which they came, as many at a time as may run', async () => {
    const { begun, come, end } = roomOf({ maxRunning: 2 });
    const all = letters(4).map((name) => come(name));
    // None runs before all data that has arrived has been read.
    expect(begun).toEqual([]);
    await turn();
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    await turn();
    end('d');
    await Promise.all(all);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('never runs a request whose client has gone while it waited, and gives its turn to the next', async () => {
    const { begun, come, end } = roomOf({ maxRunning: 1 });
    let gone = false;
    void come('a');
    const left = come('b', () => gone);
    void come('c');
    await turn();
    gone = true;
    end('a');
    await left;
    await turn();
    expect(begun).toEqual(['a', 'c']);
  });

  test('refuses a request at once when as many are in progress as may be, until one has ended', async () => {
    const { room, shed, come, end, begun } = roomOf({ maxInProgress: 2, maxRunning: 1 });
    const first = come('a');
    void come('b');
    expect(() => room.check()).toThrow(OverloadError);
    await expect(come('c')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(shed).toEqual(['requests', 'requests']);
    await turn();
    end('a');
    await first;
    expect(() => room.check()).not.toThrow();
    await turn();
    expect(begun).toEqual(['a', 'b']);
  });

  test('a request that fails gives its turn to the next, and its error to its caller', async () => {
    const { room, begun, come } = roomOf({ maxRunning: 1 });
    const failing = room.run(
      () => Promise.reject(new Error('no')),
      () => false,
    );
    void come('b');
    await expect(failing).rejects.toThrow('no');
    await turn();
    expect(begun).toEqual(['b']);
  });

  test('a request that takes long does not keep the others waiting', async () => {
    const { begun, come } = roomOf({ maxRunning: 1, runningMilliseconds: 1 });
    void come('a');
    void come('b');
    await eventually(async () => begun.includes('b'));
  });

  /**
   * Fills a room in which one request runs at a time so that `waiting` wait, and then lets one end every 4 ms, and one
   * come for each `endsPerArrival` that end. Returns the number of requests that had ended when the first was refused,
   * and why it was.
   */
  async function firstRefusal(waiting: number, rounds: number, endsPerArrival = 1) {
    const pass = stopClock();
    const { shed, come, end } = roomOf({ maxRunning: 1, runningMilliseconds: 1_000_000 });
    let came = 0;
    const another = () => void come(`r${came++}`).catch(() => {});
    for (let count = 0; count <= waiting; count++) another();
    await turn();
    for (let ended = 0; ended < rounds; ended++) {
      pass(4);
      end(`r${ended}`);
      await turn();
      if (ended % endsPerArrival === 0) another();
      if (shed.length > 0) return { ended: ended + 1, shed };
    }
    return undefined;
  }

  test('refuses a request that would wait for more than half a second', async () => {
    // The mean of the time that a request takes, 1 ms at first, approaches 4 ms: n + 1 ends give 4 - 3 · 0.9^n, because
    // the first has no end before it. 200 times that is above 500 from n = 7 on.
    expect(await firstRefusal(200, 20)).toEqual({ ended: 1 + 7, shed: ['delay'] });
  });

  test('refuses a request that would wait for more than 20 ms if those that wait have not become fewer', async () => {
    // Before the first end, 8 wait. At each arrival, which comes after an end, 7 do: fewer after the first window, but not
    // after the second one, at 2 · 52 ms. 7 · 4 ms is above 20 ms.
    expect(await firstRefusal(8, 50)).toEqual({ ended: 26, shed: ['delay'] });
  });

  test('refuses no request while those that wait become fewer', async () => {
    // 60 · 4 ms at most.
    expect(await firstRefusal(60, 100, 2)).toBeUndefined();
  });

  test('lets up to 5 requests wait, however long they take', async () => {
    expect(await firstRefusal(4, 100)).toBeUndefined();
  });
});
