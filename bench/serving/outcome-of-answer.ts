import type { Outcome } from './statistics.ts';

/**
 * Returns what became of a request. An answer with status 200 has failed if it has errors, if a mutation in it has user
 * errors, or if a list in it is empty: all of these are faster than the answer that is measured.
 */
export function outcomeOfAnswer(status: number, body: string): Exclude<Outcome, 'reset'> {
  if (status === 503) return 'shed';
  if (status !== 200) return 'failed';
  const answer = parsed(body);
  if (!answer?.data || answer.errors !== undefined) return 'failed';
  return Object.values(answer.data).every(isComplete) ? 'answered' : 'failed';
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: unknown;
}

function parsed(body: string): Answer | undefined {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return undefined;
  }
}

/** Whether the value of a field of Query or Mutation is what was asked for. */
function isComplete(field: unknown): boolean {
  if (field === null) return false;
  if (typeof field !== 'object') return true;
  const { userErrors, edges } = field as { userErrors?: readonly unknown[]; edges?: readonly unknown[] };
  return (userErrors === undefined || userErrors.length === 0) && (edges === undefined || edges.length > 0);
}
