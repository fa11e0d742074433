import { expect, test } from '@jest/globals';
import { WarmstartError, WarmstartErrors } from '../../src/common/errors.ts';
import { runInThread, type ThreadOptions } from '../../src/common/run-in-thread.ts';
import type { Behavior } from './thread-under-test.ts';

const module = new URL('./thread-under-test', import.meta.url);

function run(
  behavior: Behavior,
  options: Omit<ThreadOptions<number>, 'work'> = {},
  numbers: Float64Array = Float64Array.of(1, 2),
): Promise<Float64Array> {
  return runInThread(module, { behavior, numbers }, { work: 'doubling', ...options });
}

test('returns the result of the thread after its progress', async () => {
  const seen: number[] = [];
  expect(await run('double', { onProgress: (progress) => seen.push(progress) })).toEqual(Float64Array.of(2, 4));
  expect(seen).toEqual([2]);
});

test('copies arrays unless they are handed over, and shares those of a SharedArrayBuffer', async () => {
  const [copied, handed, shared] = [
    Float64Array.of(1, 2),
    Float64Array.of(1, 2),
    new Float64Array(new SharedArrayBuffer(16)),
  ];
  await run('double', {}, copied);
  await run('double', { handOver: [handed, handed.subarray(1)] }, handed);
  await run('double', { handOver: [shared] }, shared);
  expect([copied.length, handed.length, shared.length]).toEqual([2, 0, 2]);
});

test('throws the WarmstartError of the thread with its code and field', async () => {
  const error = await run('refuse').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WarmstartError);
  expect(error).toMatchObject({
    code: 'INVALID_DATA',
    message: 'numbers: expected fewer',
    field: ['numbers', 1],
  });
});

test('throws all errors of the thread together, each with its code', async () => {
  const error = await run('refuse all').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WarmstartErrors);
  expect((error as WarmstartErrors).errors.map(({ code }) => code)).toEqual(['INVALID_DATA', 'BAD_USER_INPUT']);
});

test('throws an Error with the cause when the thread throws anything else', async () => {
  await expect(run('throw')).rejects.toMatchObject({
    message: 'The doubling failed: out of range',
    cause: expect.objectContaining({ name: 'RangeError' }),
  });
});

test('throws when the thread exits without a result', async () => {
  await expect(run('exit')).rejects.toThrow('The thread of the doubling ended early, code 3.');
});

test('ends a thread that is blocked and throws the reason of the signal when it aborts', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('no longer wanted'));
  await expect(run('wait', { signal: controller.signal, onProgress })).rejects.toThrow('no longer wanted');
});

test('starts no thread and hands nothing over when the signal has already aborted', async () => {
  const numbers = Float64Array.of(1, 2);
  const options = { signal: AbortSignal.abort(new Error('too late')), handOver: [numbers] };
  await expect(run('double', options, numbers)).rejects.toThrow('too late');
  expect(numbers.length).toBe(2);
});

test('ends the thread and throws what onProgress throws', async () => {
  const onProgress = () => {
    throw new Error('the listener is wrong');
  };
  await expect(run('wait', { onProgress })).rejects.toThrow('the listener is wrong');
});
