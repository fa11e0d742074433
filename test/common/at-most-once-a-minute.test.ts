import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { atMostOnceAMinute } from '../../src/common/at-most-once-a-minute.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('the first call is reported at once, and the next one that comes a minute later', () => {
  const reported: string[] = [];
  const report = atMostOnceAMinute((what: string) => reported.push(what));
  report('first');
  jest.advanceTimersByTime(59_999);
  report('too soon');
  jest.advanceTimersByTime(1);
  report('a minute later');
  expect(reported).toEqual(['first', 'a minute later']);
});
