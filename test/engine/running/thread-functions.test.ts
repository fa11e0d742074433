import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { ThreadFunctions } from '../../../src/engine/running/thread-functions.ts';
import { define, inThread, sourceNamed } from './functions-for-threads.ts';
import { deadlyName, deadlyNumber } from './thread-that-can-die.ts';

jest.setTimeout(90_000);

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

  test('rejects with the code and the field of the error that its module throws', async () => {
    const engine = await openEngine('onnx');
    const refused = { ...define('doubling'), threadSource: sourceNamed('refused') };
    await expect(engine.compile(refused)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      field: ['weights'],
      message: 'weights: expected numbers',
    });
  });

  test.each([
    ['an error without a code', 'none', 'no function none'],
    ['nothing', 'nothing', 'undefined'],
  ])('rejects if its module throws %s', async (_, name, message) => {
    const engine = await openEngine('onnx');
    await expect(engine.compile({ ...define('doubling'), threadSource: sourceNamed(name) })).rejects.toThrow(message);
  });
});

describe('the thread of functions', () => {
  const deadly = () => new ThreadFunctions(new URL('./thread-that-can-die', import.meta.url));
  const died = { status: 'rejected', reason: { message: 'The thread that runs functions ended: no memory is left.' } };

  test('starts again after it has died, compiles its functions again, and the runs that waited for it reject', async () => {
    const functions = deadly();
    const [first, second] = await Promise.all(
      ['doubling', 'doubling'].map((name) => functions.compile(sourceNamed(name), {})),
    );
    const waiting = [first!.run(vector(deadlyNumber)), first!.run(vector(1)), second!.run(vector(1))];
    for (const result of await Promise.allSettled(waiting)) expect(result).toMatchObject(died);
    const again = await Promise.all([first!.run(vector(4)), second!.run(vector(5)), second!.run(vector(6))]);
    expect(again.map(({ doubled }) => doubled?.data[0])).toEqual([8, 10, 12]);
    first!.dispose();
    second!.dispose();
  });

  test('serves the next function after it has died while another was compiled', async () => {
    const functions = deadly();
    await expect(functions.compile(sourceNamed(deadlyName), {})).rejects.toThrow('no memory is left');
    const compiled = await functions.compile(sourceNamed('doubling'), {});
    expect((await compiled.run(vector(4))).doubled?.data).toEqual(Float32Array.of(8));
    compiled.dispose();
  });

  test('keeps running its functions if another cannot be compiled while one is disposed of', async () => {
    const functions = new ThreadFunctions();
    const [kept, disposed] = await Promise.all(
      ['doubling', 'doubling'].map((name) => functions.compile(sourceNamed(name), {})),
    );
    disposed!.dispose();
    await expect(functions.compile(sourceNamed('none'), {})).rejects.toThrow('no function none');
    expect((await kept!.run(vector(4))).doubled?.data).toEqual(Float32Array.of(8));
    kept!.dispose();
  });

  test('lets the process end although a function is not disposed of, also after two were disposed of together', async () => {
    const script = fileURLToPath(new URL('./leave-function-open.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { timeout: 60_000 });
    expect(stdout).toBe('8\n');
  });
});
