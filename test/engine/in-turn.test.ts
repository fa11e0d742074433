import { describe, expect, test } from '@jest/globals';
import { inTurn } from '../../src/engine/in-turn.ts';
import { countingTurns } from '../support/counting-turns.ts';

describe('inTurn', () => {
  test('runs simultaneous pieces in order, each in its own turn of the event loop', async () => {
    const done: string[] = [];
    const turns = await countingTurns((now) =>
      Promise.all(
        ['a', 'b', 'c'].map((piece) =>
          inTurn(() => {
            done.push(piece);
            return now();
          }),
        ),
      ),
    );
    expect(done).toEqual(['a', 'b', 'c']);
    expect(new Set(turns).size).toBe(3);
  });

  test('continues after a piece that fails', async () => {
    const failing = inTurn(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await inTurn(() => 1)).toBe(1);
  });
});
