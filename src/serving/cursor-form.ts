import { z } from 'zod';
import { WarmstartError } from '../errors.ts';

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

/**
 * Cursors of one kind of list: which list it is, and a place in it. They are opaque to clients; `form` names the kind and its
 * version, so that cursors of an earlier version are refused instead of misread.
 */
export class CursorForm<Place extends object> {
  readonly #form: string;
  readonly #schema: z.ZodType<[form: string, name: ListName, place: Place]>;

  constructor(form: string, place: z.ZodType<Place>) {
    this.#form = form;
    const name = z.record(z.string(), z.union([z.string(), z.boolean(), z.null()]));
    this.#schema = z.tuple([z.literal(form), name, place]);
  }

  encode(name: ListName, place: Place): string {
    const parts = [this.#form, name, place];
    const text = JSON.stringify(parts, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    return Buffer.from(text).toString('base64url');
  }

  /** Throws INVALID_CURSOR for anything that `encode` did not make of a list of this name. */
  decode(cursor: string, expected: ListName): Place {
    const { data } = this.#schema.safeParse(parse(cursor));
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

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Of a cursor whose model version has been removed. */
export function versionGone(): WarmstartError {
  return invalid('the model version of this list is gone; start again without a cursor');
}

function invalid(message: string): WarmstartError {
  return new WarmstartError('INVALID_CURSOR', `after: ${message}`, { field: ['after'] });
}
