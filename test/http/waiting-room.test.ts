import { EventEmitter } from 'node:events';
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
    const { begun, come, end } = roomOf({ running: { least: 2, most: 2 } });
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
    const { begun, come, end } = roomOf({ running: { least: 1, most: 1 } });
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

  test('refuses a request when as many are in progress as may be, until the response to one of them is closed', () => {
    const { room, shed } = roomOf({ maxInProgress: 2 });
    const [first, second] = [new EventEmitter(), new EventEmitter()];
    room.enter(first);
    room.enter(second);
    const third = () => room.enter(new EventEmitter());
    expect(third).toThrow(OverloadError);
    expect(third).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    expect(shed).toEqual(['requests', 'requests']);
    first.emit('close');
    expect(third).not.toThrow();
    expect(third).toThrow(OverloadError);
  });

  test('a request that fails gives its turn to the next, and its error to its caller', async () => {
    const { room, begun, come } = roomOf({ running: { least: 1, most: 1 } });
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
    const { begun, come } = roomOf({ running: { least: 1, most: 1 }, runningMilliseconds: 1 });
    void come('a');
    void come('b');
    await eventually(async () => begun.includes('b'));
  });

  test('lets 5 requests wait, however long they take', async () => {
    const pass = stopClock();
    const { shed, come, end } = roomOf({ running: { least: 1, most: 1 }, runningMilliseconds: 1_000_000 });
    const names = letters(12);
    for (const name of names.slice(0, 6)) void come(name);
    await turn();
    // One ends and one comes every 5 s.
    for (let ended = 0; ended < 6; ended++) {
      pass(5000);
      end(names[ended] as string);
      await turn();
      void come(names[6 + ended] as string);
    }
    expect(shed).toEqual([]);
  });

  /** A room that answers 250 requests a second, one after another. */
  function traffic() {
    const pass = stopClock();
    const { room } = roomOf({ running: { least: 1, most: 1 }, runningMilliseconds: 1_000_000 });
    const answer = { milliseconds: 4, left: 0, end: () => {} };
    let [time, nextArrival] = [0, 0];
    const step = async () => {
      pass(1);
      time++;
      if (answer.left > 0 && --answer.left === 0) answer.end();
      await turn();
    };
    /**
     * Lets requests come evenly, or none. The first one that runs takes `pausedFor` longer. Returns how many were refused,
     * and the longest wait of those that came in this time and began in it, in milliseconds.
     */
    const send = async (milliseconds: number, perSecond: number, pausedFor = 0) => {
      const outcome = { refused: 0, begun: 0, longestWait: 0 };
      nextArrival = Math.max(nextArrival, time);
      for (const until = time + milliseconds; time < until; await step()) {
        if (answer.left > 0 && pausedFor > 0) [answer.left, pausedFor] = [answer.left + pausedFor, 0];
        for (; perSecond > 0 && nextArrival <= time; nextArrival += 1000 / perSecond) {
          const came = time;
          const work = () => {
            outcome.begun++;
            outcome.longestWait = Math.max(outcome.longestWait, time - came);
            answer.left = answer.milliseconds;
            return new Promise<void>((end) => {
              answer.end = end;
            });
          };
          room.run(work, () => false).catch(() => outcome.refused++);
        }
      }
      return outcome;
    };
    return { send, answer };
  }

  describe('refuses no request', () => {
    test('at 65 % of the rate that it can answer, with a pause of 300 ms in every two seconds', async () => {
      const { send } = traffic();
      for (let time = 0; time < 5; time++) {
        const { refused, longestWait } = await send(2000, 0.65 * 250, 300);
        expect({ refused, time }).toEqual({ refused: 0, time });
        // The first to come in the pause waits for its end.
        expect(longestWait).toBeGreaterThan(280);
      }
    });

    test('of 100 that come at once', async () => {
      const { send } = traffic();
      expect(await send(1, 100_000)).toMatchObject({ refused: 0 });
      expect(await send(1000, 125)).toMatchObject({ refused: 0 });
    });

    test('at 95 % of the rate that it can answer while it needs a third longer for each', async () => {
      const { send, answer } = traffic();
      answer.milliseconds = 6;
      expect(await send(10_000, (0.95 * 1000) / 6)).toMatchObject({ refused: 0 });
    });
  });

  describe('at three times the rate that it can answer', () => {
    /** Long enough for the shortest patience. */
    const settle = 5000;

    test('keeps answering at its rate, and after seconds lets none wait for more than 30 ms', async () => {
      const { send } = traffic();
      await send(settle, 750);
      const { refused, begun, longestWait } = await send(2000, 750);
      expect(begun).toBeGreaterThan(0.98 * 500);
      expect(refused).toBeGreaterThan(0.98 * 1000);
      expect(longestWait).toBeLessThanOrEqual(30);
    });

    test('a short break of the requests does not make them wait for long again', async () => {
      const { send } = traffic();
      await send(settle, 750);
      await send(200, 0);
      const { longestWait } = await send(2000, 750);
      // 200 ms of 3 s, of a second of patience, above what it was.
      expect(longestWait).toBeLessThanOrEqual(30 + 70);
    });

    test('refuses none any more a second after it', async () => {
      const { send } = traffic();
      await send(settle, 750);
      await send(1000, 0.65 * 250);
      expect(await send(5000, 0.65 * 250, 50)).toMatchObject({ refused: 0 });
    });
  });
});
