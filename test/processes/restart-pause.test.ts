import { expect, test } from '@jest/globals';
import { RestartPause } from '../../src/processes/restart-pause.ts';

test('the pause doubles from 1 s to 10 s while a process keeps ending', () => {
  const pause = new RestartPause();
  expect([1, 2, 3, 4, 5, 6].map(() => pause.after(500))).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('the pause is 1 s again after a process ran for more than a minute', () => {
  const pause = new RestartPause();
  pause.after(0);
  pause.after(0);
  expect([pause.after(60_001), pause.after(0)]).toEqual([1000, 2000]);
});
