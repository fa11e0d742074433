import pLimit, { type LimitFunction } from 'p-limit';
import { authenticateCaller } from '../access/authenticate-caller.ts';
import type { Principal } from '../access/principal.ts';
import type { Allowance, RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import { documentedErrorOf, isDatabaseAway, isOurFault } from '../graphql/format-error.ts';
import { recordBatch } from '../graphql/record-batch.ts';
import type { Services } from '../graphql/request-context.ts';
import { checkContentType } from '../http/body-format.ts';
import { closeAfter, type Drain } from '../http/drain.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Answer } from '../http/http-app.ts';
import { answerInternalError, RequestError, refuse } from '../http/refusal.ts';
import { streamBody } from '../http/stream-body.ts';
import { LineCounts } from '../interactions/line-counts.ts';
import { type RecordBatch, recordLines } from '../interactions/record-lines.ts';
import type { DatabaseOutage } from './database-outage.ts';

export interface InteractionsRoute {
  readonly services: Services;
  readonly outage: DatabaseOutage;
  readonly drain: Drain;
  readonly rates: RateLimits;
  /** How long a client may pause while it sends. */
  readonly silentSeconds: number;
}

/**
 * Maximum number of requests at a time, each with another API key: a slow client leaves room for one with another key.
 * They share the time of one: more batches at once store no more in a minute.
 */
const maxAtOnce = 2;
const contentType = 'application/x-ndjson';

type KeyHolder = Extract<Principal, { readonly keyId: number }>;

/**
 * Returns the route that records the interactions of a body of JSON Lines, of any length, for callers with an API key.
 * It answers with the `LineCounts`. Statuses other than 200 say that the body was not read to its end; the answer then
 * has `errors`, as in GraphQL, and the counts of what is stored, if anything was read.
 */
export function interactionsRoute(options: InteractionsRoute): Answer {
  /** The API keys whose bodies are being read. */
  const uploading = new Set<number>();
  // Two batches at once would only take the database's time from lists.
  const inTurn = pLimit(1);
  return async (exchange) => {
    const { request, address, search } = exchange;
    try {
      const allowance = options.rates.admit(address, request.headers.authorization);
      checkContentType(request.headers['content-type'], contentType);
      const createMissing = createsMissing(search);
      const caller = await callerOf(exchange, allowance, options);
      const { keyId } = caller;
      exchange.wasShed = uploading.has(keyId) || uploading.size >= maxAtOnce;
      if (exchange.wasShed) throw tooMany(uploading.has(keyId));
      uploading.add(keyId);
      const done = () => uploading.delete(keyId);
      await answerLines(exchange, caller, { ...options, createMissing, inTurn }).finally(done);
    } catch (error) {
      endEarly(exchange, options, error);
    }
  };
}

function createsMissing(search: string): boolean {
  const parameters = new URLSearchParams(search);
  const value = parameters.get('createMissing') ?? 'false';
  const unknown = [...parameters.keys()].find((name) => name !== 'createMissing');
  if (unknown === undefined && (value === 'true' || value === 'false')) return value === 'true';
  throw new RequestError(400, 'expected no query, or ?createMissing=true or false, got another query');
}

async function callerOf(
  { request }: Exchange,
  allowance: Allowance,
  { services }: InteractionsRoute,
): Promise<KeyHolder> {
  const { authorization } = request.headers;
  const caller = await authenticateCaller(services.authenticator.authenticate, authorization, allowance);
  if (caller.role === 'CLIENT' || caller.role === 'ADMIN') return caller;
  const expected = 'expected the API key of a client or an admin; send it as `Authorization: Bearer …`';
  const code = caller.role === 'USER' ? 'FORBIDDEN' : 'UNAUTHENTICATED';
  throw new WarmstartError(code, `Authorization: ${expected}`);
}

function tooMany(withTheKey: boolean): WarmstartError {
  const limit = withTheKey ? '1 request with this API key' : `${maxAtOnce} requests`;
  const message = `expected at most ${limit} to /interactions at a time, got more; try again in a few seconds`;
  return new WarmstartError('UNAVAILABLE', message);
}

async function answerLines(
  exchange: Exchange,
  caller: KeyHolder,
  options: InteractionsRoute & { readonly createMissing: boolean; readonly inTurn: LimitFunction },
): Promise<void> {
  const { services, drain, silentSeconds, createMissing, inTurn } = options;
  const counts = new LineCounts();
  const body = streamBody(exchange.request, { silentSeconds, stopping: drain.graceEnded });
  try {
    const record: RecordBatch = (batch) => inTurn(() => recordBatch(services, caller, batch, createMissing));
    await recordLines(body, record, counts);
    exchange.outcome = 'OK';
    exchange.send(200, JSON.stringify(counts));
  } catch (error) {
    endEarly(exchange, options, error, counts);
  }
  const { read, recorded, repeated, refused } = counts;
  exchange.log.info({ read, recorded, repeated, refused }, 'interactions of a body recorded');
}

/** Answers a request whose body is not read to its end, with the counts of what is stored. */
function endEarly(exchange: Exchange, { outage }: InteractionsRoute, error: unknown, counts?: LineCounts): void {
  // The client may go on sending for long.
  if (!exchange.request.complete) closeAfter(exchange.response);
  const known = error instanceof RequestError ? error : documentedErrorOf(error);
  if (isDatabaseAway(error)) outage.noticed(known?.cause ?? error);
  if (!(error instanceof RequestError) && isOurFault(error))
    exchange.log.error({ err: error }, 'recording interactions failed');
  if (known) refuse(exchange, known, counts);
  else answerInternalError(exchange, counts);
}
