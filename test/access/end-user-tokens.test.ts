import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { endUserTokens } from '../../src/access/end-user-tokens.ts';
import { eventually } from '../support/eventually.ts';

const issuer = 'https://id.example';
const audience = 'shop';
const now = () => Math.floor(Date.now() / 1000);
const good = (): JWTPayload => ({ iss: issuer, aud: audience, sub: 'u1', exp: now() + 60 });
const without = (claim: keyof JWTPayload) =>
  Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim));
const refused = { code: 'UNAUTHENTICATED', message: expect.stringContaining('is invalid') };

/** The claims for which any token is refused, however it is signed. */
const wrongClaims: [string, () => JWTPayload][] = [
  ['another issuer', () => ({ ...good(), iss: 'https://evil.example' })],
  ['no issuer', () => without('iss')],
  ['another audience', () => ({ ...good(), aud: 'another' })],
  ['no audience', () => without('aud')],
  ['an expiry in the past', () => ({ ...good(), exp: now() - 11 })],
  ['no expiry', () => without('exp')],
  ['a start in the future', () => ({ ...good(), nbf: now() + 30 })],
  ['no subject', () => without('sub')],
  ['an empty subject', () => ({ ...good(), sub: '' })],
  ['a subject that is a number', () => ({ ...good(), sub: 1 as unknown as string })],
  ['a subject with half of a surrogate pair', () => ({ ...good(), sub: 'u\ud800' })],
  ['a subject with U+0000', () => ({ ...good(), sub: 'u\0' })],
];

describe('endUserTokens with a shared secret', () => {
  const secret = Buffer.from('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');
  const verify = endUserTokens({ issuer, audience, algorithms: ['HS256'], key: { secret } });
  const sign = (claims: JWTPayload, key: Uint8Array = secret, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(key);

  test('returns the external ID of the user', async () => {
    expect(await verify(await sign(good()))).toMatchObject({ userId: 'u1' });
    expect(await verify(await sign({ ...good(), sub: 'auth0|ü ser', aud: ['else', audience] }))).toMatchObject({
      userId: 'auth0|ü ser',
    });
  });

  test('returns the time from which a token is refused: 10 seconds after `exp`', async () => {
    const exp = now() + 60;
    expect((await verify(await sign({ ...good(), exp }))).expires).toBe((exp + 10) * 1000);
    // The same time, by the verification itself.
    const expired = await sign({ ...good(), exp: now() - 10 });
    await expect(verify(expired)).rejects.toMatchObject(refused);
  });

  test('accepts tokens of a clock that is a few seconds off', async () => {
    expect(await verify(await sign({ ...good(), exp: now() - 5, nbf: now() + 5 }))).toMatchObject({ userId: 'u1' });
  });

  test.each(wrongClaims)('refuses a token with %s', async (_what, claims) => {
    await expect(verify(await sign(claims()))).rejects.toMatchObject(refused);
  });

  test('refuses a token that is signed with another secret', async () => {
    const token = await sign(good(), Buffer.from(`${secret}`.replace('0', '1')));
    await expect(verify(token)).rejects.toMatchObject(refused);
  });

  test('refuses another algorithm of the same family', async () => {
    await expect(verify(await sign(good(), secret, 'HS512'))).rejects.toMatchObject(refused);
  });

  test('refuses a token that claims to need no signature', async () => {
    await expect(verify(new UnsecuredJWT(good()).encode())).rejects.toMatchObject(refused);
    const [, payload] = (await sign(good())).split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url');
      await expect(verify(`${header}.${payload}.`)).rejects.toMatchObject(refused);
    }
  });

  test('refuses a token that was changed after signing', async () => {
    const [header, , signature] = (await sign(good())).split('.');
    const payload = Buffer.from(JSON.stringify({ ...good(), sub: 'u2' })).toString('base64url');
    await expect(verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject(refused);
  });

  test.each(['', 'x', 'a.b', 'a.b.c', '....', 'e30.e30.e30', '=.=.='])('refuses the token %j', async (token) => {
    await expect(verify(token)).rejects.toMatchObject(refused);
  });
});

describe('endUserTokens with keys at a URL', () => {
  let server: Server;
  let served: { status: number; keys: JWK[] };
  let fetched = 0;
  let first: Awaited<ReturnType<typeof keyPair>>;
  let second: Awaited<ReturnType<typeof keyPair>>;
  const url = () => new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
  const verifier = (algorithms = ['RS256'], options?: Parameters<typeof endUserTokens>[1]) =>
    endUserTokens({ issuer, audience, algorithms, key: { jwksUrl: url() } }, options);

  beforeAll(async () => {
    first = await keyPair('first');
    second = await keyPair('second');
    server = createServer((_request, response) => {
      fetched++;
      response.writeHead(served.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: served.keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    fetched = 0;
    served = { status: 200, keys: [first.jwk] };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('returns the external ID of the user, and fetches the keys once', async () => {
    const verify = verifier();
    for (let time = 0; time < 3; time++) expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    expect(fetched).toBe(1);
  });

  test.each(wrongClaims)('refuses a token with %s', async (_what, claims) => {
    await expect(verifier()(await first.sign(claims()))).rejects.toMatchObject(refused);
  });

  test('refuses a token that is signed with another key, even under the name of a known key', async () => {
    const verify = verifier();
    await expect(verify(await second.sign(good()))).rejects.toMatchObject(refused);
    await expect(verify(await second.sign(good(), 'first'))).rejects.toMatchObject(refused);
  });

  test('refuses a token that is signed with the public key as a secret (algorithm confusion)', async () => {
    const publicKey = Buffer.from(await exportSPKI(first.publicKey));
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const token = await new SignJWT(good()).setProtectedHeader({ alg, kid: 'first' }).sign(publicKey);
      await expect(verifier()(token)).rejects.toMatchObject(refused);
      // Even if the operator's settings allowed the algorithm.
      await expect(verifier(['RS256', alg])(token)).rejects.toMatchObject(refused);
    }
  });

  test('refuses a token without a signature, or with another algorithm, before it fetches the keys', async () => {
    const verify = verifier();
    await expect(verify(new UnsecuredJWT(good()).encode())).rejects.toMatchObject(refused);
    await expect(verify(await first.sign(good(), 'first', 'PS256'))).rejects.toMatchObject(refused);
    expect(fetched).toBe(0);
  });

  test('ignores keys that a token brings with it', async () => {
    const token = await new SignJWT(good())
      .setProtectedHeader({ alg: 'RS256', kid: 'first', jwk: second.jwk, jku: `${url()}` })
      .sign(second.privateKey);
    await expect(verifier()(token)).rejects.toMatchObject(refused);
  });

  test('accepts tokens of a key that was added later, and refuses those of a withdrawn key once the cache has expired', async () => {
    const verify = verifier(['RS256'], { fetching: { cooldownDuration: 100, cacheMaxAge: 400 } });
    expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    served.keys = [first.jwk, second.jwk];
    const accepts = async (pair: typeof first) => verify(await pair.sign(good())).catch(() => false);
    expect(await eventually(() => accepts(second))).toMatchObject({ userId: 'u1' });
    expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    served.keys = [second.jwk];
    await eventually(async () => !(await accepts(first)));
    await expect(verify(await first.sign(good()))).rejects.toMatchObject(refused);
    expect(await verify(await second.sign(good()))).toMatchObject({ userId: 'u1' });
  });

  test('does not fetch the keys again for each token of an unknown key', async () => {
    const verify = verifier();
    expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    for (let time = 0; time < 5; time++) await expect(verify(await second.sign(good()))).rejects.toMatchObject(refused);
    expect(fetched).toBe(1);
  });

  const unavailable = { code: 'UNAVAILABLE', message: expect.stringContaining('try again') };

  test('is UNAVAILABLE while the keys cannot be fetched, asks for them once in a while, and then accepts tokens', async () => {
    served.status = 503;
    const reasons: unknown[] = [];
    const verify = verifier(['RS256'], {
      fetching: { pauseDuration: 2000 },
      keysFailed: (error) => reasons.push((error as Error).message),
    });
    for (let time = 0; time < 5; time++)
      await expect(verify(await first.sign(good()))).rejects.toMatchObject(unavailable);
    expect(fetched).toBe(1);
    expect(reasons).toEqual(Array(5).fill(expect.stringContaining('200 OK')));
    served.status = 200;
    const token = await first.sign(good());
    expect(await eventually(() => verify(token).catch(() => false))).toMatchObject({ userId: 'u1' });
    expect(fetched).toBe(2);
  });

  test('is UNAVAILABLE if the provider does not answer, and does not wait for it again', async () => {
    const held: ServerResponse[] = [];
    const silent = createServer((_request, response) => held.push(response));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const jwksUrl = new URL(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/keys`);
    const settings = { issuer, audience, algorithms: ['RS256'], key: { jwksUrl } };
    const verify = endUserTokens(settings, { fetching: { timeoutDuration: 200 } });
    const token = await first.sign(good());
    await Promise.all([1, 2, 3].map(() => expect(verify(token)).rejects.toMatchObject(unavailable)));
    await expect(verify(token)).rejects.toMatchObject(unavailable);
    expect(held).toHaveLength(1);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  test('goes on with the keys that it has while others cannot be fetched', async () => {
    const verify = verifier(['RS256'], { fetching: { cooldownDuration: 0 } });
    expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    served.status = 503;
    for (let time = 0; time < 3; time++)
      await expect(verify(await second.sign(good()))).rejects.toMatchObject(unavailable);
    expect(await verify(await first.sign(good()))).toMatchObject({ userId: 'u1' });
    expect(fetched).toBe(2);
  });
});

async function keyPair(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return {
    publicKey,
    privateKey: privateKey as CryptoKey,
    jwk,
    sign: async (claims: JWTPayload, name = kid, alg = 'RS256') => {
      const signer = alg === 'RS256' ? privateKey : (await generateKeyPair(alg)).privateKey;
      return new SignJWT(claims).setProtectedHeader({ alg, kid: name }).sign(signer);
    },
  };
}
