import DataLoader from 'dataloader';
import { inTurn } from '../engine/in-turn.ts';

/**
 * Returns a function whose calls share runs: `run` gets the arguments of all calls that have been made by its turn, at
 * most `maxCalls` of them, and returns their results in the same order.
 */
export function runTogether<Argument, Result>(
  run: (all: readonly Argument[]) => Promise<readonly Result[]>,
  maxCalls: number,
): (argument: Argument) => Promise<Result> {
  const loader = new DataLoader<Argument, Result>(run, {
    cache: false,
    maxBatchSize: maxCalls,
    batchScheduleFn: (dispatch) => void inTurn(dispatch),
  });
  return (argument) => loader.load(argument);
}
