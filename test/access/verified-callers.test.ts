import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { invalidCredential, type Principal } from '../../src/access/principal.ts';
import { type VerifiedCaller, VerifiedCallers } from '../../src/access/verified-callers.ts';

/** A verification that is in progress until it is given a result. */
interface Verification {
  readonly authorization: string;
  succeed(caller?: Partial<VerifiedCaller>): void;
  fail(error: Error): void;
}

const client: Principal = { role: 'CLIENT', keyId: 1 };

function recorded() {
  const verifications: Verification[] = [];
  const callers = new VerifiedCallers(
    (authorization) =>
      new Promise((resolve, reject) => {
        const succeed = (caller: Partial<VerifiedCaller> = {}) =>
          resolve({ principal: client, expires: Number.POSITIVE_INFINITY, ...caller });
        verifications.push({ authorization, succeed, fail: reject });
      }),
  );
  return { callers, verifications };
}

describe('VerifiedCallers', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Stops both clocks, and returns a function that moves them. */
  function stopClocks(): (milliseconds: number) => void {
    let passed = 0;
    const [monotonic, calendar] = [performance.now(), Date.now()];
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic + passed);
    jest.spyOn(Date, 'now').mockImplementation(() => calendar + passed);
    return (milliseconds) => {
      passed += milliseconds;
    };
  }

  test('verifies a credential once a second, counted from the start of its verification', async () => {
    const pass = stopClocks();
    const { callers, verifications } = recorded();
    const first = callers.principalOf('Bearer a');
    pass(600);
    verifications[0]?.succeed();
    expect(await first).toEqual(client);
    pass(399);
    expect(await callers.principalOf('Bearer a')).toEqual(client);
    expect(await callers.principalOf('bearer   a')).toEqual(client);
    expect(verifications).toHaveLength(1);
    pass(1);
    const again = callers.principalOf('Bearer a');
    expect(verifications).toHaveLength(2);
    verifications[1]?.succeed();
    expect(await again).toEqual(client);
  });

  test('verifies each credential for itself', async () => {
    const { callers, verifications } = recorded();
    const both = ['a', 'b'].map((name) => callers.principalOf(`Bearer ${name}`));
    verifications[0]?.succeed({ principal: { role: 'USER', userId: 'u1' } });
    verifications[1]?.succeed({ principal: { role: 'USER', userId: 'u2' } });
    expect(await Promise.all(both)).toMatchObject([{ userId: 'u1' }, { userId: 'u2' }]);
    expect(await callers.principalOf('Bearer a')).toMatchObject({ userId: 'u1' });
  });

  test('verifies a credential again as soon as it has expired', async () => {
    const pass = stopClocks();
    const { callers, verifications } = recorded();
    const first = callers.principalOf('Bearer a');
    verifications[0]?.succeed({ expires: Date.now() + 10 });
    await first;
    pass(9);
    expect(await callers.principalOf('Bearer a')).toEqual(client);
    pass(1);
    const again = callers.principalOf('Bearer a');
    verifications[1]?.fail(new Error('expired'));
    await expect(again).rejects.toThrow('expired');
  });

  test('verifies a credential once for all requests that come in the meantime', async () => {
    const { callers, verifications } = recorded();
    const all = Array.from({ length: 5 }, () => callers.principalOf('Bearer a'));
    verifications[0]?.succeed();
    expect(await Promise.all(all)).toEqual(Array(5).fill(client));
    expect(verifications).toHaveLength(1);
  });

  test('remembers no failure', async () => {
    const { callers, verifications } = recorded();
    for (const time of [0, 1]) {
      const refused = callers.principalOf('Bearer a');
      verifications[time]?.fail(new Error('no'));
      await expect(refused).rejects.toThrow('no');
    }
    expect(verifications).toHaveLength(2);
  });

  test('after `forget`, verifies every credential again, and does not wait for a verification in progress', async () => {
    const { callers, verifications } = recorded();
    const known = callers.principalOf('Bearer known');
    verifications[0]?.succeed();
    await known;
    const early = callers.principalOf('Bearer early');
    callers.forget();
    const later = ['known', 'early'].map((name) => callers.principalOf(`Bearer ${name}`));
    expect(verifications.map(({ authorization }) => authorization)).toEqual(
      ['known', 'early', 'known', 'early'].map((name) => `Bearer ${name}`),
    );
    // What was found before is the answer of the request that came before, and of no other.
    verifications[1]?.succeed();
    expect(await early).toEqual(client);
    for (const verification of verifications.slice(2)) verification.fail(new Error('revoked'));
    expect(await Promise.allSettled(later)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    void callers.principalOf('Bearer early');
    expect(verifications).toHaveLength(5);
  });

  describe('while the database does not answer', () => {
    const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const minutes = 60_000;

    /** Returns what a credential is accepted as when its next verification fails like this. */
    async function verified(expires = Number.POSITIVE_INFINITY) {
      const { callers, verifications } = recorded();
      const first = callers.principalOf('Bearer a');
      verifications[0]?.succeed({ expires });
      await first;
      const next = (error: Error) => {
        const principal = callers.principalOf('Bearer a');
        verifications.at(-1)?.fail(error);
        return principal;
      };
      return { callers, verifications, next };
    }

    test('accepts a credential for 15 minutes after its verification, and verifies it once a second', async () => {
      const pass = stopClocks();
      const { callers, verifications, next } = await verified();
      pass(1000);
      expect(await next(away())).toEqual(client);
      pass(999);
      expect(await callers.principalOf('Bearer a')).toEqual(client);
      expect(verifications).toHaveLength(2);
      pass(15 * minutes - 2000);
      expect(await next(away())).toEqual(client);
      expect(verifications).toHaveLength(3);
      pass(1000);
      await expect(next(away())).rejects.toThrow('ECONNREFUSED');
    });

    test('accepts no credential that has expired', async () => {
      const pass = stopClocks();
      const { next } = await verified(Date.now() + 3000);
      pass(2000);
      expect(await next(away())).toEqual(client);
      pass(1000);
      await expect(next(away())).rejects.toThrow('ECONNREFUSED');
    });

    test('accepts no credential that was refused since, that was forgotten, or that is not known', async () => {
      const pass = stopClocks();
      const refused = await verified();
      pass(1000);
      await expect(refused.next(invalidCredential())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(refused.next(away())).rejects.toThrow('ECONNREFUSED');

      const forgotten = await verified();
      forgotten.callers.forget();
      await expect(forgotten.next(away())).rejects.toThrow('ECONNREFUSED');

      const unknown = forgotten.callers.principalOf('Bearer b');
      forgotten.verifications.at(-1)?.fail(away());
      await expect(unknown).rejects.toThrow('ECONNREFUSED');
    });

    test('accepts no credential because of an error that is not about the connection', async () => {
      const pass = stopClocks();
      const { next } = await verified();
      pass(1000);
      await expect(next(new Error('column "hash" does not exist'))).rejects.toThrow('hash');
    });

    describe('and is silent', () => {
      beforeEach(() => {
        jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      });
      afterEach(() => {
        jest.useRealTimers();
      });

      /** A caller whose key was verified a second ago, and the names of the requests that were answered. */
      async function silent() {
        const { callers, verifications } = await verified();
        await jest.advanceTimersByTimeAsync(1000);
        const answered: string[] = [];
        const ask = async (credential: string, name = credential) => {
          await callers.principalOf(`Bearer ${credential}`);
          answered.push(name);
        };
        const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);
        return { verifications, answered, ask, pass };
      }

      test('waits for it for two seconds, and for an unknown credential as long as it takes', async () => {
        const { verifications, answered, ask, pass } = await silent();
        const waiting = [ask('a'), ask('b')];
        await pass(1900);
        expect(answered).toEqual([]);
        await pass(200);
        expect(answered).toEqual(['a']);
        for (const { succeed } of verifications) succeed();
        await Promise.all(waiting);
        expect(answered).toEqual(['a', 'b']);
      });

      test('waits no longer than two seconds from the start of a verification, whenever a request comes', async () => {
        const { verifications, answered, ask, pass } = await silent();
        void ask('a', 'early');
        await pass(1900);
        void ask('a', 'late');
        await pass(200);
        expect(answered).toEqual(['early', 'late']);
        // The verification is still in progress after the second in which the key was not verified again.
        await pass(1000);
        void ask('a', 'later');
        await pass(10);
        expect(answered).toEqual(['early', 'late', 'later']);
        expect(verifications).toHaveLength(2);
      });

      test('does not wait again after a verification that it did not answer, until it has answered one', async () => {
        const { verifications, answered, ask, pass } = await silent();
        void ask('a', 'first');
        await pass(2100);
        verifications.at(-1)?.fail(away());
        await pass(1000);
        void ask('a', 'second');
        await pass(10);
        expect(answered).toEqual(['first', 'second']);
        expect(verifications).toHaveLength(3);
        verifications.at(-1)?.succeed();
        await pass(1000);
        void ask('a', 'third');
        await pass(1900);
        expect(answered).toEqual(['first', 'second']);
        verifications.at(-1)?.succeed();
        await pass(10);
        expect(answered).toEqual(['first', 'second', 'third']);
      });
    });
  });
});
