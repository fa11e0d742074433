import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { hashOfCredential, presentsKey } from './authenticate.ts';
import type { Limits } from './limits.ts';
import { MinuteBudget } from './minute-budget.ts';
import type { Principal } from './principal.ts';
import { RateLimitedError } from './refusal.ts';

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
  admit(ip: string | undefined, authorization: string | undefined): Allowance {
    const address = `address:${networkOf(ip ?? '')}`;
    const credential = authorization && hashOfCredential(authorization);
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

/** In bits: what one customer is given at least (RFC 6177). */
const ipv6Network = 64;

/** As some proxies write it: an IPv4 address, or an IPv6 address in brackets, with the port that it came from. */
const withPort = /^(?:([\d.]+)|\[(.*)\])(?::\d+)?$/;

/**
 * By what the callers behind an address are told from others: an IPv4 address, or the network of an IPv6 address, all of which one caller
 * has. Whatever a proxy wrote that is no address is one caller, since whoever may write anything could be any number.
 */
export function networkOf(text: string): string {
  const [, ipv4, bracketed] = withPort.exec(text) ?? [];
  const ip = ipv4 ?? bracketed ?? text;
  if (isIP(ip) === 0) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Network}`)}/${ipv6Network}`;
}
