import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import type { Database } from '../store/database.ts';

/** What tells a list from others, by the names of arguments: digests of them, or what they are. */
export type ListName = Readonly<Record<string, string | boolean | null>>;

export const internalId = z.int32().positive();
/** An interaction's id; 0 stands before all of them. */
export const watermark = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt);
export const candidateBounds = z.object({
  newestItemId: z.int32().nonnegative(),
  ends: z
    .object({
      interactions: z.int32().nonnegative(),
      itemId: z.int32().nonnegative(),
      oldestItemId: z.int32().nonnegative(),
    })
    .nullable(),
});

/** Bytes of a signature: nobody finds one of 128 bits by trying. */
const signatureLength = 16;

/**
 * Cursors of one kind of list: which list it is, and a place in it, signed, so that a client can neither make one nor alter
 * what it holds. `form` names the kind and its version, so that cursors of an earlier version are refused instead of misread.
 */
export class CursorForm<Place extends object> {
  readonly #form: string;
  readonly #schema: z.ZodType<[form: string, name: ListName, place: Place]>;

  constructor(form: string, place: z.ZodType<Place>) {
    this.#form = form;
    const name = z.record(z.string(), z.union([z.string(), z.boolean(), z.null()]));
    this.#schema = z.tuple([z.literal(form), name, place]);
  }

  encode(key: Uint8Array, name: ListName, place: Place): string {
    const parts = [this.#form, name, place];
    const text = JSON.stringify(parts, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    return Buffer.concat([sign(key, text), Buffer.from(text)]).toString('base64url');
  }

  /** Throws INVALID_CURSOR for anything that `encode` did not make with this key of a list of this name. */
  decode(key: Uint8Array, cursor: string, expected: ListName): Place {
    const { data } = this.#schema.safeParse(parse(key, cursor));
    if (!data) throw invalid('this is not a cursor of such a list; pass an endCursor as it came');
    const [, name, place] = data;
    const differing = Object.keys(expected).filter((argument) => name[argument] !== expected[argument]);
    if (differing.length === 0) return place;
    const named = differing.map((argument) => `"${argument}"`).join(' and ');
    throw invalid(
      `this cursor is of a list with another ${named}; pass all arguments as they were, or no cursor`,
    );
  }
}

/** `undefined` for what was not signed with this key. */
function parse(key: Uint8Array, cursor: string): unknown {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length <= signatureLength) return undefined;
  const text = bytes.subarray(signatureLength);
  if (!timingSafeEqual(bytes.subarray(0, signatureLength), sign(key, text))) return undefined;
  return JSON.parse(text.toString());
}

function sign(key: Uint8Array, text: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, signatureLength);
}

/** Of a cursor whose model version has been removed. */
export function versionGone(): WarmstartError {
  return invalid('the model version of this list is gone; start again without a cursor');
}

/** Of a cursor of an adapted list that had something to adapt to, which is gone. */
export function listGone(): WarmstartError {
  return invalid(
    'what this list was adapted to is gone, so that it can no longer be made; start again without a cursor',
  );
}

function invalid(message: string): WarmstartError {
  return new WarmstartError('INVALID_CURSOR', `after: ${message}`, { field: ['after'] });
}

/** The secret with which cursors are signed: of the database, so that every server goes on with another one's lists. */
export class CursorKey {
  readonly #database: Database;
  #value: Promise<Uint8Array> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Is read once; a reading that fails is tried again by the next request. */
  read(): Promise<Uint8Array> {
    this.#value ??= this.#load().catch((error) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }

  async #load(): Promise<Uint8Array> {
    const { value } = await this.#database.secret.findUniqueOrThrow({ where: { name: 'cursors' } });
    return value;
  }
}
