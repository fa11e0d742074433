import { WarmstartError, WarmstartErrors } from '../../src/common/errors.ts';
import { serveThread } from '../../src/common/run-in-thread.ts';

/** What the thread does with the numbers it gets. */
export type Behavior = 'double' | 'refuse' | 'refuse all' | 'throw' | 'exit' | 'wait';

export interface TestRequest {
  readonly behavior: Behavior;
  readonly numbers: Float64Array;
}

const behaviors: Record<Behavior, (numbers: Float64Array) => Float64Array> = {
  double: (numbers) => numbers.map((number) => 2 * number),
  refuse() {
    throw new WarmstartError('INVALID_DATA', 'numbers: expected fewer', { field: ['numbers', 1] });
  },
  'refuse all'() {
    throw new WarmstartErrors([
      new WarmstartError('INVALID_DATA', 'first'),
      new WarmstartError('BAD_USER_INPUT', 'second'),
    ]);
  },
  throw() {
    throw new RangeError('out of range');
  },
  exit: () => process.exit(3),
  wait(numbers) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return numbers;
  },
};

serveThread(
  ({ behavior, numbers }: TestRequest, report: (progress: number) => void) => {
    report(numbers.length);
    return behaviors[behavior](numbers);
  },
  (result) => [result],
);
