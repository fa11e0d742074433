import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Principal } from '../../src/access/principal.ts';
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
    void callers.principalOf('Bearer a');
    expect(verifications).toHaveLength(2);
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
});
