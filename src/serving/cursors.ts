import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import type { Database } from '../store/database.ts';

/** Identifies a list: for each argument its name and its digest or value. */
export type ListName = Readonly<Record<string, string | boolean | null>>;

export const internalId = z.int32().positive();
/** The ID of an interaction; 0 comes before all interactions. */
export const watermark = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt);
/** The largest internal ID of an item when a list began; 0 without items. */
export const newestItemId = z.int32().nonnegative();

/** Bytes of a signature. 128 bits cannot be guessed. */
const signatureLength = 16;

/**
 * Encodes the cursors of one kind of list. A cursor contains the list's identity and a position in it. It is signed, so
 * clients cannot create or change one. `form` contains the kind and its version, so that cursors of an earlier version
 * are refused instead of misread.
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

  /** Throws INVALID_CURSOR unless `encode` created the cursor with this key for the expected list. */
  decode(key: Uint8Array, cursor: string, expected: ListName): Place {
    const { data } = this.#schema.safeParse(parse(key, cursor));
    if (!data) throw invalid('expected the unchanged endCursor of such a list');
    const [, name, place] = data;
    const differing = Object.keys(expected).filter((argument) => name[argument] !== expected[argument]);
    if (differing.length === 0) return place;
    const named = differing.map((argument) => `"${argument}"`).join(' and ');
    throw invalid(
      `this cursor belongs to a list with a different ${named}; pass the same arguments as before, or no cursor`,
    );
  }
}

/** Returns `undefined` for a cursor that was not signed with this key. */
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

/** The error for a cursor whose model version has been removed. */
export function versionGone(): WarmstartError {
  return invalid('the model version of this list has been removed; start again without a cursor');
}

/** The error for a cursor of a list whose support set has been deleted. */
export function listGone(): WarmstartError {
  return invalid('the interactions that this list was adapted to have been deleted; start again without a cursor');
}

/** The error for a cursor of a list that began too many interactions ago. */
export function listOutdated(maxInteractions: bigint): WarmstartError {
  return invalid(
    `the IDs of more than ${maxInteractions} interactions have been given since the first page of this list; start again without a cursor`,
  );
}

function invalid(message: string): WarmstartError {
  return new WarmstartError('INVALID_CURSOR', `after: ${message}`, { field: ['after'] });
}

/** The secret that signs cursors. It is stored in the database, so a server accepts the cursors of other servers. */
export class CursorKey {
  readonly #database: Database;
  #value: Promise<Uint8Array> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Reads the key once. If that fails, the next request tries again. */
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
