import { positivePairs } from '../tasks/positives.ts';
import { ratingsOf } from '../tasks/select-pairs.ts';
import { type FeedbackKind, interactionsOf, type Task, type TrainingData } from '../tasks/training-data.ts';

/** What a model learns from: the part of the training data that depends on the kind of feedback. */
export type LearnedHistories = Pick<TrainingData, 'tasks' | 'interactions' | 'ignored'>;

/**
 * Returns the training data of `typed` histories for a model that learns from another kind of feedback, as training on
 * stored data has it: with `ratings`, only the ratings; with `any`, each item once whose latest interaction is
 * positive, with label 1. Items whose latest interaction is a low rating are then ignored.
 */
export function learnedHistories(
  histories: readonly Task[],
  feedback: FeedbackKind,
  positiveFrom: number,
): LearnedHistories {
  if (feedback === 'typed') return { tasks: histories };
  if (feedback === 'ratings') return { tasks: histories.map(ratingsOf) };
  const parts = histories.map((history) => splitByPreference(history, positiveFrom));
  const tasks = parts.map(({ liked }) => liked);
  const { users, items } = interactionsOf({ tasks: parts.map(({ others }) => others) });
  return { tasks, interactions: interactionsOf({ tasks }), ignored: { users, items } };
}

/** Divides the items of a history by whether the latest interaction with them is positive. */
function splitByPreference(history: Task, positiveFrom: number): { liked: Task; others: Task } {
  const liked = new Set(positivePairs(history, positiveFrom).map((pair) => history.items[pair] as number));
  const others = new Set(history.items.filter((item) => !liked.has(item)));
  const taskOf = (items: ReadonlySet<number>): Task => ({
    users: history.users,
    items: Int32Array.from(items),
    labels: new Float32Array(items.size).fill(1),
  });
  return { liked: taskOf(liked), others: taskOf(others) };
}
