import { z } from 'zod';
import { type EndUserTokenSettings, readEndUserTokenSettings } from './access/end-user-token-settings.ts';
import { WarmstartError } from './common/errors.ts';
import { engineChoices, executionProviders } from './engine/engine.ts';

/** Exponents, other bases and blanks are slips rather than settings. */
const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'expected an integer in decimal digits')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

const number = (minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, 'expected a number in decimal digits, as in 0.5')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

/** As a browser sends it: scheme, host and port, nothing behind. */
const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (all) => all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'expected origins separated by commas, each as in https://shop.example',
  )
  .optional();

const endpoint = () =>
  z.url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' }).optional();

/** Of these nothing is shown: there may be passwords in them. */
const confidential = [
  'DATABASE_URL',
  'WARMSTART_JWT_SECRET',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
];

/** Not settings of the server, but in its environment where tests run, or examples of clients. */
const notOurs = ['WARMSTART_SLOW_TESTS', 'WARMSTART_TEST_SERVER', 'WARMSTART_MOVIELENS', 'WARMSTART_KEY'];

/** Every setting, by the name of its environment variable. docs/settings.md is the same table for people. */
const variables = z.object({
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: ({ input }) =>
        `expected a URL that begins with postgres:// or postgresql://, got ${schemeOf(input)}`,
      abort: true,
    })
    .refine(
      (url) => [null, 'public'].includes(new URL(url).searchParams.get('schema')),
      'only the schema "public" is supported',
    )
    .optional(),
  WARMSTART_DATA_DIR: z.string().min(1).default('.warmstart'),
  WARMSTART_HOST: z.string().min(1).default('127.0.0.1'),
  WARMSTART_PORT: integer(0, 65_535).default(4000),
  WARMSTART_ENGINE: z.enum(engineChoices).default('auto'),
  WARMSTART_ENGINE_PROVIDER: z.enum(executionProviders).default('cpu'),
  WARMSTART_ENGINE_THREADS: integer(1, 256).default(1),
  WARMSTART_RATING_MINIMUM: number().default(1),
  WARMSTART_RATING_MAXIMUM: number().default(5),
  WARMSTART_CANDIDATES: integer(1, 100_000).default(5000),
  WARMSTART_COMPARED_ITEMS: integer(10, 200_000).default(100_000),
  WARMSTART_CACHED_ITEMS: integer(1000, 10_000_000).default(400_000),
  // They are checked together, see `readEndUserTokenSettings`.
  WARMSTART_JWT_ISSUER: z.string().optional(),
  WARMSTART_JWT_AUDIENCE: z.string().optional(),
  WARMSTART_JWT_ALGORITHMS: z.string().optional(),
  WARMSTART_JWT_JWKS_URL: z.string().optional(),
  WARMSTART_JWT_SECRET: z.string().optional(),
  WARMSTART_MAX_BODY_BYTES: integer(1000, 100_000_000).default(1_000_000),
  WARMSTART_MAX_TOKENS: integer(100, 100_000).default(1000),
  WARMSTART_MAX_DEPTH: integer(1, 100).default(12),
  WARMSTART_MAX_ALIASES: integer(0, 10_000).default(30),
  WARMSTART_MAX_DIRECTIVES: integer(0, 10_000).default(30),
  WARMSTART_MAX_COST: integer(1, 1_000_000_000).default(10_000),
  WARMSTART_COST_PER_MINUTE: integer(1, 1_000_000_000).default(600_000),
  WARMSTART_USER_COST_PER_MINUTE: integer(1, 1_000_000_000).default(60_000),
  WARMSTART_REQUESTS_PER_MINUTE: integer(1, 1_000_000).default(6000),
  WARMSTART_FAILED_AUTHENTICATIONS_PER_MINUTE: integer(1, 1_000_000).default(30),
  WARMSTART_CORS_ORIGINS: origins,
  WARMSTART_TRUSTED_PROXIES: integer(0, 100).default(0),
  WARMSTART_DRAIN_SECONDS: integer(0, 3600).default(20),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint(),
  WARMSTART_PROMOTION_MARGIN: number(0, 1).default(0.01),
  WARMSTART_KEPT_VERSIONS: integer(0, 1_000_000).default(20),
  WARMSTART_KEPT_LOG_DAYS: integer(0, 100_000).default(90),
  WARMSTART_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
});

/** Former names of settings, each with its present name. */
const renamed: Readonly<Record<string, keyof typeof variables.shape>> = {
  WARMSTART_MOST_BODY_BYTES: 'WARMSTART_MAX_BODY_BYTES',
  WARMSTART_MOST_TOKENS: 'WARMSTART_MAX_TOKENS',
  WARMSTART_MOST_DEPTH: 'WARMSTART_MAX_DEPTH',
  WARMSTART_MOST_ALIASES: 'WARMSTART_MAX_ALIASES',
  WARMSTART_MOST_DIRECTIVES: 'WARMSTART_MAX_DIRECTIVES',
  WARMSTART_MOST_COST: 'WARMSTART_MAX_COST',
};

type Variables = z.infer<typeof variables>;

/** Two settings of which the first must be below the second, or, where `orEqual`, not above it. */
const pairs: readonly { below: keyof Variables; above: keyof Variables; orEqual: boolean }[] = [
  { below: 'WARMSTART_RATING_MINIMUM', above: 'WARMSTART_RATING_MAXIMUM', orEqual: false },
  { below: 'WARMSTART_MAX_COST', above: 'WARMSTART_COST_PER_MINUTE', orEqual: true },
  { below: 'WARMSTART_MAX_COST', above: 'WARMSTART_USER_COST_PER_MINUTE', orEqual: true },
];

/** Settings that cannot be compared, as one of the two is wrong by itself, are left to that one's own message. */
const environment = pairs.reduce(
  (schema, { below, above, orEqual }) =>
    schema.refine((all) => all[below]! < all[above]! || (orEqual && all[below] === all[above]), {
      path: [below],
      params: { saysWhatCame: true },
      when: ({ value }) =>
        [below, above].every((name) => Number.isFinite((value as Partial<Variables> | null)?.[name])),
      error: ({ input }) => {
        const all = input as Variables;
        return `${all[below]} must be ${orEqual ? 'at most' : 'below'} ${above} (${all[above]})`;
      },
    }),
  variables,
);

/** The default of every setting, by its name; `undefined` for none. */
export function settingDefaults(): Readonly<Record<string, unknown>> {
  const defaults: Record<string, unknown> = variables.parse({});
  return Object.fromEntries(Object.keys(variables.shape).map((name) => [name, defaults[name]]));
}

export interface RatingScale {
  readonly minimum: number;
  readonly maximum: number;
}

/** How much one request may ask for, and one caller in a minute. */
export interface Limits {
  readonly bodyBytes: number;
  /** Of one document. */
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Of one operation, in the points of `src/graphql/field-costs.ts`. */
  readonly cost: number;
  /** Points that one API key may spend. */
  readonly costPerMinute: number;
  /** Points that anybody else may spend: a user, or an address without a credential. */
  readonly userCostPerMinute: number;
  /** From one address, whose callers are not known yet. */
  readonly requestsPerMinute: number;
  /** From one address, with keys. */
  readonly failedAuthenticationsPerMinute: number;
}

/** What the operator chose, read once at start and never changed. */
export interface Config {
  /** A server of the operator's; without it the embedded PostgreSQL in `dataDirectory` is used. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly engine: Variables['WARMSTART_ENGINE'];
  /** Where the `onnx` engine computes, and on how many threads. */
  readonly engineProvider: Variables['WARMSTART_ENGINE_PROVIDER'];
  readonly engineThreads: number;
  /** The values a RATE interaction may have. */
  readonly ratingScale: RatingScale;
  /** Most items scored for one request. */
  readonly candidates: number;
  /** Most items compared with one for those that are similar to it. */
  readonly comparedItems: number;
  /** Items whose embeddings are kept, for each model version in memory. */
  readonly cachedItems: number;
  /** How much worse on held-out tasks than the best that served since a person chose a new version may be and still serve, as a share. */
  readonly promotionMargin: number;
  /** Model versions of each kind of task that are kept without serving, and days for which what a training told is; of either 0 keeps all. */
  readonly retention: { readonly versions: number; readonly logDays: number };
  /** How tokens of end users are checked; without it none is accepted. */
  readonly endUserTokens: EndUserTokenSettings | undefined;
  readonly logLevel: Variables['WARMSTART_LOG_LEVEL'];
  readonly limits: Limits;
  /** From which web pages browsers may ask, as `https://shop.example`. */
  readonly corsOrigins: readonly string[];
  /** How many proxies in front are believed when they say, by `X-Forwarded-For`, from which address a request comes. */
  readonly trustedProxies: number;
  /** How long requests under way may take to end once the server is asked to stop. */
  readonly drainSeconds: number;
  /** Where traces go, by OTLP over HTTP; without it none are made. */
  readonly tracesEndpoint: string | undefined;
  /** Off in production: schema introspection. */
  readonly introspection: boolean;
}

/** Throws INVALID_CONFIGURATION naming every setting that is wrong, all at once. */
export function readConfig(given: NodeJS.ProcessEnv): Config {
  // An empty variable is how many launchers say "not set".
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const { data, error } = environment.safeParse(set);
  const tokens = readEndUserTokenSettings(set);
  const faults = [
    ...(error?.issues ?? []).map((issue) => faultOf(issue, set)),
    ...misspelt(set),
    ...tokens.faults,
  ];
  if (!data || faults.length > 0)
    throw new WarmstartError('INVALID_CONFIGURATION', `these settings are wrong:\n  ${faults.join('\n  ')}`);
  return Object.freeze({
    databaseUrl: data.DATABASE_URL,
    dataDirectory: data.WARMSTART_DATA_DIR,
    host: data.WARMSTART_HOST,
    port: data.WARMSTART_PORT,
    engine: data.WARMSTART_ENGINE,
    engineProvider: data.WARMSTART_ENGINE_PROVIDER,
    engineThreads: data.WARMSTART_ENGINE_THREADS,
    ratingScale: Object.freeze({
      minimum: data.WARMSTART_RATING_MINIMUM,
      maximum: data.WARMSTART_RATING_MAXIMUM,
    }),
    candidates: data.WARMSTART_CANDIDATES,
    comparedItems: data.WARMSTART_COMPARED_ITEMS,
    cachedItems: data.WARMSTART_CACHED_ITEMS,
    endUserTokens: tokens.settings,
    limits: Object.freeze({
      bodyBytes: data.WARMSTART_MAX_BODY_BYTES,
      tokens: data.WARMSTART_MAX_TOKENS,
      depth: data.WARMSTART_MAX_DEPTH,
      aliases: data.WARMSTART_MAX_ALIASES,
      directives: data.WARMSTART_MAX_DIRECTIVES,
      cost: data.WARMSTART_MAX_COST,
      costPerMinute: data.WARMSTART_COST_PER_MINUTE,
      userCostPerMinute: data.WARMSTART_USER_COST_PER_MINUTE,
      requestsPerMinute: data.WARMSTART_REQUESTS_PER_MINUTE,
      failedAuthenticationsPerMinute: data.WARMSTART_FAILED_AUTHENTICATIONS_PER_MINUTE,
    }),
    corsOrigins: Object.freeze(data.WARMSTART_CORS_ORIGINS ?? []),
    trustedProxies: data.WARMSTART_TRUSTED_PROXIES,
    drainSeconds: data.WARMSTART_DRAIN_SECONDS,
    tracesEndpoint: tracesEndpoint(data),
    promotionMargin: data.WARMSTART_PROMOTION_MARGIN,
    retention: Object.freeze({
      versions: data.WARMSTART_KEPT_VERSIONS,
      logDays: data.WARMSTART_KEPT_LOG_DAYS,
    }),
    logLevel: data.WARMSTART_LOG_LEVEL,
    introspection: data.NODE_ENV !== 'production',
  });
}

/** What was expected of a setting, and what came. */
function faultOf(issue: z.core.$ZodIssue, set: NodeJS.ProcessEnv): string {
  const name = issue.path.join('.');
  const { message } = issue;
  const saidAlready = issue.code === 'custom' && issue.params?.saysWhatCame;
  if (saidAlready || confidential.includes(name)) return `${name}: ${message}`;
  return `${name}: ${message}, got ${JSON.stringify(set[name])}`;
}

/** Names that look like settings; their values may be secrets. */
function misspelt(set: NodeJS.ProcessEnv): string[] {
  return Object.keys(set)
    .filter((name) => name.startsWith('WARMSTART_') && !(name in variables.shape) && !notOurs.includes(name))
    .map((name) =>
      name in renamed
        ? `${name}: this setting has been renamed; use ${renamed[name]}`
        : `${name}: this setting does not exist; docs/settings.md lists all settings`,
    );
}

/** How a URL begins, which is no secret as long as it is one. */
function schemeOf(input: unknown): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(String(input)) ?? [];
  return scheme === undefined ? 'something else' : `one that begins with ${scheme}://`;
}

/** As the OpenTelemetry specification has it: the endpoint of traces as it is, or the one of all signals with a path. */
function tracesEndpoint(data: Variables): string | undefined {
  const base = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  return data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
}
