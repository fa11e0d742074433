import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { presentsKey } from './authenticate.ts';
import { hashOfCredential } from './hash-of-credential.ts';
import type { Limits } from './limits.ts';
import { MinuteBudget } from './minute-budget.ts';
import type { Principal } from './principal.ts';
import { RateLimitedError } from './refusal.ts';

/** Charges one request to its caller. Its methods are called in this order. */
export interface Allowance {
  /** The hash of the request's credential; `undefined` without one. */
  readonly credential: string | undefined;
  /**
   * Charges the cost of the operation. A known caller, or the address of a request without a credential, is charged at
   * once; any other caller is charged by `authenticated`. Throws RATE_LIMITED, and charges nothing, if too few points
   * are left.
   */
  spend(cost: number): void;
  /**
   * Call it before a credential is verified. Throws RATE_LIMITED for an unknown key from an address that has sent too
   * many invalid keys.
   */
  checkLookUp(): void;
  /** Call it when the credential is valid. Charges what is not charged yet, or throws RATE_LIMITED. */
  authenticated(principal: Principal): void;
  /** Call it when the credential is invalid. */
  authenticationFailed(): void;
}

export type RateLimit = 'requests' | 'cost' | 'authentication';

const keyPrefix = 'key:';
const maxKnown = 10_000;
/** In milliseconds since the credential was last verified. */
const knownFor = 300_000;

/**
 * Limits the use of the API per minute. A request counts against its address until its credential is verified; its cost
 * counts against its principal, however many tokens a user has. Each process counts for itself, so that N servers allow
 * N times as much.
 *
 * The owner of a credential is remembered for 5 minutes after the credential was verified. A caller without points is
 * therefore refused before its key is looked up, and a known caller does not share the limits of its address. This
 * grants no access: the credential of each request is verified.
 */
export class RateLimits {
  readonly #requests: MinuteBudget;
  readonly #costOfKeys: MinuteBudget;
  readonly #costOfOthers: MinuteBudget;
  readonly #failures: MinuteBudget;
  /** Names of principals, by the hash of their credential. */
  readonly #known = new LRUCache<string, string>({ max: maxKnown, ttl: knownFor, ttlResolution: 0 });
  readonly #refused: (limit: RateLimit) => void;

  constructor(limits: Limits, refused: (limit: RateLimit) => void) {
    this.#requests = new MinuteBudget(limits.requestsPerMinute);
    this.#costOfKeys = new MinuteBudget(limits.costPerMinute);
    this.#costOfOthers = new MinuteBudget(limits.userCostPerMinute);
    this.#failures = new MinuteBudget(limits.failedAuthenticationsPerMinute);
    this.#refused = refused;
  }

  /** Charges one point to the caller if it is known, otherwise one request to the address. Throws RATE_LIMITED. */
  admit(ip: string | undefined, authorization: string | undefined): Allowance {
    const limits = this;
    const credential = authorization ? hashOfCredential(authorization) : undefined;
    const known = credential && this.#known.get(credential);
    if (known) this.#spend(known, 1);
    else this.#takeRequest(addressOf(ip));
    let owed = 0;
    return {
      credential,
      spend(cost) {
        if (known) limits.#spend(known, cost - 1);
        else if (credential) owed = cost;
        else limits.#spend(addressOf(ip), cost);
      },
      checkLookUp() {
        if (!known && presentsKey(authorization)) limits.#checkFailures(addressOf(ip));
      },
      authenticated(principal) {
        const name = nameOf(principal);
        if (!credential || !name) return;
        limits.#known.set(credential, name);
        limits.#spend(name, owed);
      },
      authenticationFailed() {
        if (credential) limits.#known.delete(credential);
        if (presentsKey(authorization)) limits.#failures.take(addressOf(ip), 1);
      },
    };
  }

  #takeRequest(address: string): void {
    if (this.#requests.take(address, 1)) return;
    const message = `expected at most ${this.#requests.points} requests per minute from one address before their callers are authenticated, got more`;
    this.#refuse('requests', message, this.#requests.endsIn(address));
  }

  /** Each guessed key costs a look-up, so that after too many wrong keys no more are looked up. */
  #checkFailures(address: string): void {
    if (this.#failures.left(address) > 0) return;
    const message = `expected at most ${this.#failures.points} invalid API keys per minute from one address, got more`;
    this.#refuse('authentication', message, this.#failures.endsIn(address));
  }

  #spend(name: string, points: number): void {
    const cost = isKey(name) ? this.#costOfKeys : this.#costOfOthers;
    if (points <= 0 || cost.take(name, points)) return;
    const message = `cost: expected at most ${cost.points} points per minute, ${cost.left(name)} of which are left, got an operation of ${points} points`;
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

function addressOf(ip: string | undefined): string {
  return `address:${networkOf(ip ?? '')}`;
}

function isKey(name: string): boolean {
  return name.startsWith(keyPrefix);
}

/** In bits: the smallest network that one customer gets (RFC 6177). */
const ipv6Network = 64;

/** The form that some proxies write: an IPv4 address, or an IPv6 address in brackets, with an optional port. */
const withPort = /^(?:([\d.]+)|\[(.*)\])(?::\d+)?$/;

/**
 * Returns the name under which an address is counted: an IPv4 address, or the network of an IPv6 address, because one
 * caller has the whole network. All texts that are not an address share one name, because a caller could otherwise make
 * up a new one for each request.
 */
export function networkOf(text: string): string {
  const [, ipv4, bracketed] = withPort.exec(text) ?? [];
  const ip = ipv4 ?? bracketed ?? text;
  if (isIP(ip) === 0) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Network}`)}/${ipv6Network}`;
}
