import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Limits } from '../config.ts';
import { WarmstartError } from '../errors.ts';

/** RATE_LIMITED, and when to come again. */
export class RateLimitedError extends WarmstartError {
  /** At least 1. */
  readonly retryAfterSeconds: number;

  constructor(message: string, milliseconds: number) {
    const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
    super('RATE_LIMITED', `${message}; come again in ${seconds} s`);
    this.retryAfterSeconds = seconds;
  }
}

/** What the caller of one request may still spend. */
export interface Allowance {
  /**
   * Takes points at once. Throws RATE_LIMITED, and takes nothing, when there are not as many; other requests of the caller that are at this very
   * point may take some, too.
   */
  spend(points: number): void;
  /** To be told when the request's credentials turn out to be invalid. */
  authenticationFailed(): void;
  /** To be told when they turn out to be valid: no failures of others behind the same address count against them for an hour. */
  authenticated(): void;
}

const minute = 60;
const mostVouched = 10_000;
const vouchedFor = 3_600_000;

/**
 * What callers may ask for in a minute, which begins with their first request. A caller is the `Authorization` that was presented, known or not, or
 * without one the address. It is counted in this process: several servers allow several times as much.
 */
export class RateLimits {
  readonly #cost: RateLimiterMemory;
  readonly #failures: RateLimiterMemory;
  readonly #vouched = new LRUCache<string, true>({ max: mostVouched, ttl: vouchedFor });
  readonly #refused: (limit: 'cost' | 'authentication') => void;

  constructor(limits: Limits, refused: (limit: 'cost' | 'authentication') => void) {
    this.#cost = new RateLimiterMemory({ points: limits.costPerMinute, duration: minute });
    this.#failures = new RateLimiterMemory({
      points: limits.failedAuthenticationsPerMinute,
      duration: minute,
    });
    this.#refused = refused;
  }

  /** Takes the first point of a request. Throws RATE_LIMITED. */
  async admit(request: Request): Promise<Allowance> {
    const address = request.ip ?? '';
    const credentials = hashOf(request.headers.authorization);
    await this.#checkFailures(address, credentials);
    const caller = credentials ?? address;
    const left = await this.#cost.consume(caller).catch((spent: RateLimiterRes) => spent);
    const allowance: Allowance = {
      spend: (points) => this.#spend(caller, left, points),
      authenticationFailed: () => void this.#failures.penalty(address),
      authenticated: () => void (credentials && this.#vouched.set(credentials, true)),
    };
    if (left.consumedPoints > this.#cost.points) this.#refuse(left, 1);
    return allowance;
  }

  /** Guessing keys costs a look-up each: who guessed wrong too often is not looked up any more. */
  async #checkFailures(address: string, credentials: string | undefined): Promise<void> {
    if (credentials && this.#vouched.has(credentials)) return;
    const failed = await this.#failures.get(address);
    if (!failed || failed.consumedPoints < this.#failures.points) return;
    this.#refused('authentication');
    throw new RateLimitedError(
      `expected at most ${this.#failures.points} failed authentications per minute from one address`,
      failed.msBeforeNext,
    );
  }

  #spend(caller: string, left: RateLimiterRes, points: number): void {
    if (points > left.remainingPoints) this.#refuse(left, points);
    // Taken at once; the promise only says how many are left.
    if (points > 0) this.#cost.consume(caller, points).catch(() => {});
  }

  #refuse(left: RateLimiterRes, points: number): never {
    this.#refused('cost');
    throw new RateLimitedError(
      `expected operations that cost at most ${this.#cost.points} points per minute together, of which ${left.remainingPoints} are left, got one of ${points}`,
      left.msBeforeNext,
    );
  }
}

/** Of what is presented, however it is spaced and its scheme is written: one key has one allowance. */
function hashOf(authorization: string | undefined): string | undefined {
  if (!authorization) return undefined;
  const [scheme = '', ...rest] = authorization.trim().split(/\s+/);
  return createHash('sha256')
    .update([scheme.toLowerCase(), ...rest].join(' '))
    .digest('base64');
}
