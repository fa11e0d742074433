import { describe, expect, test } from '@jest/globals';
import { UseCount } from '../../src/common/use-count.ts';

function counted() {
  const events: string[] = [];
  return { events, uses: new UseCount('the pump', () => void events.push('released')) };
}

describe('a counted resource', () => {
  test('is released at once if nobody uses it, and only once', async () => {
    const { events, uses } = counted();
    void uses.dispose();
    expect(events).toEqual(['released']);
    await uses.dispose();
    expect(events).toEqual(['released']);
  });

  test('is released after the last of its uses, one of which fails', async () => {
    const { events, uses } = counted();
    let [finish, fail] = [() => {}, (_: Error) => {}];
    const first = uses.use(() => new Promise<void>((resolve) => (finish = resolve)));
    const second = uses.use(() => new Promise<void>((_, reject) => (fail = reject)));
    const disposed = uses.dispose();
    finish();
    await first;
    expect(events).toEqual([]);
    fail(new Error('broken'));
    await expect(second).rejects.toThrow('broken');
    await disposed;
    expect(events).toEqual(['released']);
  });

  test('refuses further uses as soon as it is disposed of, and says of what', async () => {
    const { uses } = counted();
    const running = uses.use(async () => 'done');
    void uses.dispose();
    await expect(uses.use(async () => 'late')).rejects.toThrow('Expected to use the pump before it is disposed of.');
    expect(await running).toBe('done');
  });
});
