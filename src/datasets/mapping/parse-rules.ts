import { z } from 'zod';
import type { ScenarioRecord } from '../dataset.ts';
import type { Cell } from '../tables/table.ts';
import type { Parse } from './parse-texts.ts';
import { Problem } from './problem.ts';

export type Rule = NonNullable<ScenarioRecord['rule']>;

const texts = z.array(z.string()).nullish();
const bound = z.union([z.number(), z.bigint().transform(Number)]).nullish();
const date = z.string().nullish();
const ruleSchema = z.strictObject({
  features: z
    .array(
      z.strictObject({
        feature: z.string(),
        in: texts,
        notIn: texts,
        atLeast: bound,
        atMost: bound,
        from: date,
        until: date,
      }),
    )
    .min(1),
});

const expected = 'a rule such as {"features": [{"feature": "category", "in": ["Shoes"]}]}';

/** Returns the parser of rules of scenarios: an object, or JSON text; `null` if there is none. */
export function optionalRuleParser(column: string): Parse<Rule | null> {
  return (cell) => {
    if (cell === null || cell === undefined || cell === '') return null;
    const { success, data } = ruleSchema.safeParse(typeof cell === 'string' ? parsed(cell) : cell);
    return success ? (data as Rule) : new Problem(column, expected, cell as Cell);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
