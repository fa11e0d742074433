import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { WarmstartError } from '../../src/errors.ts';

describe('openEngine', () => {
  test.each(['node', 'node-gpu'] as const)('says how to install %s when it is not there', async (name) => {
    const error = await openEngine(name).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WarmstartError);
    expect(error).toMatchObject({
      code: 'ENGINE_NOT_AVAILABLE',
      message: expect.stringContaining(`npm install @tensorflow/tfjs-${name}@4.22`),
      cause: expect.anything(),
    });
  });

  test('leaves it to the process what becomes of uncaught exceptions', async () => {
    const listeners = () => [
      ...process.listeners('uncaughtException'),
      ...process.listeners('unhandledRejection'),
    ];
    const before = listeners();
    await openEngine('wasm');
    expect(listeners()).toEqual(before);
  });
});
