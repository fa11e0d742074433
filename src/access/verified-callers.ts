import { LRUCache } from 'lru-cache';
import { WarmstartError } from '../common/errors.ts';
import { answerWithin, NoAnswerError } from '../store/answer-within.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { hashOfCredential } from './hash-of-credential.ts';
import type { Principal } from './principal.ts';

/** The owner of a credential that has been verified. */
export interface VerifiedCaller {
  readonly principal: Principal;
  /** When the credential expires, in milliseconds since 1970. `Infinity`: never. */
  readonly expires: number;
}

/** Times in milliseconds, as of `performance.now()`. */
interface RememberedCaller extends VerifiedCaller {
  readonly verifiedAt: number;
  /** Until then, the credential is not verified again. */
  readonly until: number;
  /** Whether the database did not answer when the credential was to be verified again. */
  readonly unanswered?: true;
}

interface Verification {
  readonly principal: Promise<Principal>;
  /** In milliseconds, as of `performance.now()`. */
  readonly startedAt: number;
}

/** How long a verified credential is not verified again: the time that a revocation takes to reach other servers. */
const rememberedMilliseconds = 1000;
/** How long a verified credential is accepted while it cannot be verified again. */
const acceptedMilliseconds = 15 * 60_000;
/** How long the database may take to verify a credential again that is acceptable without. */
const patienceMilliseconds = 2000;
/** Bounds the memory. Beyond this number, the credentials that have not been used for the longest time are forgotten. */
const maxRemembered = 10_000;

/**
 * Verifies a credential at its first use in a second. Concurrent requests with one credential share its verification.
 * Only a hash of a credential is kept, and only of a valid one: an invalid credential is verified at each use.
 *
 * While the database does not answer, a credential is accepted that was verified within the last 15 minutes and has not
 * expired, so that lists that need no database can be served. If only this server has lost the database, that includes a
 * key that was revoked through another server in the meantime. A silent database has two seconds from the start of a
 * verification, and none if it did not answer the one before.
 */
export class VerifiedCallers {
  readonly #verify: (authorization: string) => Promise<VerifiedCaller>;
  #remembered = emptyMemory();
  #verifying = new Map<string, Verification>();

  constructor(verify: (authorization: string) => Promise<VerifiedCaller>) {
    this.#verify = verify;
  }

  /** Returns the owner of a credential, of which the caller may know the hash. Throws what the verification throws. */
  principalOf(authorization: string, credential = hashOfCredential(authorization)): Principal | Promise<Principal> {
    const known = this.#remembered.get(credential);
    if (known && performance.now() < known.until && Date.now() < known.expires) return known.principal;
    const verification = this.#verifying.get(credential) ?? this.#startVerifying(credential, authorization);
    return isAcceptable(known) ? this.#unlessAway(credential, known, verification) : verification.principal;
  }

  /** Forgets all callers, and what verifications in progress find: call it when a credential has been revoked. */
  forget(): void {
    this.#remembered = emptyMemory();
    this.#verifying = new Map();
  }

  #startVerifying(credential: string, authorization: string): Verification {
    const verifying = this.#verifying;
    const principal = this.#verifyAndRemember(credential, authorization).finally(() => verifying.delete(credential));
    const verification = { principal, startedAt: performance.now() };
    verifying.set(credential, verification);
    return verification;
  }

  async #verifyAndRemember(credential: string, authorization: string): Promise<Principal> {
    const remembered = this.#remembered;
    // The time before the verification: what it finds may be as old as that.
    const verifiedAt = performance.now();
    try {
      const verified = await this.#verify(authorization);
      remembered.set(credential, { ...verified, verifiedAt, until: verifiedAt + rememberedMilliseconds });
      return verified.principal;
    } catch (error) {
      if (error instanceof WarmstartError) remembered.delete(credential);
      throw error;
    }
  }

  /** Returns the remembered owner if the database does not answer. The next second does not ask it again. */
  async #unlessAway(
    credential: string,
    { unanswered }: RememberedCaller,
    { principal, startedAt }: Verification,
  ): Promise<Principal> {
    const patience = unanswered ? 0 : startedAt + patienceMilliseconds - performance.now();
    try {
      return await answerWithin(Math.max(0, patience), principal);
    } catch (error) {
      // It may have been forgotten or have expired in the meantime.
      const known = this.#remembered.get(credential);
      const away = error instanceof NoAnswerError || isConnectionError(error);
      if (!away || !isAcceptable(known)) return principal;
      const until = performance.now() + rememberedMilliseconds;
      this.#remembered.set(credential, { ...known, until, unanswered: true });
      return known.principal;
    }
  }
}

function isAcceptable(known: RememberedCaller | undefined): known is RememberedCaller {
  if (!known || Date.now() >= known.expires) return false;
  return performance.now() - known.verifiedAt < acceptedMilliseconds;
}

/** Each caller has size 1. The option `max` would allocate memory for all of them at once, which takes milliseconds. */
function emptyMemory() {
  return new LRUCache<string, RememberedCaller>({ maxSize: maxRemembered, sizeCalculation: () => 1 });
}
