import { z } from 'zod';
import { type EndUserTokenSettings, readEndUserTokenSettings } from './access/end-user-token-settings.ts';
import type { Limits } from './access/limits.ts';
import { largestValue, type RatingScale } from './catalog/interaction-value.ts';
import { WarmstartError } from './common/errors.ts';
import { engineChoices, executionProviders } from './engine/engine.ts';
import { typeNamePattern } from './features/interaction-types.ts';

/** Accepts decimal digits only: an exponent, another base or a blank in a setting is most likely a typo. */
const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'expected an integer in decimal digits')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

const number = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, 'expected a number in decimal digits, such as 0.5')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

/** Origins as browsers send them: scheme, host and port, without a path. */
const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (all) => all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'expected origins separated by commas, such as https://shop.example',
  )
  .optional();

/** Names of types of interactions, or NONE. A server checks when it starts that they are declared. */
const interactionTypes = z
  .string()
  .transform((text) => (text === 'NONE' ? [] : text.split(',').map((type) => type.trim())))
  .refine(
    (all) => all.every((type) => typeNamePattern.test(type) && type !== 'NONE'),
    'expected names of types of interactions separated by commas, such as RATE,PURCHASE, or NONE',
  )
  .optional();

const endpoint = () =>
  z.url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' }).optional();

/** Settings whose values never appear in messages, because they may contain passwords. */
const confidential = [
  'DATABASE_URL',
  'WARMSTART_JWT_SECRET',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
];

/** Variables of tests and of client examples. The server accepts and ignores them. */
const ignored = [
  'WARMSTART_SLOW_TESTS',
  'WARMSTART_TEST_SERVER',
  'WARMSTART_TEST_PROGRAM',
  'WARMSTART_MOVIELENS',
  'WARMSTART_KEY',
];

/** Every setting, by the name of its environment variable. docs/settings.md documents them. */
const variables = z.object({
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: ({ input }) => `expected a URL that begins with postgres:// or postgresql://, got ${schemeOf(input)}`,
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
  WARMSTART_RATING_MINIMUM: number(-largestValue, largestValue).default(1),
  WARMSTART_RATING_MAXIMUM: number(-largestValue, largestValue).default(5),
  WARMSTART_SEEN_BY: interactionTypes,
  WARMSTART_CANDIDATES: integer(1, 100_000).default(25_000),
  WARMSTART_FRESH_SHARE: number(0, 1).default(0.1),
  WARMSTART_COMPARED_ITEMS: integer(10, 200_000).default(100_000),
  WARMSTART_CACHED_ITEMS: integer(1000, 10_000_000).default(400_000),
  WARMSTART_MAX_ITEMS: integer(1, 100_000_000).default(2_000_000),
  // `readEndUserTokenSettings` checks these together.
  WARMSTART_JWT_ISSUER: z.string().optional(),
  WARMSTART_JWT_AUDIENCE: z.string().optional(),
  WARMSTART_JWT_ALGORITHMS: z.string().optional(),
  WARMSTART_JWT_JWKS_URL: z.string().optional(),
  WARMSTART_JWT_SECRET: z.string().optional(),
  WARMSTART_MAX_REQUESTS_IN_PROGRESS: integer(1, 100_000).default(500),
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
  WARMSTART_OPERATION_SECONDS: integer(1, 3600).default(10),
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

/** Pairs of settings: the first must be below the second, or at most equal to it if `orEqual` is true. */
const pairs: readonly { below: keyof Variables; above: keyof Variables; orEqual: boolean }[] = [
  { below: 'WARMSTART_RATING_MINIMUM', above: 'WARMSTART_RATING_MAXIMUM', orEqual: false },
  { below: 'WARMSTART_MAX_COST', above: 'WARMSTART_COST_PER_MINUTE', orEqual: true },
  { below: 'WARMSTART_MAX_COST', above: 'WARMSTART_USER_COST_PER_MINUTE', orEqual: true },
];

/** A pair is compared only if both settings are valid on their own; otherwise their own messages are enough. */
const environment = pairs.reduce(
  (schema, { below, above, orEqual }) =>
    schema.refine((all) => all[below]! < all[above]! || (orEqual && all[below] === all[above]), {
      path: [below],
      params: { includesValue: true },
      when: ({ value }) =>
        [below, above].every((name) => Number.isFinite((value as Partial<Variables> | null)?.[name])),
      error: ({ input }) => {
        const all = input as Variables;
        return `${all[below]} must be ${orEqual ? 'at most' : 'below'} ${above} (${all[above]})`;
      },
    }),
  variables,
);

/** Returns the default of every setting by name, `undefined` for a setting without a default. */
export function settingDefaults(): Readonly<Record<string, unknown>> {
  const defaults: Record<string, unknown> = variables.parse({});
  return Object.fromEntries(Object.keys(variables.shape).map((name) => [name, defaults[name]]));
}

/** The operator's settings. They are read once at start and never change. */
export interface Config {
  /** The URL of the operator's PostgreSQL. If undefined, the embedded PostgreSQL in `dataDirectory` is used. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly engine: Variables['WARMSTART_ENGINE'];
  /** The execution provider of the `onnx` engine, and its number of threads. */
  readonly engineProvider: Variables['WARMSTART_ENGINE_PROVIDER'];
  readonly engineThreads: number;
  /** The range of values of a RATE interaction. */
  readonly ratingScale: RatingScale;
  /**
   * The types of interactions that hide an item from lists, unless a request chooses others. If undefined, they depend
   * on the list.
   */
  readonly seenBy: readonly string[] | undefined;
  /** Maximum number of items scored for one request. */
  readonly candidates: number;
  /** Share of the newest items among candidates and compared items, if not all items are. */
  readonly freshShare: number;
  /** Maximum number of items that `similarItems` compares with the given item. */
  readonly comparedItems: number;
  /** Maximum number of item embeddings in memory, for each loaded model version. */
  readonly cachedItems: number;
  /** Maximum number of items that a server keeps in memory. */
  readonly maxItems: number;
  /**
   * How much worse than the best earlier version a new version may be on held-out tasks and still be promoted, as a
   * share. The best earlier version is the best one that was active since a person last chose.
   */
  readonly promotionMargin: number;
  /**
   * How many inactive model versions to keep for each kind of task, and for how many days to keep training logs. 0
   * keeps all.
   */
  readonly retention: { readonly versions: number; readonly logDays: number };
  /** How tokens of end users are verified. If undefined, tokens are not accepted. */
  readonly endUserTokens: EndUserTokenSettings | undefined;
  readonly logLevel: Variables['WARMSTART_LOG_LEVEL'];
  readonly limits: Limits;
  /** Origins of web pages that may send requests from browsers, such as `https://shop.example`. */
  readonly corsOrigins: readonly string[];
  /** How many proxies in front of the server are trusted to report the client's address in `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** Maximum number of seconds that an operation may take. Mutations that have begun are not ended. */
  readonly operationSeconds: number;
  /** Maximum number of seconds that running requests may take to finish once the server stops. */
  readonly drainSeconds: number;
  /** The OTLP/HTTP endpoint for traces. If undefined, no traces are created. */
  readonly tracesEndpoint: string | undefined;
  /** Whether schema introspection is allowed. It is off in production. */
  readonly introspection: boolean;
}

/** Reads the settings from environment variables. Throws INVALID_CONFIGURATION with every wrong setting at once. */
export function readConfig(given: NodeJS.ProcessEnv): Config {
  // Many launchers pass an empty variable to mean "not set".
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const { data, error } = environment.safeParse(set);
  const tokens = readEndUserTokenSettings(set);
  const problems = [
    ...(error?.issues ?? []).map((issue) => problemOf(issue, set)),
    ...unknownSettings(set),
    ...tokens.problems,
  ];
  if (!data || problems.length > 0)
    throw new WarmstartError('INVALID_CONFIGURATION', `these settings are wrong:\n  ${problems.join('\n  ')}`);
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
    seenBy: data.WARMSTART_SEEN_BY && Object.freeze(data.WARMSTART_SEEN_BY),
    candidates: data.WARMSTART_CANDIDATES,
    freshShare: data.WARMSTART_FRESH_SHARE,
    comparedItems: data.WARMSTART_COMPARED_ITEMS,
    cachedItems: data.WARMSTART_CACHED_ITEMS,
    maxItems: data.WARMSTART_MAX_ITEMS,
    endUserTokens: tokens.settings,
    limits: Object.freeze({
      requestsInProgress: data.WARMSTART_MAX_REQUESTS_IN_PROGRESS,
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
    operationSeconds: data.WARMSTART_OPERATION_SECONDS,
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

/** Describes what was expected of a setting and which value it has, unless the value is confidential. */
function problemOf(issue: z.core.$ZodIssue, set: NodeJS.ProcessEnv): string {
  const name = issue.path.join('.');
  const { message } = issue;
  const complete = issue.code === 'custom' && issue.params?.includesValue;
  if (complete || confidential.includes(name)) return `${name}: ${message}`;
  return `${name}: ${message}, got ${JSON.stringify(set[name])}`;
}

/** Describes variables that look like settings but are not. Their values may be secrets, so they are not shown. */
function unknownSettings(set: NodeJS.ProcessEnv): string[] {
  return Object.keys(set)
    .filter((name) => name.startsWith('WARMSTART_') && !(name in variables.shape) && !ignored.includes(name))
    .map((name) =>
      name in renamed
        ? `${name}: this setting has been renamed; use ${renamed[name]}`
        : `${name}: this setting does not exist; docs/settings.md lists all settings`,
    );
}

/** Describes a URL by its scheme only, because the rest may contain a password. */
function schemeOf(input: unknown): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(String(input)) ?? [];
  return scheme === undefined ? 'something else' : `one that begins with ${scheme}://`;
}

/**
 * Follows the OpenTelemetry specification: the traces endpoint unchanged, or the endpoint of all signals plus a path.
 */
function tracesEndpoint(data: Variables): string | undefined {
  const base = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  return data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
}
