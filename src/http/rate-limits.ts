import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { presentsKey } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Limits } from '../config.ts';
import { MinuteBudget } from './minute-budget.ts';
import { networkOf } from './network-of.ts';

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

/** What one request is charged on its way, in this order. */
export interface Allowance {
  /**
   * Charges what its operation costs: at once to a caller that is known, and to the address of a request without a credential; to anybody else
   * when it is known who it is. Throws RATE_LIMITED, and takes nothing, when there are not as many points.
   */
  spend(cost: number): void;
  /** To be asked before a credential is verified. Throws RATE_LIMITED for an unknown key from an address that presented too many wrong ones. */
  checkLookUp(): void;
  /** To be told whose credential it is. Charges what is not charged yet, or throws RATE_LIMITED. */
  authenticated(principal: Principal): void;
  /** To be told when the credential turns out to be invalid. */
  authenticationFailed(): void;
}

export type RateLimit = 'requests' | 'cost' | 'authentication';

const keyPrefix = 'key:';
const maxKnown = 10_000;
/** In milliseconds, since the credential was last verified. */
const knownFor = 300_000;

/**
 * What callers may ask for in a minute. Until a credential is verified, a request is its address's; what it costs is its principal's, however many
 * tokens a user has. It is counted in this process: several servers allow several times as much.
 *
 * Whose a credential was when it was verified last is remembered for some minutes, to refuse callers without points before anything is looked up
 * for them, and to keep callers apart from others behind their address. It allows nothing: each request's credential is verified.
 */
export class RateLimits {
  readonly #requests: MinuteBudget;
  readonly #costOfKeys: MinuteBudget;
  readonly #costOfOthers: MinuteBudget;
  readonly #failures: MinuteBudget;
  /** Principals by the hash of what they presented. */
  readonly #known = new LRUCache<string, string>({ max: maxKnown, ttl: knownFor });
  readonly #refused: (limit: RateLimit) => void;

  constructor(limits: Limits, refused: (limit: RateLimit) => void) {
    this.#requests = new MinuteBudget(limits.requestsPerMinute);
    this.#costOfKeys = new MinuteBudget(limits.costPerMinute);
    this.#costOfOthers = new MinuteBudget(limits.userCostPerMinute);
    this.#failures = new MinuteBudget(limits.failedAuthenticationsPerMinute);
    this.#refused = refused;
  }

  /** Takes the point of a request: of its caller when that is known, else of its address. Throws RATE_LIMITED. */
  admit({ ip = '', headers: { authorization } }: Pick<Request, 'ip' | 'headers'>): Allowance {
    const address = `address:${networkOf(ip)}`;
    const credential = hashOf(authorization);
    const known = credential && this.#known.get(credential);
    if (known) this.#spend(known, 1);
    else this.#takeRequest(address);
    let owed = 0;
    return {
      spend: (cost) => {
        if (known) this.#spend(known, cost - 1);
        else if (credential) owed = cost;
        else this.#spend(address, cost);
      },
      checkLookUp: () => {
        if (!known && presentsKey(authorization)) this.#checkFailures(address);
      },
      authenticated: (principal) => {
        const name = nameOf(principal);
        if (!credential || !name) return;
        this.#known.set(credential, name);
        this.#spend(name, owed);
      },
      authenticationFailed: () => {
        if (credential) this.#known.delete(credential);
        if (presentsKey(authorization)) this.#failures.take(address, 1);
      },
    };
  }

  #takeRequest(address: string): void {
    if (this.#requests.take(address, 1)) return;
    const message = `expected at most ${this.#requests.points} requests per minute from one address whose callers are not known yet`;
    this.#refuse('requests', message, this.#requests.endsIn(address));
  }

  /** Guessing keys costs a look-up each: who guessed wrong too often is not looked up any more. */
  #checkFailures(address: string): void {
    if (this.#failures.left(address) > 0) return;
    const message = `expected at most ${this.#failures.points} keys per minute from one address that are not valid`;
    this.#refuse('authentication', message, this.#failures.endsIn(address));
  }

  #spend(name: string, points: number): void {
    const cost = isKey(name) ? this.#costOfKeys : this.#costOfOthers;
    if (points <= 0 || cost.take(name, points)) return;
    const message = `expected operations that cost at most ${cost.points} points per minute together, of which ${cost.left(name)} are left, got one of ${points}`;
    this.#refuse('cost', message, cost.endsIn(name));
  }

  #refuse(limit: RateLimit, message: string, milliseconds: number): never {
    this.#refused(limit);
    throw new RateLimitedError(message, milliseconds);
  }
}

function nameOf(principal: Principal): string | undefined {
  if (principal.role === 'ANONYMOUS') return undefined;
  return principal.role === 'USER' ? `user:${principal.userId}` : `${keyPrefix}${principal.keyId}`;
}

function isKey(name: string): boolean {
  return name.startsWith(keyPrefix);
}

/** Of what is presented, however it is spaced and its scheme is written: one key has one allowance. */
function hashOf(authorization: string | undefined): string | undefined {
  if (!authorization) return undefined;
  const [scheme = '', ...rest] = authorization.trim().split(/\s+/);
  return createHash('sha256')
    .update([scheme.toLowerCase(), ...rest].join(' '))
    .digest('base64');
}
