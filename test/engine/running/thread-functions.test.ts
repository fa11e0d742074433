import { describe, expect, test } from '@jest/globals';
import type { FunctionSource } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { ThreadFunctions } from '../../../src/engine/running/thread-functions.ts';
import { define, inThread } from './functions-for-threads.ts';
import { deadlyNumber } from './thread-that-can-die.ts';

const large = () => ({ x: floatTensor([600, 600], new Float32Array(360_000).fill(0.1)) });
const vector = (...numbers: number[]) => ({ x: floatTensor([numbers.length], Float32Array.from(numbers)) });

/** Returns how long `work` took, and the longest time between two turns of the event loop meanwhile. */
async function timed(work: () => Promise<unknown>): Promise<{ milliseconds: number; longestTurn: number }> {
  let longestTurn = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestTurn = Math.max(longestTurn, performance.now() - last);
    last = performance.now();
  }, 1);
  const start = performance.now();
  await work();
  const milliseconds = performance.now() - start;
  clearInterval(timer);
  return { milliseconds, longestTurn };
}

describe('a function with a thread source', () => {
  test('gives the same outputs as on the event loop, for inputs of any size', async () => {
    const engine = await openEngine('onnx');
    const [separate, local] = await Promise.all([
      engine.compile(inThread('doubling')),
      engine.compile(define('doubling')),
    ]);
    for (const inputs of [vector(1, -3), vector(5)])
      expect(await separate.run(inputs)).toEqual(await local.run(inputs));
    separate.dispose();
    local.dispose();
  });

  test('leaves the event loop free while it runs', async () => {
    const engine = await openEngine('onnx');
    const compiled = await engine.compile(inThread('slow'));
    const { milliseconds, longestTurn } = await timed(() => compiled.run(large()));
    compiled.dispose();
    expect(longestTurn).toBeLessThan(milliseconds / 2);
  });

  test('leaves the event loop free while it is compiled', async () => {
    const engine = await openEngine('onnx');
    // The thread and its modules are loaded before the time starts.
    const first = await engine.compile(inThread('doubling'));
    const { milliseconds, longestTurn } = await timed(async () => (await engine.compile(inThread('long'))).dispose());
    first.dispose();
    expect(longestTurn).toBeLessThan(milliseconds / 2);
  });

  test('rejects runs with wrong inputs like any other function', async () => {
    const engine = await openEngine('onnx');
    const compiled = await engine.compile(inThread('slow'));
    await expect(compiled.run({ x: floatTensor([2, 2], new Float32Array(4)) })).rejects.toThrow('Expected input "x"');
    compiled.dispose();
    await expect(compiled.run(large())).rejects.toThrow('disposed');
  });

  test('rejects with the reason if it cannot be made', async () => {
    const engine = await openEngine('onnx');
    const { threadSource: source } = inThread('doubling');
    const unknown = {
      ...define('doubling'),
      threadSource: { ...(source as FunctionSource), argument: async () => 'none' },
    };
    await expect(engine.compile(unknown)).rejects.toThrow('no function none');
  });
});

describe('the thread of functions', () => {
  test('starts again after it has died, compiles its functions again, and the runs that waited for it reject', async () => {
    const functions = new ThreadFunctions(new URL('./thread-that-can-die', import.meta.url));
    const compiled = await functions.compile(inThread('doubling').threadSource as FunctionSource, {});
    const waiting = [compiled.run(vector(deadlyNumber)), compiled.run(vector(1))];
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { message: 'The thread that runs functions ended: no memory is left.' },
      });
    }
    expect((await compiled.run(vector(4))).doubled?.data).toEqual(Float32Array.of(8));
    compiled.dispose();
  });
});
