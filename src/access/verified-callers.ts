import { LRUCache } from 'lru-cache';
import { hashOfCredential } from './hash-of-credential.ts';
import type { Principal } from './principal.ts';

/** The owner of a credential that has been verified. */
export interface VerifiedCaller {
  readonly principal: Principal;
  /** When the credential expires, in milliseconds since 1970. `Infinity`: never. */
  readonly expires: number;
}

/** How long a verified credential is not verified again: the time that a revocation takes to reach other servers. */
const rememberedMilliseconds = 1000;
/** Bounds the memory. Beyond this number, the credentials that have not been used for the longest time are forgotten. */
const maxRemembered = 10_000;

/**
 * Verifies a credential at its first use in a second. Concurrent requests with one credential share its verification.
 * Only a hash of a credential is kept, and only of a valid one: an invalid credential is verified at each use.
 */
export class VerifiedCallers {
  readonly #verify: (authorization: string) => Promise<VerifiedCaller>;
  #remembered = emptyMemory();
  #verifying = new Map<string, Promise<Principal>>();

  constructor(verify: (authorization: string) => Promise<VerifiedCaller>) {
    this.#verify = verify;
  }

  /** Returns the owner of a credential. Throws what the verification throws. */
  principalOf(authorization: string): Principal | Promise<Principal> {
    const credential = hashOfCredential(authorization);
    const known = this.#remembered.get(credential);
    if (known && performance.now() < known.until && Date.now() < known.expires) return known.principal;
    const verifying = this.#verifying;
    const shared = verifying.get(credential);
    if (shared) return shared;
    const verified = this.#verifyAndRemember(credential, authorization).finally(() => verifying.delete(credential));
    verifying.set(credential, verified);
    return verified;
  }

  /** Forgets all callers, and what verifications in progress find: call it when a credential has been revoked. */
  forget(): void {
    this.#remembered = emptyMemory();
    this.#verifying = new Map();
  }

  async #verifyAndRemember(credential: string, authorization: string): Promise<Principal> {
    const remembered = this.#remembered;
    // The time before the verification: what it finds may be as old as that.
    const until = performance.now() + rememberedMilliseconds;
    const verified = await this.#verify(authorization);
    remembered.set(credential, { ...verified, until });
    return verified.principal;
  }
}

function emptyMemory() {
  return new LRUCache<string, VerifiedCaller & { readonly until: number }>({ max: maxRemembered });
}
