import { z } from 'zod';

/** Returns a schema of an object that refuses other keys than those of `shape`, and names the allowed ones. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const allowed = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? `expected only the keys ${allowed}, got ${(keys as readonly string[]).join(', ')}`
        : undefined,
  });
}
