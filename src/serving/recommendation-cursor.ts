import { z } from 'zod';
import { WarmstartError } from '../errors.ts';

/**
 * Where a page ended, and what its list was made of: the same model version, and the user's interactions up to
 * the same one. The next page is cut from the very same list, even when the user has gone on since.
 */
export interface RecommendationCursor {
  /** The client's id of the user whose list it is. */
  readonly userId: string;
  /** The client's id of the scenario whose list it is, if it is one's. */
  readonly scenarioId: string | null;
  /** `null` for a list of popular items. */
  readonly modelVersionId: number | null;
  /** The user's last interaction that the list knows, 0 for none. */
  readonly watermark: bigint;
  /** The last interaction with any of the scenario's items that the list knows, 0 for none. */
  readonly scenarioWatermark: bigint;
  readonly score: number;
  readonly itemId: number;
}

const internalId = z.int32().positive();
const watermark = z.string().regex(/^\d{1,18}$/);
const place = [internalId.nullable(), watermark, z.number(), internalId] as const;

/** The first element tells the form of the rest: 1 is a list of all items, 2 a scenario's. */
const form = z.union([
  z.tuple([z.literal(1), z.string(), ...place]),
  z.tuple([z.literal(2), z.string(), ...place, z.string(), watermark]),
]);

export function encodeCursor(cursor: RecommendationCursor): string {
  const { userId, scenarioId, modelVersionId, score, itemId } = cursor;
  const all = [userId, modelVersionId, String(cursor.watermark), score, itemId];
  const parts = scenarioId === null ? [1, ...all] : [2, ...all, scenarioId, String(cursor.scenarioWatermark)];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Throws INVALID_CURSOR for anything that `encodeCursor` did not make for this user and this scenario. */
export function decodeCursor(
  text: string,
  expected: Pick<RecommendationCursor, 'userId' | 'scenarioId'>,
): RecommendationCursor {
  const result = form.safeParse(parse(text));
  if (!result.success) throw invalid('this is not a cursor of recommendations; pass an endCursor as it came');
  const [, userId, modelVersionId, known, score, itemId, scenarioId = null, knownOfScenario = '0'] =
    result.data;
  if (userId !== expected.userId) throw invalid('this cursor belongs to another user’s recommendations');
  if (scenarioId !== expected.scenarioId)
    throw invalid('this cursor belongs to another scenario’s recommendations, or to those of none');
  return {
    userId,
    scenarioId,
    modelVersionId,
    watermark: BigInt(known),
    scenarioWatermark: BigInt(knownOfScenario),
    score,
    itemId,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function invalid(message: string): WarmstartError {
  return new WarmstartError('INVALID_CURSOR', `after: ${message}`);
}
