import type { Entities } from '../tasks/encode-known.ts';
import type { Pairs, Task } from '../tasks/training-data.ts';
import type { UserData } from './load-user-data.ts';
import { joinPairs } from './read-stored-data.ts';

/** The users that no model is trained on, and all items. */
export interface HeldOutUsers extends Pick<Entities, 'users' | 'items'> {
  /** The histories of the users, in their order, that a model of the same feedback is measured on. */
  readonly tasks: readonly Task[];
  /** All interactions of each user, see `UserData.whole`. */
  readonly whole: readonly Task[];
  readonly ignored: Pairs;
}

/** Reduces the data to the held-out users, so that the rest can be freed during the training. */
export function heldOutUsers({ heldOut, ignoredByHeldOut, whole, entities }: UserData): HeldOutUsers {
  const { users, items } = entities;
  const ofRow = (task: Task, row: number) => ({ ...task, users: Int32Array.of(row) });
  return {
    users: heldOut.map((task) => users[task.users[0] as number] as Entities['users'][number]),
    items,
    tasks: heldOut.map(ofRow),
    whole: whole.heldOut.map(ofRow),
    ignored: joinPairs(
      ignoredByHeldOut.map((own, row) => ({ users: new Int32Array(own.length).fill(row), items: own })),
    ),
  };
}
