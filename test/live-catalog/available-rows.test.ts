import { describe, expect, test } from '@jest/globals';
import { AvailableRows } from '../../src/live-catalog/available-rows.ts';

describe('the marks of available rows', () => {
  test('follow the clock from the first time on and before the second one', () => {
    let now = 0;
    const rows = new AvailableRows(() => now);
    rows.set(0, { available: true, from: 10, until: 20 });
    rows.set(1, { available: true, until: 10 });
    rows.set(2, { available: true, from: 20 });
    rows.set(3, { available: false, from: 10, until: 20 });
    rows.set(4, { available: true });
    const marks = [0, 9, 10, 19, 20, 1e12].map((time) => {
      now = time;
      return [...rows.marks.subarray(0, 5)].join('');
    });
    expect(marks).toEqual(['01001', '01001', '10001', '10001', '00101', '00101']);
  });

  test('go by the times that a row has last', () => {
    let now = 0;
    const rows = new AvailableRows(() => now);
    rows.set(0, { available: true, until: 10 });
    rows.set(0, { available: true, until: 30 });
    rows.set(1, { available: true, from: 10 });
    rows.switchOff(1);
    now = 20;
    expect([...rows.marks.subarray(0, 2)]).toEqual([1, 0]);
    now = 30;
    expect([...rows.marks.subarray(0, 2)]).toEqual([0, 0]);
    rows.set(0, { available: true });
    expect([...rows.marks.subarray(0, 2)]).toEqual([1, 0]);
  });
});
