import { createHash } from 'node:crypto';

/** Number of characters of a digest, 6 bits each: enough to make collisions practically impossible. */
const length = 16;

/** Returns a short hash of plain data that does not depend on the order of an object's fields. */
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

/** Sorts the fields as entries, since objects order integer names on their own. Fields without a value are left out. */
function inOrder(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
