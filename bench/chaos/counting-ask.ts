import type { Ask } from '../../test/support/server-client.ts';

export interface CountingAsk {
  readonly ask: Ask;
  /** The number of operations without errors so far. */
  answered(): number;
  /** The number of other operations so far, by the code of their first error. */
  readonly refused: Readonly<Record<string, number>>;
}

/** The code of an operation whose connection was lost. */
export const noAnswer = 'NO_ANSWER';

/** Counts what becomes of the operations that go through it. */
export function countingAsk(ask: Ask): CountingAsk {
  const refused: Record<string, number> = {};
  let answered = 0;
  const count = (code: string | undefined) => {
    if (code === undefined) answered++;
    else refused[code] = (refused[code] ?? 0) + 1;
  };
  return {
    refused,
    answered: () => answered,
    async ask(query, variables) {
      const answer = await ask(query, variables).catch((error: unknown) => {
        count(noAnswer);
        throw error;
      });
      count(answer.errors?.[0]?.extensions.code);
      return answer;
    },
  };
}
