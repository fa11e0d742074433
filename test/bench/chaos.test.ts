import { describe, expect, test } from '@jest/globals';
import { countingAsk } from '../../bench/chaos/counting-ask.ts';
import { damages } from '../../bench/chaos/damage.ts';
import { brokenPromises } from '../../bench/chaos/judge.ts';
import { countRuns, type StoredRun } from '../../bench/chaos/run-counts.ts';
import { type AnsweredList, judgeLists } from '../../bench/chaos/served-lists.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/registry/safetensors.ts';
import { InteractionLedger } from '../support/interaction-ledger.ts';
import type { Ask } from '../support/server-client.ts';

describe('a ledger of interactions', () => {
  const acknowledged = { status: 200, data: { recordInteractions: { results: [{ interaction: { id: 'x' } }] } } };
  const stored = (...rows: [string, number][]) =>
    ({ query: async () => ({ rows: rows.map(([key, times]) => ({ key, times })) }) }) as never;

  /** Records three interactions. The first is answered, the second at the third attempt, and the third never. */
  async function recorded(): Promise<InteractionLedger> {
    const ledger = new InteractionLedger({ users: ['u1', 'u2'], items: ['i1'] });
    const stop = new AbortController();
    let sent = 0;
    const ask: Ask = async () => {
      sent++;
      if (sent === 1 || sent === 4) return acknowledged;
      if (sent > 4) stop.abort();
      throw new Error('the connection was lost');
    };
    await ledger.recordAtOnce(1, ask, stop.signal);
    return ledger;
  }

  test('sends an interaction again under the same key until it is acknowledged', async () => {
    const ledger = await recorded();
    expect([...ledger.acknowledged]).toEqual(['key-0', 'key-1']);
    expect([...ledger.unacknowledged]).toEqual(['key-2']);
    expect(ledger.retried).toBe(2);
  });

  test('counts what is acknowledged and missing, what is stored twice, and what it never sent', async () => {
    const ledger = await recorded();
    expect(await ledger.faults(stored(['key-0', 1], ['key-1', 1], ['key-2', 1]))).toEqual({
      ...{ lost: [], doubled: [], unknown: [] },
    });
    expect(await ledger.faults(stored(['key-1', 2], ['key-9', 1]))).toEqual({
      ...{ lost: ['key-0'], doubled: ['key-1'], unknown: ['key-9'] },
    });
  });
});

describe('training runs', () => {
  const succeeded: StoredRun = { status: 'SUCCEEDED', hasVersion: true, ends: 1 };
  const failed: StoredRun = { status: 'FAILED', hasVersion: false, ends: 1 };

  test('end once with a version if they succeed, and without one if they fail', () => {
    expect(countRuns([succeeded, succeeded, failed], 2)).toEqual({ runs: 3, endedOnce: 3, doubleVersions: 0 });
  });

  test.each<[string, StoredRun]>([
    ['is still running', { status: 'RUNNING', hasVersion: false, ends: 0 }],
    ['ended twice', { ...failed, ends: 2 }],
    ['succeeded without a version', { ...succeeded, hasVersion: false }],
    ['failed with a version', { ...failed, hasVersion: true }],
  ])('do not count if one %s', (_what, run) => {
    expect(countRuns([succeeded, run], run.hasVersion ? 2 : 1)).toMatchObject({ runs: 2, endedOnce: 1 });
  });

  test('have published twice if there are more versions than runs with one', () => {
    expect(countRuns([succeeded, failed], 2).doubleVersions).toBe(1);
  });
});

describe('lists', () => {
  const versions = { before: 7, damaged: 8 };
  const list = (version: number | null, length = 10, degraded = false): AnsweredList => ({
    edges: Array.from({ length }, () => ({ modelVersion: version === null ? null : { number: version } })),
    degraded,
  });

  test('of the version before are the best, and one bad list is enough', () => {
    expect(judgeLists([list(7), list(7)], versions)).toEqual({ served: 'before', degraded: false });
    expect(judgeLists([list(7), list(null, 10, true)], versions)).toEqual({ served: 'popularity', degraded: true });
    expect(judgeLists([list(8), list(7)], versions)).toEqual({ served: 'damaged', degraded: false });
  });

  test('with fewer than ten items, and answers without a list, count as nothing', () => {
    expect(judgeLists([list(7), list(7, 9)], versions).served).toBe('nothing');
    expect(judgeLists([list(8), undefined], versions).served).toBe('nothing');
    expect(judgeLists([list(7), null], versions).served).toBe('nothing');
  });
});

describe('damaged parameters', () => {
  const weights = Float32Array.of(1, 2, -3);
  const parameters = encodeSafetensors({
    weights: { dtype: 'float32', shape: [3], data: weights },
    places: { dtype: 'int32', shape: [1], data: Int32Array.of(5) },
  });
  const damaged = (kind: string) => {
    const damage = damages.find((each) => each.kind === kind);
    if (!damage) throw new Error(`there is no damage ${kind}`);
    return damage.damage(parameters);
  };
  const numbersOf = (bytes: Uint8Array) => {
    const { weights, places } = decodeSafetensors(bytes);
    return [[...(weights?.data ?? [])], [...(places?.data ?? [])]];
  };

  test.each(['truncated', 'empty', 'broken header'])('cannot be read: %s', (kind) => {
    expect(() => decodeSafetensors(damaged(kind))).toThrow('the safetensors data is invalid');
  });

  test('a flipped bit doubles or halves one number', () => {
    // 4 numbers: the third, -3, is in the middle. In binary it is 1.5 · 2, with the exponent 128; 129 doubles it.
    expect(numbersOf(damaged('flipped bit'))).toEqual([[1, 2, -6], [5]]);
  });

  test('NaN and zeros replace all weights, and only these', () => {
    expect(numbersOf(damaged('NaN'))).toEqual([[Number.NaN, Number.NaN, Number.NaN], [5]]);
    expect(numbersOf(damaged('zeros'))).toEqual([[0, 0, 0], [5]]);
  });

  test('the undamaged ones stay as they are', () => {
    for (const { damage } of damages) damage(parameters);
    expect(numbersOf(parameters)).toEqual([[1, 2, -3], [5]]);
  });
});

describe('operations', () => {
  test('are counted by the code of their error', async () => {
    const errors = (code: string) => ({ status: 503, errors: [{ message: 'no', extensions: { code } }] });
    const answers = [{ status: 200, data: {} }, errors('UNAVAILABLE'), errors('UNAVAILABLE'), undefined];
    const { ask, answered, refused } = countingAsk(async () => {
      const answer = answers.shift();
      if (!answer) throw new Error('the connection was lost');
      return answer;
    });
    for (let operation = 0; operation < 3; operation++) await ask('{ __typename }');
    await expect(ask('{ __typename }')).rejects.toThrow('the connection was lost');
    expect(answered()).toBe(1);
    expect(refused).toEqual({ UNAVAILABLE: 2, NO_ANSWER: 1 });
  });
});

describe('promises', () => {
  const served = { served: 'before', degraded: true } as const;
  const kept = {
    ledger: { acknowledged: 100, lost: 0, doubled: 0 },
    kills: {
      server: { count: 3, maxSecondsToReady: 2 },
      postgres: { count: 3, maxSecondsToReady: 2 },
      worker: { count: 5, runs: 3, endedOnce: 3, doubleVersions: 0 },
    },
    overload: {
      ...{ shedShare: 0.7, slowestRefusal: 40, p99OfAnswered: 90, resets: 0, failures: 0, secondsToRecover: 0 },
    },
    drain: { tries: 3, requests: 900, resets: 0, badExits: 0, maxSecondsToEnd: 2 },
    damaged: [{ kind: 'NaN', ...served, running: served, promotable: false }],
    diskFull: {
      ...{ refused: { UNAVAILABLE: 9 }, readsAnswered: 50, readsFailed: 0, lost: 0 },
      ...{ wroteAgain: true, secondsToWrite: 1 },
    },
    fuzz: { operations: 1000, internalErrors: 0, unanswered: 0 },
    soak: {
      ...{ minutes: 30, trainings: 50, promotions: 200, failures: 0, refused: 3 },
      ...{ rssStartMiB: 300, rssHalfwayMiB: 305, rssEndMiB: 310 },
      ...{ workerRssStartMiB: 300, workerRssHalfwayMiB: 305, workerRssEndMiB: 310 },
    },
  };

  test('are kept if nothing is lost', () => {
    expect(brokenPromises(kept)).toEqual([]);
    expect(brokenPromises({ diskFull: { skipped: 'no permission' } })).toEqual([]);
    expect(brokenPromises({})).toEqual([]);
  });

  test.each<[string, Parameters<typeof brokenPromises>[0]]>([
    ['2 acknowledged interactions were lost', { ledger: { ...kept.ledger, lost: 2 } }],
    ['1 interactions were stored more than once', { ledger: { ...kept.ledger, doubled: 1 } }],
    [
      '1 training runs did not end exactly once',
      { kills: { ...kept.kills, worker: { ...kept.kills.worker, endedOnce: 2 } } },
    ],
    [
      '4 model versions were published twice',
      { kills: { ...kept.kills, worker: { ...kept.kills.worker, doubleVersions: 4 } } },
    ],
    ['3 requests in the overload', { overload: { ...kept.overload, resets: 1, failures: 2 } }],
    ['7 requests in flight got no answer', { drain: { ...kept.drain, resets: 7 } }],
    ['1 servers that were stopped', { drain: { ...kept.drain, badExits: 1 } }],
    ['3 operations failed inside the server', { fuzz: { ...kept.fuzz, internalErrors: 2, unanswered: 1 } }],
    ['5 requests, trainings or promotions failed', { soak: { ...kept.soak, failures: 5 } }],
    ['6 writes to a full disk', { diskFull: { ...kept.diskFull, refused: { INTERNAL_SERVER_ERROR: 6 } } }],
    ['2 reads failed', { diskFull: { ...kept.diskFull, readsFailed: 2 } }],
    ['1 acknowledged interactions were lost on the full disk', { diskFull: { ...kept.diskFull, lost: 1 } }],
    [
      '10.5 seconds until a server was ready after a kill, more than 10',
      { kills: { ...kept.kills, server: { count: 3, maxSecondsToReady: 10.5 } } },
    ],
    [
      '12.0 seconds until a server was ready after a kill of PostgreSQL, more than 10',
      { kills: { ...kept.kills, postgres: { count: 3, maxSecondsToReady: 12 } } },
    ],
    ['25.0 seconds until a stopped server ended', { drain: { ...kept.drain, maxSecondsToEnd: 25 } }],
    ['2.0 times the memory of the server', { soak: { ...kept.soak, rssEndMiB: 600 } }],
    ['1.6 times the memory of the worker', { soak: { ...kept.soak, workerRssEndMiB: 480 } }],
    [
      'lists of a running server with damage (NaN) are not degraded',
      { damaged: [{ kind: 'NaN', ...served, running: { served: 'before', degraded: false }, promotable: false }] },
    ],
    ['1 platforms did not write again', { diskFull: { ...kept.diskFull, wroteAgain: false, secondsToWrite: null } }],
  ])('are broken: %s', (expected, changed) => {
    expect(brokenPromises({ ...kept, ...changed })).toEqual([expect.stringContaining(expected)]);
  });

  test('are broken by a damaged version that makes lists, or can be promoted, or leaves no lists', () => {
    const damaged = [
      { kind: 'zeros', served: 'damaged', degraded: false, running: served, promotable: true } as const,
      { kind: 'NaN', ...served, running: { served: 'nothing', degraded: false }, promotable: false } as const,
      { kind: 'empty', served: 'popularity', degraded: true, running: served, promotable: false } as const,
    ];
    expect(brokenPromises({ damaged })).toEqual([
      'a started server with damage (zeros) serves: damaged',
      'promoteModel accepts a version with damage: zeros',
      'a running server with damage (NaN) serves: nothing',
    ]);
  });
});
