/** The types that have a global id. */
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
  /** What tells the object from others of its type: a client's id, or a key of ours. */
  readonly key: string;
}

/** Opaque to clients: the type and the key, as base64url. */
export function encodeGlobalId(type: NodeType, key: string | number): string {
  return Buffer.from(`${type}:${key}`).toString('base64url');
}

/** `undefined` for anything that `encodeGlobalId` did not make. */
export function decodeGlobalId(id: string): GlobalId | undefined {
  const text = Buffer.from(id, 'base64url').toString();
  const colon = text.indexOf(':');
  const type = nodeTypes.find((name) => name === text.slice(0, colon));
  const decoded = type && { type, key: text.slice(colon + 1) };
  // Base64 can be written in several ways; an id only in one.
  return decoded && encodeGlobalId(decoded.type, decoded.key) === id ? decoded : undefined;
}

const largestKey = 2 ** 31 - 1;

/** The number that the key of such an object is; `undefined` when it is none that we give. */
export function numberOfKey(key: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(key) && Number(key) <= largestKey ? Number(key) : undefined;
}

/** The key of an object of this type that the platform numbers; `undefined` when the id is not one. */
export function decodeNumberedId(type: NodeType, id: string): number | undefined {
  const decoded = decodeGlobalId(id);
  return decoded?.type === type ? numberOfKey(decoded.key) : undefined;
}
