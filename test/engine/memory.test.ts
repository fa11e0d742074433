import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const timed = process.env.WARMSTART_SLOW_TESTS ? test : test.skip;

// Uses its own process, because Jest's heap varies by more than a leak would add.
timed(
  'a thousand compiled steps and a thousand results of 1 MB leak no memory',
  async () => {
    const script = fileURLToPath(new URL('../support/memory-over-steps.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', script]);
    const resident = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[];
    // The allocator keeps freed memory for a while, so a single reading can be 40 MB higher or lower than the next.
    const [before, after] = [Math.max(...resident.slice(0, 3)), Math.min(...resident.slice(3))];
    expect(after - before).toBeLessThan(16);
  },
  120_000,
);
