import { z } from 'zod';
import { engineChoices, executionProviders } from './engine/engine.ts';
import { WarmstartError } from './errors.ts';

const integer = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);

/** Every setting, by the name of its environment variable. docs/settings.md is the same table for people. */
const environment = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
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
  WARMSTART_RATING_MINIMUM: z.coerce.number().default(1),
  WARMSTART_RATING_MAXIMUM: z.coerce.number().default(5),
  WARMSTART_CANDIDATES: integer(1, 100_000).default(5000),
  WARMSTART_PROMOTION_MARGIN: z.coerce.number().min(0).max(1).default(0.01),
  WARMSTART_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
});

export interface RatingScale {
  readonly minimum: number;
  readonly maximum: number;
}

/** What the operator chose, read once at start and never changed. */
export interface Config {
  /** A server of the operator's; without it the embedded PostgreSQL in `dataDirectory` is used. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly engine: z.infer<typeof environment>['WARMSTART_ENGINE'];
  /** Where the `onnx` engine computes, and on how many threads. */
  readonly engineProvider: z.infer<typeof environment>['WARMSTART_ENGINE_PROVIDER'];
  readonly engineThreads: number;
  /** The values a RATE interaction may have. */
  readonly ratingScale: RatingScale;
  /** Most items scored for one request. */
  readonly candidates: number;
  /** How much worse on held-out tasks than the active version a new one may be and still serve, as a share. */
  readonly promotionMargin: number;
  readonly logLevel: z.infer<typeof environment>['WARMSTART_LOG_LEVEL'];
  /** Off in production: schema introspection. */
  readonly introspection: boolean;
}

/** Throws INVALID_CONFIGURATION naming every setting that is wrong, all at once. */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  // An empty variable is how many launchers say "not set".
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const { data, error } = environment.safeParse(given);
  if (error) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new WarmstartError('INVALID_CONFIGURATION', `these settings are wrong:\n  ${faults.join('\n  ')}`);
  }
  if (data.WARMSTART_RATING_MINIMUM >= data.WARMSTART_RATING_MAXIMUM) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `WARMSTART_RATING_MINIMUM (${data.WARMSTART_RATING_MINIMUM}) must be below WARMSTART_RATING_MAXIMUM (${data.WARMSTART_RATING_MAXIMUM})`,
    );
  }
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
    promotionMargin: data.WARMSTART_PROMOTION_MARGIN,
    logLevel: data.WARMSTART_LOG_LEVEL,
    introspection: data.NODE_ENV !== 'production',
  });
}
