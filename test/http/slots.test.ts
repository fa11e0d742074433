import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Slots } from '../../src/http/slots.ts';

describe('Slots', () => {
  test('has the things that were added and not removed', () => {
    const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat({ max: 20 })), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (given) => {
        const slots = new Slots<object>();
        const expected = new Map<object, number>();
        for (const step of given) {
          const removed = step === 'add' ? undefined : [...expected][step];
          if (step === 'add') {
            const thing = {};
            expected.set(thing, slots.add(thing));
          } else if (removed) {
            expected.delete(removed[0]);
            slots.remove(removed[1]);
          }
          expect(slots.size).toBe(expected.size);
          expect(new Set(slots.values())).toEqual(new Set(expected.keys()));
          expect(new Set(expected.values()).size).toBe(expected.size);
        }
      }),
    );
  });
});
