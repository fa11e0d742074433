import { createHash } from 'node:crypto';

/** Characters of a digest, at 6 bits each: two things that differ have the same one practically never. */
const length = 16;

/** A short name for plain data: the same for the same content, whatever the order of an object's fields. */
export function digest(content: unknown): string {
  const text = JSON.stringify(content, (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    return isRecord(value) ? inOrder(value) : value;
  });
  return createHash('sha256').update(text).digest('base64url').slice(0, length);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By entries, since an object with integers for names has an order of its own. Fields without a value do not count. */
function inOrder(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
