import { z } from 'zod';
import { WarmstartError } from '../errors.ts';

/**
 * Where a page ended, and what its list was made of: the same model version, and the user's interactions up to
 * the same one. The next page is cut from the very same list, even when the user has gone on since.
 */
export interface RecommendationCursor {
  /** The client's id of the user whose list it is. */
  readonly userId: string;
  /** `null` for a list of popular items. */
  readonly modelVersionId: number | null;
  /** The user's last interaction that the list knows, 0 for none. */
  readonly watermark: bigint;
  readonly score: number;
  readonly itemId: number;
}

const internalId = z.int32().positive();

/** The first element tells the form of the rest, so that a later form can be told from this one. */
const form = z.tuple([
  z.literal(1),
  z.string(),
  internalId.nullable(),
  z.string().regex(/^\d{1,18}$/),
  z.number(),
  internalId,
]);

export function encodeCursor(cursor: RecommendationCursor): string {
  const { userId, modelVersionId, watermark, score, itemId } = cursor;
  return Buffer.from(JSON.stringify([1, userId, modelVersionId, String(watermark), score, itemId])).toString(
    'base64url',
  );
}

/** Throws INVALID_CURSOR for anything that `encodeCursor` did not make for this user. */
export function decodeCursor(text: string, userId: string): RecommendationCursor {
  const result = form.safeParse(parse(text));
  if (!result.success) {
    throw new WarmstartError(
      'INVALID_CURSOR',
      'after: this is not a cursor of recommendations; pass an endCursor as it came',
    );
  }
  const [, owner, modelVersionId, watermark, score, itemId] = result.data;
  if (owner !== userId) {
    throw new WarmstartError(
      'INVALID_CURSOR',
      `after: this cursor belongs to another user’s recommendations`,
    );
  }
  return { userId, modelVersionId, watermark: BigInt(watermark), score, itemId };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
