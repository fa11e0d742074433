import { describe, expect, test } from '@jest/globals';
import { inTurn } from '../../src/engine/in-turn.ts';
import { countingTurns } from '../support/counting-turns.ts';

describe('inTurn', () => {
  test('does pieces that are asked for at once one by one, in order, each in a turn of the loop of its own', async () => {
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

  test('goes on after a piece that fails', async () => {
    const failing = inTurn(() => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await inTurn(() => 1)).toBe(1);
  });
});
