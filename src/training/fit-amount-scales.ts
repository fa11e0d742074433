import { setImmediate } from 'node:timers/promises';
import { inTurns } from '../common/pieces.ts';
import { fitAmounts } from '../features/amounts.ts';
import { defaultInteractionTypes } from '../features/interaction-types.ts';
import type { ListConfig } from '../models/cmml/lists/list-config.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** Returns the scales of the types whose interactions have different values, by name. */
export async function fitAmountScales(data: TrainingData): Promise<ListConfig['amounts']> {
  const amounts = await amountsByType(data);
  const scales: Record<string, ListConfig['amounts'][string]> = {};
  for (const [type, name] of typeNamesOf(data).entries()) {
    const scale = await inTurns(fitAmounts(amounts.get(type) ?? []));
    if (scale) scales[name] = scale;
  }
  return scales;
}

/** A few milliseconds, with histories of some hundred interactions. */
const tasksPerTurn = 500;

async function amountsByType({ tasks }: TrainingData): Promise<ReadonlyMap<number, readonly number[]>> {
  const byType = new Map<number, number[]>();
  for (const [place, { types, amounts = [] }] of tasks.entries()) {
    if (place % tasksPerTurn === tasksPerTurn - 1) await setImmediate();
    for (const [pair, amount] of amounts.entries()) {
      if (Number.isNaN(amount)) continue;
      const type = types?.[pair] as number;
      const found = byType.get(type);
      if (found) found.push(amount);
      else byType.set(type, [amount]);
    }
  }
  return byType;
}

/** Returns the names of the types of interactions, by the number that stands for them. */
export function typeNamesOf({ typeNames }: TrainingData): string[] {
  return [...(typeNames ?? defaultInteractionTypes.map(({ name }) => name))];
}
