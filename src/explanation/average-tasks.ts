import { LRUCache } from 'lru-cache';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TaskKind } from '../store/database.ts';
import { type SampledTask, sampleTasks } from './sample-tasks.ts';

/** What an ordinary task is told from. */
const sampled = 50;
/** Model versions whose samples are kept; one takes some 100 KB. */
const maxVersions = 8;

/** A sample of each model version's tasks, adapted to once, when it is first asked for. */
export class AverageTasks {
  readonly #samples = new LRUCache<number, Promise<readonly SampledTask[]>>({ max: maxVersions });

  of(session: ServingSession, model: ServedModel, taskKind: TaskKind): Promise<readonly SampledTask[]> {
    const { versionId } = model;
    const kept = this.#samples.get(versionId);
    if (kept) return kept;
    const sample = readSample(session, model, taskKind);
    this.#samples.set(versionId, sample);
    // A sample that failed, or of a platform that has yet to fill, is read again by the next who asks.
    const forget = () => this.#samples.peek(versionId) === sample && this.#samples.delete(versionId);
    sample.then((tasks) => tasks.length < sampled && forget(), forget);
    return sample;
  }
}

async function readSample(
  session: ServingSession,
  model: ServedModel,
  taskKind: TaskKind,
): Promise<SampledTask[]> {
  const tasks: SampledTask[] = [];
  for await (const task of sampleTasks(session, model, taskKind, sampled)) tasks.push(task);
  return tasks;
}
