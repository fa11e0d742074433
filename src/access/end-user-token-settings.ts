/** How the tokens (JWTs) of end users are verified. */
export interface EndUserTokenSettings {
  /** The `iss` that a token must have. */
  readonly issuer: string;
  /** The value that its `aud` must contain. */
  readonly audience: string;
  /** The accepted signature algorithms. Any other is refused, whatever the token's header says. */
  readonly algorithms: readonly string[];
  /** The URL of the public keys, or the secret that the identity provider signs with. */
  readonly key: { readonly jwksUrl: URL } | { readonly secret: Uint8Array };
}

const endUserTokenVariables = [
  'WARMSTART_JWT_ISSUER',
  'WARMSTART_JWT_AUDIENCE',
  'WARMSTART_JWT_ALGORITHMS',
  'WARMSTART_JWT_JWKS_URL',
  'WARMSTART_JWT_SECRET',
] as const;

export type EndUserTokenVariables = {
  readonly [Name in (typeof endUserTokenVariables)[number]]?: string | undefined;
};

/**
 * The algorithms with a secret, each with the minimum bytes of the secret: the size of the hash (RFC 7518, section
 * 3.2).
 */
const secretAlgorithms: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };
const keyAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Returns the settings, `undefined` if none is given, and every problem with them. A secret and public keys are never
 * accepted together: an attacker could then sign a token with a public key as the secret. No problem shows the secret.
 */
export function readEndUserTokenSettings(variables: EndUserTokenVariables): {
  readonly settings: EndUserTokenSettings | undefined;
  readonly problems: readonly string[];
} {
  const given = endUserTokenVariables.filter((name) => variables[name] !== undefined);
  if (given.length === 0) return { settings: undefined, problems: [] };
  const { WARMSTART_JWT_ISSUER: issuer = '', WARMSTART_JWT_AUDIENCE: audience = '' } = variables;
  const { WARMSTART_JWT_JWKS_URL: url, WARMSTART_JWT_SECRET: secret } = variables;
  const algorithms = listed(variables.WARMSTART_JWT_ALGORITHMS ?? (secret === undefined ? 'RS256' : 'HS256'));
  const jwksUrl = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const key = jwksUrl ? { jwksUrl } : { secret: Buffer.from(secret ?? '') };
  const problems = [
    ...missing('WARMSTART_JWT_ISSUER', issuer, '`iss`'),
    ...missing('WARMSTART_JWT_AUDIENCE', audience, '`aud`'),
    ...keyProblems(url, jwksUrl, secret),
    ...(url !== undefined && secret !== undefined ? [] : algorithmProblems(algorithms, url, secret)),
  ];
  const settings = Object.freeze({ issuer, audience, algorithms, key });
  return { settings: problems.length > 0 ? undefined : settings, problems };
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function missing(name: string, value: string, claim: string): string[] {
  return value === '' ? [`${name}: expected the ${claim} of the tokens, got nothing; set it to accept tokens`] : [];
}

function keyProblems(url: string | undefined, jwksUrl: URL | undefined, secret: string | undefined): string[] {
  if ((url === undefined) === (secret === undefined)) {
    const got = url === undefined ? 'neither' : 'both';
    return [`WARMSTART_JWT_JWKS_URL, WARMSTART_JWT_SECRET: expected exactly one of the two, got ${got}`];
  }
  if (url === undefined || (jwksUrl && isTrustworthy(jwksUrl))) return [];
  return ['WARMSTART_JWT_JWKS_URL: expected an https URL, or an http URL of this machine'];
}

/** Whether nobody can replace the keys in transit: whoever can do that can sign tokens. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && loopback);
}

function algorithmProblems(
  algorithms: readonly string[],
  url: string | undefined,
  secret: string | undefined,
): string[] {
  const known = url === undefined ? Object.keys(secretAlgorithms) : keyAlgorithms;
  const unknown = algorithms.filter((name) => !known.includes(name));
  if (algorithms.length === 0 || unknown.length > 0) {
    const keys = url === undefined ? 'a secret' : 'a JWKS URL';
    const got = unknown.join(', ') || 'none';
    return [`WARMSTART_JWT_ALGORITHMS: with ${keys}, expected one or more of ${known.join(', ')}, got ${got}`];
  }
  if (secret === undefined) return [];
  const needed = Math.max(...algorithms.map((name) => secretAlgorithms[name] ?? 0));
  const bytes = Buffer.byteLength(secret);
  return bytes >= needed
    ? []
    : [
        `WARMSTART_JWT_SECRET: expected at least ${needed} bytes for ${algorithms.join(', ')}, got ${bytes}; \`openssl rand -hex 32\` prints 64`,
      ];
}
