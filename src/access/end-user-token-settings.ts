/** How the tokens of end users are checked. */
export interface EndUserTokenSettings {
  /** The `iss` that a token must have. */
  readonly issuer: string;
  /** What must be among its `aud`. */
  readonly audience: string;
  /** Which signatures count; any other is refused, whatever a token says of itself. */
  readonly algorithms: readonly string[];
  /** Where the public keys are, or the secret that we share with who signs. */
  readonly key: { readonly jwksUrl: URL } | { readonly secret: Uint8Array };
}

export const endUserTokenVariables = [
  'WARMSTART_JWT_ISSUER',
  'WARMSTART_JWT_AUDIENCE',
  'WARMSTART_JWT_ALGORITHMS',
  'WARMSTART_JWT_JWKS_URL',
  'WARMSTART_JWT_SECRET',
] as const;

export type EndUserTokenVariables = {
  readonly [Name in (typeof endUserTokenVariables)[number]]?: string | undefined;
};

/** With their fewest bytes of secret: as many as the hash has (RFC 7518, section 3.2). */
const secretAlgorithms: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };
const keyAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * The settings, `undefined` when none is given, and everything that is wrong with them. A secret and public keys are never
 * accepted side by side: a public key would then count as a secret that everybody knows. No fault tells the secret.
 */
export function readEndUserTokenSettings(variables: EndUserTokenVariables): {
  readonly settings: EndUserTokenSettings | undefined;
  readonly faults: readonly string[];
} {
  const given = endUserTokenVariables.filter((name) => variables[name] !== undefined);
  if (given.length === 0) return { settings: undefined, faults: [] };
  const { WARMSTART_JWT_ISSUER: issuer = '', WARMSTART_JWT_AUDIENCE: audience = '' } = variables;
  const { WARMSTART_JWT_JWKS_URL: url, WARMSTART_JWT_SECRET: secret } = variables;
  const algorithms = listed(variables.WARMSTART_JWT_ALGORITHMS ?? (secret === undefined ? 'RS256' : 'HS256'));
  const jwksUrl = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const key = jwksUrl ? { jwksUrl } : { secret: Buffer.from(secret ?? '') };
  const faults = [
    ...missing('WARMSTART_JWT_ISSUER', issuer, '`iss`'),
    ...missing('WARMSTART_JWT_AUDIENCE', audience, '`aud`'),
    ...keyFaults(url, jwksUrl, secret),
    ...(url !== undefined && secret !== undefined ? [] : algorithmFaults(algorithms, url, secret)),
  ];
  const settings = Object.freeze({ issuer, audience, algorithms, key });
  return { settings: faults.length > 0 ? undefined : settings, faults };
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function missing(name: string, value: string, claim: string): string[] {
  return value === '' ? [`${name}: needed where tokens are accepted: the ${claim} that they must have`] : [];
}

function keyFaults(url: string | undefined, jwksUrl: URL | undefined, secret: string | undefined): string[] {
  if ((url === undefined) === (secret === undefined)) {
    const came = url === undefined ? 'neither' : 'both';
    return [
      `WARMSTART_JWT_JWKS_URL, WARMSTART_JWT_SECRET: exactly one is needed to check tokens by, got ${came}`,
    ];
  }
  if (url === undefined || (jwksUrl && isTrustworthy(jwksUrl))) return [];
  return ['WARMSTART_JWT_JWKS_URL: expected an https URL, or an http one of this machine'];
}

/** Whoever can change the keys on their way can sign tokens. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && loopback);
}

function algorithmFaults(
  algorithms: readonly string[],
  url: string | undefined,
  secret: string | undefined,
): string[] {
  const known = url === undefined ? Object.keys(secretAlgorithms) : keyAlgorithms;
  const unknown = algorithms.filter((name) => !known.includes(name));
  if (algorithms.length === 0 || unknown.length > 0) {
    const means = url === undefined ? 'a secret' : 'a JWKS URL';
    const came = unknown.join(', ') || 'none';
    return [`WARMSTART_JWT_ALGORITHMS: with ${means}, expected some of ${known.join(', ')}, got ${came}`];
  }
  if (secret === undefined) return [];
  const needed = Math.max(...algorithms.map((name) => secretAlgorithms[name] ?? 0));
  const bytes = Buffer.byteLength(secret);
  return bytes >= needed
    ? []
    : [
        `WARMSTART_JWT_SECRET: expected at least ${needed} bytes for ${algorithms.join(', ')}, got ${bytes}; \`openssl rand -hex 32\` makes 64`,
      ];
}
