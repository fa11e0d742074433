import type { InteractionKey } from '../interactions/find-interactions.ts';
import { largestId } from '../store/database.ts';

/** The types that have a global ID. */
export const nodeTypes = [
  'User',
  'Item',
  'Scenario',
  'Interaction',
  'ModelVersion',
  'TrainingRun',
  'RetrainSchedule',
  'ApiKey',
] as const;

export type NodeType = (typeof nodeTypes)[number];

export interface GlobalId {
  readonly type: NodeType;
  /** Identifies the object among those of its type: an external ID, or a key that the platform assigns. */
  readonly key: string;
}

/** Returns the type and the key as base64url. Clients must treat it as opaque. */
export function encodeGlobalId(type: NodeType, key: string | number): string {
  return Buffer.from(`${type}:${key}`).toString('base64url');
}

/** Returns `undefined` for a text that `encodeGlobalId` never returns. */
export function decodeGlobalId(id: string): GlobalId | undefined {
  const text = Buffer.from(id, 'base64url').toString();
  const colon = text.indexOf(':');
  const type = nodeTypes.find((name) => name === text.slice(0, colon));
  const decoded = type && { type, key: text.slice(colon + 1) };
  // Several texts decode to the same bytes, but only one of them is the ID.
  return decoded && encodeGlobalId(decoded.type, decoded.key) === id ? decoded : undefined;
}

/**
 * Returns the number in the key of an object that the platform numbers; `undefined` if the platform never makes such a
 * key.
 */
export function numberOfKey(key: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(key) && BigInt(key) <= largestId.integer ? Number(key) : undefined;
}

/** Returns the number in the global ID of an object of this type; `undefined` if it is not such an ID. */
export function decodeNumberedId(type: NodeType, id: string): number | undefined {
  const decoded = decodeGlobalId(id);
  return decoded?.type === type ? numberOfKey(decoded.key) : undefined;
}

/** Returns the global ID of an interaction. Its key is `userId:id`, because interactions are numbered within a user. */
export function encodeInteractionId({ userId, id }: InteractionKey): string {
  return encodeGlobalId('Interaction', `${userId}:${id}`);
}

/** Returns the key in the global ID of an interaction; `undefined` if it is not such an ID. */
export function decodeInteractionId(id: string): InteractionKey | undefined {
  const decoded = decodeGlobalId(id);
  return decoded?.type === 'Interaction' ? interactionKey(decoded.key) : undefined;
}

/** Parses the key of such an ID; `undefined` if the platform never makes such a key. */
export function interactionKey(key: string): InteractionKey | undefined {
  const [, user = '', own = ''] = /^(\d+):([1-9]\d{0,18})$/.exec(key) ?? [];
  const userId = numberOfKey(user);
  return userId && BigInt(own) <= largestId.bigint ? { userId, id: BigInt(own) } : undefined;
}
